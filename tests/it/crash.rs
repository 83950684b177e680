//! If anything dies, sleeps or goes away in mid-call, no second call is made automatically, and an
//! acceptance is recorded in the end.

use anyhow::{Context, Result, ensure};
use control_plane::Exit;
use harness::{Cluster, Object, OperatorOptions, PATIENCE, Scene, in_time, install_crd};
use serde_json::json;
use simulator::{Fault, Hold, LookUp, Options, Script, example};
use uuid::Uuid;

use crate::OPERATOR;

/// A cloud that offers no evidence, so that what is unknown stays unknown.
fn no_look_up() -> Options {
    let mut options = Options::default();
    options.behaviour.view.look_up = LookUp::NotFound;
    options
}

/// An operator whose claims go stale within seconds.
fn short(scene: &Scene) -> OperatorOptions {
    scene.operator().arg("--claim-window=2s").arg("--request-timeout=3s")
}

fn hold_after_commit(scene: &Scene, backup: &str) -> Result<Hold> {
    let hold = scene.simulator.hold(backup);
    scene.simulator.script(
        Script::once(Fault::after_commit().hold(&hold).ordinary()).replicate().backup(backup),
    )?;
    Ok(hold)
}

#[tokio::test]
async fn killed_after_the_commit_it_calls_no_second_time_and_each_command_of_the_message_ends_it()
-> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    scene.valid_secret()?;
    let committed = [("record", scene.new_backup()), ("no-record", scene.new_backup())];
    let lost = scene.new_backup();
    let mut holds = vec![scene.simulator.hold("lost")];
    let never_committed = Fault::before_commit().hold(&holds[0]).reset();
    scene.simulator.script(Script::once(never_committed).replicate().backup(&lost))?;
    for (_, backup) in &committed {
        holds.push(hold_after_commit(&scene, backup)?);
    }
    let operator = short(&scene).start_ready()?;
    scene.applied(&Scene::manifest_for("lost", &lost, ""))?;
    for (name, backup) in &committed {
        scene.applied(&Scene::manifest_for(name, backup, ""))?;
    }
    for hold in &holds {
        in_time("a call arrives", hold.arrived()).await?;
    }
    assert_eq!(operator.process.kill()?, Exit::Signal(9));

    let _operator = short(&scene).start_ready()?;
    let unknown = |object: &Object| object.phase() == "OutcomeUnknown" && object.is("Stalled");
    for object in scene.wait_for_all(3, unknown).await? {
        let name = object.text("/metadata/name").context("no name")?;
        let command = format!(
            "kubectl annotate brep -n {} {name} --overwrite cbr.replication.dev/decision={}",
            scene.namespace,
            object.attempt_id()
        );
        let words = ["not-accepted", "accepted:<RECORD_ID>", "accepted"]
            .map(|word| format!("{command}:{word}"));
        assert_eq!(object.commands(), words, "{}", object.message());
        assert_eq!((object.condition("Ready").0, object.reason()), ("Unknown", "OutcomeUnknown"));
    }
    for backup in committed.iter().map(|(_, backup)| backup).chain([&lost]) {
        assert_eq!(scene.posts(backup).len(), 1);
    }

    let [(_, with_record), (_, without_record)] = &committed;
    let record = scene.simulator.records(with_record).pop().context("no record")?.id;
    let ways =
        [("lost", 0, "Called", 2), ("record", 1, "Declared", 1), ("no-record", 2, "Declared", 1)];
    for (name, command, origin, attempts) in ways {
        let line =
            scene.get(name).await?.commands().swap_remove(command).replace("<RECORD_ID>", &record);
        let pasted = scene.paste(&line)?;
        assert!(pasted.accepted, "{line}: {}", pasted.words);
        let object = scene.wait(name, "ready", |object| object.is("Ready")).await?;
        assert_eq!(object.text("/status/origin"), Some(origin), "{name}");
        assert_eq!(object.attempts().len(), attempts, "{name}");
    }
    assert_eq!(
        scene.get("record").await?.text("/status/replicationRecordId"),
        Some(record.as_str())
    );
    assert_eq!(scene.get("no-record").await?.text("/status/replicationRecordId"), None);
    let counts = |backup| scene.simulator.counts(backup);
    assert_eq!((counts(&lost).posts, counts(&lost).accepted), (2, 1));
    assert_eq!((counts(with_record).posts, counts(without_record).posts), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_decision_that_names_another_attempt_is_refused_in_words() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    scene.valid_secret()?;
    scene.simulator.script(Script::once(Fault::after_commit().reset()).replicate())?;
    let _operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let object = scene.wait("db", "stalled", |object| object.is("Stalled")).await?;

    let wrong = Uuid::new_v4().to_string();
    let command = object.commands().swap_remove(0);
    let pasted = scene.paste(&command.replace(object.attempt_id(), &wrong))?;
    assert!(pasted.accepted, "{}", pasted.words);
    let refused =
        |object: &Object| object.message().contains("is ignored: it names another attempt");
    let refused = scene.wait("db", "told that its decision is ignored", refused).await?;
    assert_eq!(refused.phase(), "OutcomeUnknown");
    assert!(
        refused.message().contains(&format!("the one in force, {}", object.attempt_id())),
        "{}",
        refused.message()
    );

    // The right one is carried out, so the refusal was not for something else.
    assert!(scene.paste(&object.commands().swap_remove(2))?.accepted);
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    assert_eq!(scene.posts(example::BACKUP).len(), 1);
    Ok(())
}

#[tokio::test]
async fn killed_before_the_claim_it_continues_after_a_restart() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene
        .wait("db", "waiting for its Secret", |object| object.reason() == "CredentialNotFound")
        .await?;
    assert_eq!(operator.process.kill()?, Exit::Signal(9));

    scene.valid_secret()?;
    let _operator = scene.operator().start_ready()?;
    let object = scene.wait("db", "ready", |object| object.is("Ready")).await?;
    assert_eq!(object.0["status"]["attempts"][0]["number"], 1);
    assert_eq!(scene.posts(example::BACKUP).len(), 1);
    Ok(())
}

#[tokio::test]
async fn on_sigterm_it_waits_for_its_call_records_it_and_exits_with_0() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let hold = hold_after_commit(&scene, example::BACKUP)?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    in_time("the call arrives", hold.arrived()).await?;

    operator.process.terminate()?;
    operator.log.wait_for(PATIENCE, |line| line.contains("Shutting down"))?;
    // Nothing new begins: this one is left to the next process.
    let later = scene.new_backup();
    scene.applied(&Scene::manifest_for("later", &later, ""))?;
    assert!(operator.process.is_running());
    hold.release();
    assert_eq!(operator.process.wait(PATIENCE)?, Exit::Code(0));

    let object = scene.get("db").await?;
    assert!(object.is("Ready"), "{:#}", object.0);
    let posts = scene.posts(example::BACKUP);
    assert_eq!(
        object.text("/status/replicationRecordId"),
        posts.first().and_then(|call| call.record_id())
    );
    assert_eq!((posts.len(), scene.posts(&later).len()), (1, 0));
    Ok(())
}

#[tokio::test]
async fn an_acceptance_is_logged_at_once_and_recorded_when_the_api_server_is_back() -> Result<()> {
    let cluster = &Cluster::own()?;
    install_crd(cluster)?;
    let scene = Scene::on(cluster, OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let hold = hold_after_commit(&scene, example::BACKUP)?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    in_time("the call arrives", hold.arrived()).await?;

    cluster.stop_apiserver();
    hold.release();
    let record = scene.simulator.records(example::BACKUP).pop().context("no record")?.id;
    operator.log.wait_for(PATIENCE, |line| line.contains(&record))?;
    operator.log.wait_for(PATIENCE, |line| line.contains("not written yet"))?;
    cluster.start_apiserver()?;

    let object = scene.wait("db", "ready", |object| object.is("Ready")).await?;
    assert_eq!(object.text("/status/replicationRecordId"), Some(record.as_str()));
    assert_eq!(object.attempts().len(), 1);
    assert_eq!(scene.posts(example::BACKUP).len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_resource_deleted_in_mid_call_leaves_its_record_in_the_log_and_the_operator_at_work()
-> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let hold = hold_after_commit(&scene, example::BACKUP)?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    in_time("the call arrives", hold.arrived()).await?;

    let deleted = scene.kubectl(&["delete", "brep", "db", "--timeout=30s"])?;
    assert!(deleted.accepted, "{}", deleted.words);
    hold.release();
    let record = scene.simulator.records(example::BACKUP).pop().context("no record")?.id;
    operator
        .log
        .wait_for(PATIENCE, |line| line.contains(&record) && line.contains("cannot be recorded"))?;

    scene.applied(&Scene::manifest_for("next", &scene.new_backup(), ""))?;
    scene.wait("next", "ready", |object| object.is("Ready")).await?;
    assert!(scene.get("db").await.is_err(), "it is not created again");
    assert_eq!(scene.posts(example::BACKUP).len(), 1);
    assert_eq!(operator.log.count(|line| line.contains("panicked") || line.contains("A bug")), 0);
    Ok(())
}

#[tokio::test]
async fn two_operators_at_once_make_one_call_for_each_resource() -> Result<()> {
    const NUMBER: usize = 50;
    let scene = Scene::with(OPERATOR, Options::any_backup()).await?;
    let _operators = [scene.operator().start_ready()?, scene.operator().start_ready()?];
    scene.valid_secret()?;
    scene.applied_many(NUMBER)?;
    let objects = scene.wait_for_all(NUMBER, |object| object.is("Ready")).await?;

    let total = scene.simulator.log(|log| log.total());
    assert_eq!((total.posts, total.accepted), (NUMBER as u64, NUMBER as u64));
    for object in &objects {
        let attempts = object.attempts();
        ensure!(attempts.len() == 1 && attempts[0]["number"] == json!(1), "{:#}", object.0);
    }
    Ok(())
}
