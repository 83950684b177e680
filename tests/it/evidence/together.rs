//! Several that want the same replication at the same time.

use anyhow::{Context, Result};
use control_plane::Exit;
use harness::{Object, Scene, in_time};
use simulator::{Fault, Script, example};

use super::{HIDDEN, OPERATOR, apply, counts, only_record, origin, ready, showing};

#[tokio::test]
async fn of_many_resources_for_one_backup_and_region_one_is_called_for_and_the_others_adopt()
-> Result<()> {
    const NUMBER: usize = 5;
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let manifests: Vec<String> =
        (0..NUMBER).map(|n| Scene::manifest(&format!("db-{n}"), "")).collect();
    scene.applied(&manifests.join("\n---\n"))?;
    let objects = scene.wait_for_all(NUMBER, ready).await?;

    let record = only_record(&scene, example::BACKUP)?;
    assert!(objects.iter().all(|object| origin(object).1 == Some(&record)));
    let called = |object: &&Object| object.text("/status/origin") == Some("Called");
    assert_eq!(objects.iter().filter(called).count(), 1);
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}

#[tokio::test]
async fn the_second_waits_while_the_first_is_in_flight_unknown_or_too_young_to_show() -> Result<()>
{
    let scene = Scene::with(OPERATOR, showing(HIDDEN)).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let cases = [("out", true), ("lost", false)];
    let mut holds = Vec::new();
    for (case, answered) in cases {
        let backup = scene.new_backup();
        let hold = scene.simulator.hold(case);
        let held = Fault::after_commit().hold(&hold);
        let fault = if answered { held.ordinary() } else { held.reset() };
        scene.simulator.script(Script::once(fault).replicate().backup(&backup))?;
        apply(&scene, &format!("{case}-first"), &backup)?;
        in_time("the call arrives", hold.arrived()).await?;
        apply(&scene, &format!("{case}-second"), &backup)?;
        let second = format!("{case}-second");
        let object =
            scene.wait(&second, "waiting", |object| object.reason() == "SameTargetInUse").await?;
        assert!(object.phase() == "Pending" && object.is("Reconciling"), "{:#}", object.0);
        assert!(object.message().contains(&format!("{case}-first")), "{}", object.message());
        holds.push((case, backup, hold));
    }

    for (case, backup, hold) in &holds {
        hold.release();
        let ended = |object: &Object| !object.0["status"]["attempts"][0]["outcome"].is_null();
        scene.wait(&format!("{case}-first"), "ended", ended).await?;
        // It makes its own look-up, and sees nothing.
        scene.looked_up_again(backup, 3).await?;
        assert_eq!(
            scene.get(&format!("{case}-second")).await?.reason(),
            "SameTargetInUse",
            "{case}"
        );
        scene.simulator.reveal(Some(backup));
        let record = only_record(&scene, backup)?;
        for (name, came_by) in [("first", "Called"), ("second", "Adopted")] {
            let object = scene.wait(&format!("{case}-{name}"), "ready", ready).await?;
            assert_eq!(origin(&object), (Some(came_by), Some(record.as_str())), "{case}-{name}");
        }
        assert_eq!(counts(&scene, backup), (1, 1), "{case}");
    }
    Ok(())
}

#[tokio::test]
async fn the_next_process_keeps_the_second_waiting_for_a_call_of_unknown_outcome() -> Result<()> {
    let scene = Scene::with(OPERATOR, showing(HIDDEN)).await?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("call");
    scene
        .simulator
        .script(Script::once(Fault::after_commit().hold(&hold).ordinary()).replicate())?;
    let options = scene.operator().arg("--claim-window=3s").arg("--request-timeout=4s");
    let killed = options.start_ready()?;
    apply(&scene, "first", example::BACKUP)?;
    in_time("the call arrives", hold.arrived()).await?;
    assert_eq!(killed.process.kill()?, Exit::Signal(9));

    let _operator = options.start_ready()?;
    apply(&scene, "second", example::BACKUP)?;
    let waiting = |object: &Object| {
        object.reason() == "SameTargetInUse" && object.message().contains("first")
    };
    scene.wait("second", "waiting for a call that may be in flight", waiting).await?;
    scene.wait("first", "unknown", |object| object.phase() == "OutcomeUnknown").await?;
    scene.looked_up_again(example::BACKUP, 4).await?;
    assert_eq!(scene.get("second").await?.reason(), "SameTargetInUse");
    scene.simulator.reveal(Some(example::BACKUP));
    for (name, came_by) in [("first", "Called"), ("second", "Adopted")] {
        let object = scene.wait(name, "ready", ready).await?;
        assert_eq!(origin(&object).0, Some(came_by), "{name}");
    }
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}

#[tokio::test]
async fn an_operator_whose_look_is_older_than_anothers_call_makes_none() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("look");
    scene.simulator.script(Script::once(Fault::after_commit().hold(&hold).ordinary()).show())?;
    let slow = scene.operator().start_ready()?;
    apply(&scene, "db", example::BACKUP)?;
    in_time("the look arrives", hold.arrived()).await?;
    let _quick = scene.operator().start_ready()?;
    let object = scene.wait("db", "ready", ready).await?;
    assert_eq!(origin(&object).0, Some("Called"));

    // Its look-up shows no record. What it decides by that is refused.
    hold.release();
    let claim = scene.wait_for_audit_event(|event| {
        event.namespace == scene.namespace && event.subresource == "status" && event.code >= 400
    })?;
    assert_eq!(claim.verb, "patch");
    slow.stop()?;
    let after = scene.get("db").await.context("it is gone")?;
    assert_eq!(after.0["status"], object.0["status"]);
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}
