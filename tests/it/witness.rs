//! The operation logs as a second witness, where a backup's records do not tell: what they show
//! settles a lost answer and follows a copy; what they do not show proves nothing.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Object, OperatorOptions, Scene, in_time};
use jiff::{SignedDuration, Timestamp};
use proxy::{Gate, Moment};
use serde_json::{Value, json};
use simulator::{
    Advance, Answer, Call, Fault, LookUp, Operation, OperationLogs, Options, Pace, Records,
    RetryAfter, Script, View, example,
};

use crate::OPERATOR;
use crate::crash_points::stage::before_the_api_server;

/// A cloud without records, with these operation logs.
fn cloud(api: OperationLogs) -> Options {
    let mut options = Options::default();
    options.behaviour.logs.api = api;
    options.behaviour.view.records = Records::Absent;
    options
}

/// Views in which the records do not tell.
fn blind_views() -> [(&'static str, View); 5] {
    let without = |look_up| View { look_up, ..View::default() };
    let showing = |records| View { records, ..View::default() };
    [
        ("no-look-up", without(LookUp::NotFound)),
        ("no-right", without(LookUp::Forbidden)),
        ("no-key", showing(Records::Absent)),
        ("nulls", showing(Records::Null)),
        ("empty", showing(Records::Empty)),
    ]
}

/// An operator that soon gives up looking.
fn quick(scene: &Scene) -> OperatorOptions {
    let limits = ["--settling-time=1s", "--request-timeout=4s", "--claim-window=4s"];
    limits.into_iter().fold(scene.operator(), OperatorOptions::arg)
}

fn lost() -> Fault {
    Fault::after_commit().reset()
}

fn counts(scene: &Scene, backup: &str) -> (u64, u64) {
    let counts = scene.simulator.counts(backup);
    (counts.posts, counts.accepted)
}

fn is_over(object: &Object) -> bool {
    object.text("/status/trackingEnd").is_some()
}

fn asked(object: &Object) -> bool {
    object.is("Stalled") && object.reason() == "OutcomeUnknown"
}

fn log_of(scene: &Scene, backup: &str) -> Option<String> {
    scene.simulator.records(backup).first().map(|record| record.log_id.clone())
}

/// An entry as the cloud lists it, like that of a call for this backup.
fn entry(id: &str, backup: &str, began: Timestamp) -> Value {
    json!({
        "id": id, "operation_type": "replication", "status": "success", "policy_id": null,
        "created_at": began.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "extra_info": {"replication": {
            "source_backup_id": backup, "destination_region": example::DESTINATION_REGION,
            "destination_project_id": example::DESTINATION_PROJECT,
        }},
    })
}

/// Entries that look like that of a call made now, and are of others.
fn of_others(backup: &str, now: Timestamp) -> Vec<Value> {
    let with = |id: &str, pointer: &str, value: Value| {
        let mut entry = entry(id, backup, now);
        if let Some(member) = entry.pointer_mut(pointer) {
            *member = value;
        }
        entry
    };
    let replication = "/extra_info/replication";
    vec![
        with("policy", "/policy_id", json!("p-1")),
        with("other-kind", "/operation_type", json!("backup")),
        with("other-backup", &format!("{replication}/source_backup_id"), json!("b")),
        with("other-region", &format!("{replication}/destination_region"), json!("eu-xx")),
        with("other-project", &format!("{replication}/destination_project_id"), json!("dp")),
        with("no-backup", &format!("{replication}/source_backup_id"), json!(null)),
        with("no-region", &format!("{replication}/destination_region"), json!(null)),
        with("no-time", "/created_at", json!(null)),
        with("zone-unknown", "/created_at", json!("2026-11-23T10:00:00 CET")),
        entry("earlier", backup, now - SignedDuration::from_mins(10)),
        entry("much-later", backup, now + SignedDuration::from_hours(3)),
    ]
}

#[tokio::test]
async fn a_lost_answer_is_found_in_the_logs_and_the_copy_is_followed_to_its_end() -> Result<()> {
    let scene = Scene::with(OPERATOR, cloud(OperationLogs::Present)).await?;
    scene.simulator.configure(|behaviour| behaviour.pace = Pace::takes(Duration::from_secs(1)));
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let mut rows = Vec::new();
    for (name, view) in blind_views() {
        for (kind, fault) in [
            ("reset", lost()),
            ("gateway", Fault::after_commit().answer(Answer::status(502).text("Bad Gateway"))),
        ] {
            let (name, backup) = (format!("{name}-{kind}"), scene.new_backup());
            scene.simulator.set_view(&backup, Some(view.clone()));
            scene.simulator.script(Script::once(fault).replicate().backup(&backup))?;
            scene.applied(&Scene::manifest_for(&name, &backup, "  readyWhen: Replicated\n"))?;
            rows.push((name, backup));
        }
    }
    for (name, backup) in &rows {
        let object = scene.wait(name, "followed", |o| is_over(o) || o.is("Stalled")).await?;
        ensure!(object.text("/status/trackingEnd") == Some("Replicated"), "{name}: {:#}", object.0);
        ensure!(object.is("Ready") && object.is("Replicated"), "{name}: {:#}", object.0);
        ensure!(object.text("/status/origin") == Some("Called"), "{name}: {:#}", object.0);
        let id = object.text("/status/operationLogId").map(str::to_owned);
        ensure!(id.is_some() && id == log_of(&scene, backup), "{name}: {id:?}");
        ensure!(object.text("/status/replicaBackupId").is_some(), "{name}: {:#}", object.0);
        ensure!(counts(&scene, backup) == (1, 1), "{name}: {:?}", counts(&scene, backup));
    }
    Ok(())
}

#[tokio::test]
async fn a_copy_whose_record_is_not_reported_is_followed_in_the_logs() -> Result<()> {
    let scene = Scene::with(OPERATOR, cloud(OperationLogs::Present)).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let (copied, fails) = (scene.new_backup(), scene.new_backup());
    scene.applied(&Scene::manifest_for("copied", &copied, ""))?;
    scene.applied(&Scene::manifest_for("fails", &fails, ""))?;
    let shown = |status: &'static str| {
        move |object: &Object| object.text("/status/recordStatus") == Some(status)
    };
    for name in ["copied", "fails"] {
        let object = scene.wait(name, "logged", shown("waiting")).await?;
        ensure!(object.is("Ready") && object.phase() == "Replicating", "{:#}", object.0);
        ensure!(object.text("/status/replicationRecordId").is_some(), "{:#}", object.0);
    }
    scene.simulator.advance(&copied, Advance::Replicating { progress: 40 })?;
    let at_40 = |object: &Object| object.0.pointer("/status/progress") == Some(&json!(40));
    scene.wait("copied", "at 40 %", at_40).await?;
    scene.simulator.advance(&copied, Advance::Success)?;
    let code = "BackupService.8888".to_owned();
    scene.simulator.advance(&fails, Advance::Fail { code, reason: "full".to_owned() })?;
    let object = scene.wait("copied", "over", is_over).await?;
    ensure!(object.is("Replicated") && object.phase() == "Succeeded", "{:#}", object.0);
    let object = scene.wait("fails", "over", is_over).await?;
    ensure!(object.reason() == "ReplicationFailed" && object.is("Stalled"), "{:#}", object.0);
    ensure!(object.text("/status/failCode") == Some("BackupService.8888"), "{:#}", object.0);
    for backup in [&copied, &fails] {
        ensure!(counts(&scene, backup) == (1, 1), "{:?}", counts(&scene, backup));
    }
    Ok(())
}

#[tokio::test]
async fn entries_of_others_show_nothing_and_silence_proves_nothing() -> Result<()> {
    let scene = Scene::with(OPERATOR, cloud(OperationLogs::Silent)).await?;
    let _operator = quick(&scene).start_ready()?;
    scene.valid_secret()?;
    let backup = scene.new_backup();
    let began = scene.simulator.clock() + SignedDuration::from_secs(2);
    scene.simulator.configure(|behaviour| behaviour.logs.others = of_others(&backup, began));
    let never = Fault::before_commit().reset();
    scene.simulator.script(Script::once(never).replicate().backup(&backup))?;
    scene.applied(&Scene::manifest_for("db", &backup, ""))?;
    let object = scene.wait("db", "asked", |o| asked(o) || is_over(o)).await?;
    ensure!(asked(&object) && object.text("/status/operationLogId").is_none(), "{:#}", object.0);
    let read = |log: &simulator::Log| {
        log.calls().iter().filter(|call| call.operation == Some(Operation::ListLogs)).count()
    };
    let before = scene.simulator.log(read);
    harness::in_time("the logs read again", scene.simulator.wait_for(|log| read(log) > before))
        .await?;
    ensure!(asked(&scene.get("db").await?), "{:#}", scene.get("db").await?.0);
    ensure!(counts(&scene, &backup) == (1, 0), "{:?}", counts(&scene, &backup));

    // A human is still heard, and the operator then calls.
    ensure!(scene.paste(&object.commands()[0])?.accepted, "{}", object.message());
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    ensure!(counts(&scene, &backup) == (2, 1), "{:?}", counts(&scene, &backup));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_logs_a_lost_answer_is_asked_about_as_before_and_a_copy_is_not_reported()
-> Result<()> {
    let kinds = [
        ("absent", OperationLogs::Absent, None),
        ("forbidden", OperationLogs::Forbidden, None),
        ("silent", OperationLogs::Silent, None),
        ("failing", OperationLogs::Present, Some(Answer::status(503).text("no"))),
        ("garbage", OperationLogs::Present, Some(Answer::status(200).text("{\"operation_logs\":"))),
        ("another", OperationLogs::Present, Some(Answer::status(200).text("{\"logs\": []}"))),
        ("refused", OperationLogs::Present, Some(Answer::status(400).text("{}"))),
    ];
    // Each waits far more than it works.
    for kind in kinds.map(|(name, api, answer)| tokio::spawn(without_logs(name, api, answer))) {
        kind.await??;
    }
    Ok(())
}

async fn without_logs(name: &str, api: OperationLogs, answer: Option<Answer>) -> Result<()> {
    let scene = Scene::with(OPERATOR, cloud(api)).await?;
    if let Some(answer) = answer {
        let fault = Fault::before_commit().answer(answer);
        scene.simulator.script(Script::always(fault).list_logs())?;
    }
    let _operator = quick(&scene).start_ready()?;
    scene.valid_secret()?;
    let (lost_one, told) = (scene.new_backup(), scene.new_backup());
    scene.simulator.script(Script::once(lost()).replicate().backup(&lost_one))?;
    scene.applied(&Scene::manifest_for("lost", &lost_one, ""))?;
    scene.applied(&Scene::manifest_for("told", &told, ""))?;
    let object = scene.wait("lost", "asked", |o| asked(o) || is_over(o)).await?;
    ensure!(asked(&object), "{name}: {:#}", object.0);
    let object = scene.wait("told", "over", is_over).await?;
    let end = object.text("/status/trackingEnd");
    ensure!(end == Some("NotReported") && object.is("Ready"), "{name}: {:#}", object.0);
    for backup in [&lost_one, &told] {
        ensure!(counts(&scene, backup) == (1, 1), "{name}: {:?}", counts(&scene, backup));
    }
    Ok(())
}

#[tokio::test]
async fn a_late_entry_one_on_a_later_page_and_one_by_another_clock_are_found() -> Result<()> {
    for (name, ahead, late) in [("ahead", 3, false), ("behind", -3, false), ("late", 0, true)] {
        let api = match late {
            true => OperationLogs::Late { milliseconds: 4_000 },
            false => OperationLogs::Present,
        };
        let scene = Scene::with(OPERATOR, cloud(api)).await?;
        scene.simulator.advance_clock(SignedDuration::from_hours(ahead));
        let backup = scene.new_backup();
        let now = scene.simulator.clock();
        // By this machine's clock, some of these are newer than the claim.
        let older = [-170, -60, -1]
            .map(|minutes| entry("another", &backup, now + SignedDuration::from_mins(minutes)));
        let fill = (0..450).map(|n| entry(&format!("other-{n}"), "another-backup", now));
        let others: Vec<Value> = fill.chain(older).collect();
        scene.simulator.configure(|behaviour| behaviour.logs.others = others);
        let _operator = scene.operator().start_ready()?;
        scene.valid_secret()?;
        scene.simulator.script(Script::once(lost()).replicate().backup(&backup))?;
        scene.applied(&Scene::manifest_for(name, &backup, ""))?;
        let found = |object: &Object| object.text("/status/operationLogId").is_some();
        let object = scene.wait(name, "found", |o| found(o) || o.is("Stalled")).await?;
        let id = object.text("/status/operationLogId").map(str::to_owned);
        ensure!(id == log_of(&scene, &backup), "{name}: {id:?} {:#}", object.0);
        ensure!(counts(&scene, &backup) == (1, 1), "{name}: {:?}", counts(&scene, &backup));
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_shows_the_same_page_without_end_is_not_read_without_end() -> Result<()> {
    let scene = Scene::with(OPERATOR, cloud(OperationLogs::Present)).await?;
    let backup = scene.new_backup();
    let now = scene.simulator.clock();
    scene.simulator.configure(|behaviour| {
        let fill = (0..450).map(|n| entry(&format!("other-{n}"), "another-backup", now));
        behaviour.logs.others = fill.collect();
        behaviour.logs.deaf_to_offset = true;
    });
    let _operator = quick(&scene).start_ready()?;
    scene.valid_secret()?;
    scene.simulator.script(Script::once(lost()).replicate().backup(&backup))?;
    scene.applied(&Scene::manifest_for("db", &backup, ""))?;
    let object = scene.wait("db", "asked", |o| asked(o) || is_over(o)).await?;
    ensure!(asked(&object), "{:#}", object.0);
    let looks = scene.simulator.counts(&backup).gets;
    let pages = scene.simulator.log(|log| {
        log.calls().iter().filter(|call| call.operation == Some(Operation::ListLogs)).count()
    });
    ensure!(pages as u64 <= 2 * looks, "{pages} pages for {looks} look-ups");
    Ok(())
}

/// They are optional: who may not read them, or not now, may well look up and call.
#[tokio::test]
async fn logs_that_refuse_or_throttle_hold_up_nobody_who_does_without_them() -> Result<()> {
    let long = RetryAfter::Seconds(3_000);
    for (name, answer) in [
        ("throttled", Answer::throttled(Some(long))),
        ("refused", Answer::status(401).text("Incorrect IAM authentication information")),
    ] {
        let scene = Scene::with(OPERATOR, cloud(OperationLogs::Present)).await?;
        let operator = scene.operator().start_ready()?;
        scene.valid_secret()?;
        scene
            .simulator
            .script(Script::always(Fault::before_commit().answer(answer)).list_logs())?;
        let lost_one = scene.new_backup();
        scene.simulator.script(Script::once(lost()).replicate().backup(&lost_one))?;
        scene.applied(&Scene::manifest_for("lost", &lost_one, ""))?;
        let read = || {
            scene.simulator.log(|log| {
                log.calls().iter().any(|call| call.operation == Some(Operation::ListLogs))
            })
        };
        scene.wait("lost", "its logs are asked for", |_| read()).await?;
        let others: Vec<String> = (0..4).map(|_| scene.new_backup()).collect();
        for (number, backup) in others.iter().enumerate() {
            scene.applied(&Scene::manifest_for(&format!("db-{number}"), backup, ""))?;
        }
        for number in 0..others.len() {
            scene.wait(&format!("db-{number}"), "ready", |object| object.is("Ready")).await?;
        }
        let told = |word: &str| operator.log.count(|line| line.contains(word));
        for word in ["CredentialRejected", "\"Throttled\""] {
            ensure!(told(word) == 0, "{name}: {word} is said of somebody");
        }
    }
    Ok(())
}

/// The logs name no vault and no resource: what another resource's call may have made is nobody's
/// proof.
#[tokio::test]
async fn an_entry_of_another_resources_call_settles_no_lost_one() -> Result<()> {
    let scene = Scene::with(OPERATOR, cloud(OperationLogs::Present)).await?;
    let _operator = quick(&scene).start_ready()?;
    scene.valid_secret()?;
    let (backup, now) = (scene.new_backup(), scene.simulator.clock());
    let never = Fault::before_commit().reset();
    scene.simulator.script(Script::once(never).replicate().backup(&backup))?;
    // Two entries that fit, as two calls of others for the same backup and region make them.
    let others = ["l-1", "l-2"].map(|id| entry(id, &backup, now + SignedDuration::from_secs(1)));
    scene.simulator.configure(|behaviour| behaviour.logs.others = others.to_vec());
    scene.applied(&Scene::manifest_for("db", &backup, ""))?;
    let object = scene.wait("db", "asked", |o| asked(o) || o.is("Ready")).await?;
    ensure!(asked(&object), "{:#}", object.0);
    ensure!(counts(&scene, &backup) == (1, 0), "{:?}", counts(&scene, &backup));
    Ok(())
}

/// Another namespace's resource may have made the call that an entry is of.
#[tokio::test]
async fn no_entry_is_taken_before_each_watch_has_shown_its_resources() -> Result<()> {
    let scene = Scene::with(OPERATOR, cloud(OperationLogs::Present)).await?;
    let elsewhere = "namespaces/elsewhere/";
    let gate = Gate::new(move |message| {
        message.path.contains(elsewhere) && !message.path.contains("watch=")
    });
    let (_proxy, kubeconfig) = before_the_api_server(&scene, &gate).await?;
    let mut list = gate.stop(Moment::Request, |_| true);
    let options = scene.operator().env("KUBECONFIG", &kubeconfig).arg("--namespace=elsewhere");
    let _operator = options.start()?;
    in_time("the list", list.reached()).await??;
    scene.valid_secret()?;
    let backup = scene.new_backup();
    scene.simulator.script(Script::once(lost()).replicate().backup(&backup))?;
    scene.applied(&Scene::manifest_for("db", &backup, ""))?;
    // Who asks again has taken nothing of the first reading.
    let again = scene.simulator.wait_for(|log| {
        let is_reading = |call: &&Call| call.operation == Some(Operation::ListLogs);
        log.calls().iter().filter(is_reading).count() > 1
    });
    in_time("a second reading", again).await?;
    let object = scene.get("db").await?;
    ensure!(object.text("/status/operationLogId").is_none(), "{:#}", object.0);
    list.pass();
    let found = |object: &Object| object.text("/status/operationLogId").is_some();
    let object = scene.wait("db", "found", |o| found(o) || o.is("Stalled")).await?;
    let id = object.text("/status/operationLogId").map(str::to_owned);
    ensure!(id == log_of(&scene, &backup), "{id:?} {:#}", object.0);
    ensure!(counts(&scene, &backup) == (1, 1), "{:?}", counts(&scene, &backup));
    Ok(())
}
