//! One choice, whatever comes after it.

use anyhow::Result;
use harness::in_time;
use serde_json::json;
use simulator::{BackupStatus, Fault, ImageType, List, Operation, Order, Script, example};

use super::{
    SERVER, accepted, add, backup, chosen, manifest, of_the_server, operator, ready, scene,
};

#[tokio::test]
async fn the_newest_is_chosen_in_any_order_over_any_pages_with_any_credential() -> Result<()> {
    let scene = scene().await?;
    scene.valid_secret()?;
    let key = json!({"accessKey": example::ACCESS_KEY, "secretKey": example::SECRET_KEY});
    scene.secret_with("cbr-key", &key)?;
    for minutes in [50, 40, 30] {
        add(&scene, backup(minutes));
    }
    let newest = add(&scene, backup(20));
    // Newer, and none of them is meant.
    add(&scene, simulator::Backup { status: BackupStatus::Protecting, ..backup(5) });
    add(&scene, simulator::Backup { image_type: ImageType::Replication, ..backup(4) });
    let other = Some("0b7c1d52-0c8e-4b7a-9a55-1f3c8f3f5b99".to_owned());
    add(&scene, simulator::Backup { resource_id: other.clone(), ..backup(3) });
    add(&scene, simulator::Backup { vault_id: other, ..backup(2) });
    let _operator = operator(&scene).start_ready()?;
    let orders = [Order::NewestFirst, Order::OldestFirst, Order::ById];
    for (number, order) in orders.into_iter().enumerate() {
        for (at_most, ignores_filters) in [(Some(3), true), (Some(2), false), (None, true)] {
            let list = List { order, at_most, ignores_filters, ..List::default() };
            scene.simulator.configure(|behaviour| behaviour.list = list);
            let name = format!("db-{number}-{}-{ignores_filters}", at_most.unwrap_or(0));
            let mut text = manifest(&name, &of_the_server());
            if at_most == Some(3) {
                text = text.replace(
                    "tokenSecretRef:\n      name: cbr-token",
                    "accessKeySecretRef:\n      name: cbr-key",
                );
            }
            scene.applied(&text)?;
            let object = scene.wait(&name, "ready", ready).await?;
            assert_eq!(chosen(&object), Some(newest.as_str()), "{name}: {:#}", object.0);
        }
    }
    // The first one calls; the others find its record.
    assert_eq!((accepted(&scene), scene.simulator.counts(&newest).accepted), (1, 1));
    Ok(())
}

#[tokio::test]
async fn nothing_chooses_again_not_a_restart_not_a_retry_and_not_a_newer_backup() -> Result<()> {
    let scene = scene().await?;
    scene.valid_secret()?;
    let first = add(&scene, backup(10));
    // The look-up that follows the choice fails, until a newer backup is there.
    let fails = Script::always(Fault::before_commit().answer(simulator::Answer::status(503)));
    scene.simulator.script(fails.show())?;
    let operator_one = operator(&scene).start_ready()?;
    scene.applied(&manifest("db", &of_the_server()))?;
    scene.wait("db", "chosen", |object| chosen(object).is_some()).await?;
    let newer = add(&scene, backup(1));
    operator_one.process.kill()?;
    let busy = simulator::Answer::status(400).error(
        simulator::ErrorShape::Cbr,
        "BackupService.6112",
        "invalid vault status",
    );
    scene.simulator.clear_scripts();
    scene.simulator.script(Script::once(Fault::before_commit().answer(busy)).replicate())?;
    let lists = scene.simulator.log(|log| log.lists());
    let _operator_two = operator(&scene).start_ready()?;
    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(chosen(&object), Some(first.as_str()));
    assert_eq!(object.attempts().len(), 2, "{:#}", object.0);
    assert_eq!(scene.posts(&newer).len(), 0);
    assert_eq!((scene.posts(&first).len(), accepted(&scene)), (2, 1));
    assert_eq!(scene.simulator.log(|log| log.lists()), lists, "the list was read again");
    Ok(())
}

#[tokio::test]
async fn two_operators_that_choose_at_once_come_to_one_choice_and_one_call() -> Result<()> {
    let scene = scene().await?;
    scene.valid_secret()?;
    let older = add(&scene, backup(10));
    let hold = scene.simulator.hold("list");
    let slow = Fault::after_commit().hold(&hold).ordinary();
    scene.simulator.script(Script::once(slow).list())?;
    let first = operator(&scene).start_ready()?;
    scene.applied(&manifest("db", &of_the_server()))?;
    in_time("the request", hold.arrived()).await?;
    // The first one's answer shows the older backup alone. The second sees this one, too.
    let newer = add(&scene, backup(1));
    let second = operator(&scene).start_ready()?;
    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(chosen(&object), Some(newer.as_str()));
    let asked = scene.simulator.log(|log| log.lists());
    hold.release();
    // It has had its turn when a resource that comes later is done by it alone.
    drop(second);
    scene.applied(&manifest("later", &format!("{{resourceId: {SERVER}}}")))?;
    scene.wait("later", "ready", ready).await?;
    assert!(scene.simulator.log(|log| log.lists()) > asked);
    assert!(first.process.is_running());
    let object = scene.get("db").await?;
    assert_eq!(chosen(&object), Some(newer.as_str()));
    assert_eq!((scene.posts(&older).len(), accepted(&scene)), (0, 1));
    Ok(())
}

/// Deleted between the choice and the call: the cloud refuses, and the choice stays.
#[tokio::test]
async fn a_chosen_backup_that_is_deleted_stays_chosen_and_the_refusal_says_so() -> Result<()> {
    let scene = scene().await?;
    scene.valid_secret()?;
    let gone = add(&scene, backup(10));
    let hold = scene.simulator.hold("look");
    let held = Fault::before_commit().hold(&hold).ordinary();
    scene.simulator.script(Script::once(held).show())?;
    let _operator = operator(&scene).start_ready()?;
    scene.applied(&manifest("db", &of_the_server()))?;
    in_time("the request", hold.arrived()).await?;
    scene.simulator.remove_backup(&gone)?;
    let newer = add(&scene, backup(1));
    hold.release();
    let object = scene.wait("db", "refused", |object| object.is("Stalled")).await?;
    assert_eq!((object.reason(), chosen(&object)), ("Rejected", Some(gone.as_str())));
    let says = format!("Backup {gone} stays chosen");
    assert!(object.message().contains(&says), "{}", object.message());
    let posts = scene.simulator.log(|log| {
        log.calls().iter().filter(|call| call.operation == Some(Operation::Replicate)).count()
    });
    assert_eq!((posts, scene.posts(&newer).len(), accepted(&scene)), (1, 0, 0));
    Ok(())
}
