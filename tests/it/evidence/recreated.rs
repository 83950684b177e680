//! Resources that are deleted and made again, by hand or by a restore, at the worst moments.

use anyhow::{Result, ensure};
use control_plane::Exit;
use harness::{Scene, in_time};
use serde_json::{Value, json};
use simulator::{Fault, LookUp, Options, Script, example};

use super::{
    OPERATOR, apply, counts, delete, only_record, origin, ready, reconciled_again, without,
};

#[tokio::test]
async fn made_again_in_mid_call_it_adopts_what_its_predecessor_called_for() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("call");
    scene
        .simulator
        .script(Script::once(Fault::before_commit().hold(&hold).ordinary()).replicate())?;
    apply(&scene, "db", example::BACKUP)?;
    in_time("the call arrives", hold.arrived()).await?;
    delete(&scene, "db")?;
    apply(&scene, "db", example::BACKUP)?;
    hold.release();

    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(
        origin(&object),
        (Some("Adopted"), Some(only_record(&scene, example::BACKUP)?.as_str()))
    );
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    assert_eq!(operator.log.count(|line| line.contains("cannot be recorded")), 1);
    Ok(())
}

#[tokio::test]
async fn made_again_in_mid_call_where_no_records_are_shown_it_waits_and_the_cloud_refuses_it()
-> Result<()> {
    let mut options = Options::default();
    options.behaviour.view = without(LookUp::NotFound);
    let scene = Scene::with(OPERATOR, options).await?;
    let _operator = scene.operator().arg("--settling-time=1s").start_ready()?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("call");
    scene
        .simulator
        .script(Script::once(Fault::before_commit().hold(&hold).ordinary()).replicate())?;
    apply(&scene, "db", example::BACKUP)?;
    in_time("the call arrives", hold.arrived()).await?;
    delete(&scene, "db")?;
    apply(&scene, "db", example::BACKUP)?;
    hold.release();

    let object = scene.wait_for_phase("db", "Failed").await?;
    assert_eq!(object.reason(), "AlreadyReplicated");
    assert!(object.is("Stalled") && object.commands().len() == 3, "{}", object.message());
    assert_eq!(counts(&scene, example::BACKUP), (2, 1));
    Ok(())
}

#[tokio::test]
async fn made_again_while_it_is_looked_up_one_call_is_made() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("look");
    scene.simulator.script(Script::once(Fault::after_commit().hold(&hold).ordinary()).show())?;
    apply(&scene, "db", example::BACKUP)?;
    in_time("the look arrives", hold.arrived()).await?;
    delete(&scene, "db")?;
    apply(&scene, "db", example::BACKUP)?;
    hold.release();

    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(
        origin(&object),
        (Some("Called"), Some(only_record(&scene, example::BACKUP)?.as_str()))
    );
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}

/// The resource as a backup of the cluster has it.
fn saved(scene: &Scene, name: &str) -> Result<Value> {
    let saved = scene.kubectl(&["get", "brep", name, "-o", "json"])?;
    ensure!(saved.accepted, "{}", saved.words);
    Ok(serde_json::from_str(&saved.words)?)
}

/// Creates it again under a new uid, which drops its status.
fn restore(scene: &Scene, saved: &Value) -> Result<()> {
    let name = &saved["metadata"]["name"];
    let bare = json!({
        "apiVersion": saved["apiVersion"], "kind": saved["kind"], "metadata": {"name": name}, "spec": saved["spec"],
    });
    scene.applied(&bare.to_string())
}

/// Gives it the status that it had.
fn restore_status(scene: &Scene, name: &str, saved: &Value) -> Result<()> {
    let status = json!({"status": saved["status"]}).to_string();
    let restored = scene.kubectl(&[
        "patch",
        "brep",
        name,
        "--subresource=status",
        "--type=merge",
        "--patch",
        &status,
    ])?;
    ensure!(restored.accepted, "{}", restored.words);
    Ok(())
}

/// A cloud that would take each call, so that nothing but the operator keeps a second one back.
fn careless(look_up: LookUp) -> Options {
    let mut options = Options::default();
    options.behaviour.accept_duplicates = true;
    options.behaviour.view = without(look_up);
    options
}

#[tokio::test]
async fn with_its_status_restored_it_calls_for_nothing_where_only_the_status_speaks_against_it()
-> Result<()> {
    let scene = Scene::with(OPERATOR, careless(LookUp::NotFound)).await?;
    scene.valid_secret()?;
    let unknown = scene.new_backup();
    let operator = scene.operator().start_ready()?;
    scene
        .simulator
        .script(Script::once(Fault::after_commit().reset()).replicate().backup(&unknown))?;
    apply(&scene, "accepted", example::BACKUP)?;
    apply(&scene, "unknown", &unknown)?;
    let accepted = scene.wait("accepted", "ready", ready).await?;
    scene.wait("unknown", "stalled", |object| object.is("Stalled")).await?;
    assert_eq!(operator.stop()?, Exit::Code(0));

    for name in ["accepted", "unknown"] {
        let saved = saved(&scene, name)?;
        delete(&scene, name)?;
        restore(&scene, &saved)?;
        restore_status(&scene, name, &saved)?;
    }
    let _operator = scene.operator().start_ready()?;
    let object = reconciled_again(&scene, "accepted").await?;
    assert!(object.is("Ready"));
    assert_ne!(object.text("/metadata/uid"), accepted.text("/metadata/uid"));
    assert_eq!(origin(&object), origin(&accepted));
    let object = reconciled_again(&scene, "unknown").await?;
    assert!(object.is("Stalled"), "{:#}", object.0);
    assert_eq!([example::BACKUP, &unknown].map(|backup| counts(&scene, backup)), [(1, 1), (1, 1)]);
    Ok(())
}

#[tokio::test]
async fn restored_under_a_running_operator_it_adopts_and_takes_its_status_back() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless(LookUp::Available)).await?;
    let _operator = scene.operator().arg("--settling-time=1s").start_ready()?;
    scene.valid_secret()?;
    apply(&scene, "db", example::BACKUP)?;
    scene.wait("db", "ready", ready).await?;
    let saved = saved(&scene, "db")?;
    let record = only_record(&scene, example::BACKUP)?;

    // The status comes back after the operator has made up its mind, and while it does.
    delete(&scene, "db")?;
    restore(&scene, &saved)?;
    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(origin(&object), (Some("Adopted"), Some(record.as_str())));
    restore_status(&scene, "db", &saved)?;
    let object = reconciled_again(&scene, "db").await?;
    assert!(object.is("Ready"), "{:#}", object.0);
    assert_eq!(origin(&object), (Some("Called"), Some(record.as_str())));

    let hold = scene.simulator.hold("look");
    scene.simulator.script(Script::once(Fault::after_commit().hold(&hold).ordinary()).show())?;
    delete(&scene, "db")?;
    restore(&scene, &saved)?;
    in_time("the look arrives", hold.arrived()).await?;
    restore_status(&scene, "db", &saved)?;
    hold.release();
    let object = reconciled_again(&scene, "db").await?;
    assert!(object.is("Ready"), "{:#}", object.0);
    assert_eq!(origin(&object), (Some("Called"), Some(record.as_str())));
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}
