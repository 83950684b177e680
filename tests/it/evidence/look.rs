//! The look-up before the call: what it cannot show, and what is waited for.

use anyhow::Result;
use control_plane::Exit;
use harness::{Object, Scene, in_time};
use simulator::{
    Answer, BackupStatus, Body, Cut, Fault, LookUp, Records, RetryAfter, Script, View, example,
};

use super::{OPERATOR, apply, assert_looked_before_each_post, counts, origin, ready, without};

#[tokio::test]
async fn a_service_that_shows_no_records_gets_its_one_call() -> Result<()> {
    let showing = |records| View { records, ..View::default() };
    let views = [
        ("not-found", without(LookUp::NotFound)),
        ("not-allowed", without(LookUp::MethodNotAllowed)),
        ("not-implemented", without(LookUp::NotImplemented)),
        ("forbidden", without(LookUp::Forbidden)),
        ("no-key", showing(Records::Absent)),
        ("nulls", showing(Records::Null)),
        ("empty", showing(Records::Empty)),
    ];
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let mut backups = Vec::new();
    for (name, view) in &views {
        let backup = scene.new_backup();
        scene.simulator.set_view(&backup, Some(view.clone()));
        apply(&scene, name, &backup)?;
        backups.push((name, backup));
    }
    scene.wait_for_all(views.len(), ready).await?;
    for (name, backup) in &backups {
        let object = scene.get(name).await?;
        let posts = scene.posts(backup);
        assert_eq!(
            origin(&object),
            (Some("Called"), posts.first().and_then(|call| call.record_id())),
            "{name}"
        );
        assert_eq!(counts(&scene, backup), (1, 1), "{name}");
        assert_looked_before_each_post(&scene, backup);
    }
    Ok(())
}

#[tokio::test]
async fn while_the_look_fails_there_is_no_call_and_then_there_is_one() -> Result<()> {
    let answer = |answer| Fault::before_commit().answer(answer);
    let half = Answer::status(200).body(Body::Ordinary { keep: Some(30) });
    let failures = [
        ("reset", Fault::before_commit().reset(), "LookUpFailed"),
        ("closed", Fault::before_commit().close(), "LookUpFailed"),
        ("timeout", Fault::before_commit().hang(), "LookUpFailed"),
        ("http-500", answer(Answer::status(500)), "LookUpFailed"),
        (
            "http-502-page",
            answer(Answer::status(502).text("<html>Bad Gateway</html>")),
            "LookUpFailed",
        ),
        ("http-503", answer(Answer::status(503)), "LookUpFailed"),
        ("http-408", answer(Answer::status(408)), "LookUpFailed"),
        ("text-200", answer(Answer::status(200).text("OK")), "LookUpFailed"),
        (
            "other-200",
            answer(Answer::status(200).json(serde_json::json!({"ok": true}))),
            "LookUpFailed",
        ),
        ("half-200", answer(half.clone()), "LookUpFailed"),
        ("cut-200", answer(half.cut_off(10, Cut::Close)), "LookUpFailed"),
        ("throttled", answer(Answer::throttled(Some(RetryAfter::Seconds(1)))), "Throttled"),
    ];
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().arg("--request-timeout=2s").start_ready()?;
    scene.valid_secret()?;
    let mut backups = Vec::new();
    for (name, fault, reason) in failures {
        let backup = scene.new_backup();
        scene.simulator.script(Script::always(fault).show().backup(&backup))?;
        apply(&scene, name, &backup)?;
        let object = scene.wait(name, reason, |object| object.reason() == reason).await?;
        assert!(
            object.phase() == "Pending" && object.is("Reconciling") && !object.is("Stalled"),
            "{name}"
        );
        assert!(object.attempts().is_empty(), "{name}");
        scene.looked_up_again(&backup, 1).await?;
        backups.push((name, backup));
    }
    for (name, backup) in &backups {
        assert_eq!(counts(&scene, backup), (0, 0), "{name}");
    }

    scene.simulator.clear_scripts();
    scene.wait_for_all(backups.len(), ready).await?;
    for (name, backup) in &backups {
        assert_eq!(counts(&scene, backup), (1, 1), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_is_down_is_waited_for() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    scene.simulator.go_down()?;
    apply(&scene, "db", example::BACKUP)?;
    let object = scene.wait("db", "waiting", |object| object.reason() == "LookUpFailed").await?;
    assert!(object.is("Reconciling") && object.attempts().is_empty());
    scene.simulator.come_up()?;
    scene.wait("db", "ready", ready).await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_backup_that_is_still_being_made_is_waited_for() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let states =
        [("protecting", BackupStatus::Protecting), ("waiting", BackupStatus::WaitingProtect)];
    let backups = states.map(|(name, status)| (name, status, scene.new_backup()));
    for (name, status, backup) in &backups {
        scene.simulator.set_backup_status(backup, *status)?;
        apply(&scene, name, backup)?;
        let waiting = |object: &Object| object.reason() == "SourceNotReady";
        let object = scene.wait(name, "waiting", waiting).await?;
        assert!(
            object.phase() == "Pending" && object.is("Reconciling") && object.attempts().is_empty(),
            "{name}"
        );
        scene.looked_up_again(backup, 1).await?;
        assert_eq!(counts(&scene, backup), (0, 0), "{name}");
    }
    for (name, _, backup) in &backups {
        scene.simulator.set_backup_status(backup, BackupStatus::Available)?;
        scene.wait(name, "ready", ready).await?;
        assert_eq!(counts(&scene, backup), (1, 1), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn on_sigterm_a_look_is_not_waited_for_and_no_call_follows_it() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("look");
    scene.simulator.script(Script::once(Fault::before_commit().hold(&hold).ordinary()).show())?;
    // If the look-up were waited for, this would take far longer than the test's patience.
    let operator = scene.operator().arg("--request-timeout=1h").start_ready()?;
    apply(&scene, "db", example::BACKUP)?;
    in_time("the look arrives", hold.arrived()).await?;
    assert_eq!(operator.stop()?, Exit::Code(0));
    hold.release();

    assert!(scene.get("db").await?.attempts().is_empty());
    assert_eq!(counts(&scene, example::BACKUP), (0, 0));
    let _operator = scene.operator().start_ready()?;
    scene.wait("db", "ready", ready).await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}
