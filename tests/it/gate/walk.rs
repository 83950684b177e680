//! In every state in which a resource waits or is followed, against every shape of an error, with
//! texts that differ from answer to answer, and while somebody keeps touching it: look-ups come at
//! intervals that grow, and the status is written once.
//!
//! `WALK=2m` observes for longer.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Scene, attempt, in_time};
use jiff::{SignedDuration, Timestamp};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use simulator::{
    Answer, ErrorShape, Fault, Operation, Options, RetryAfter, Script, Token, example,
};

use super::OPERATOR;

/// For how long they are observed. A time that this test lets pass.
fn observed() -> Result<Duration> {
    let asked = std::env::var("WALK").ok();
    let text = asked.as_deref().unwrap_or("12s");
    Ok(Duration::try_from(text.parse::<SignedDuration>()?)?)
}

/// The states from which a look-up is made.
fn states() -> Vec<(&'static str, Option<Value>)> {
    let of = |outcome, more: Value| {
        let mut attempt = attempt(1, Some(outcome));
        attempt["claimedAt"] = json!(Timestamp::now());
        attempt["endedAt"] = json!(Timestamp::now());
        attempt["recordsBefore"] = json!([]);
        for (field, value) in more.as_object().into_iter().flatten() {
            attempt[field] = value.clone();
        }
        attempt
    };
    let accepted = |more: Value| {
        let mut status = json!({
            "phase": "Replicating", "origin": "Called", "acceptedAt": Timestamp::now(),
            "attempts": [of("Accepted", json!({}))],
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            status[field] = value.clone();
        }
        status
    };
    let already = json!({
        "rejection": "AlreadyReplicated", "httpStatus": 400, "code": "BackupService.1009",
    });
    let temporary = json!({
        "rejection": "Temporary", "httpStatus": 503, "retryAt": "2026-11-23T10:00:00Z",
    });
    vec![
        ("new", None),
        ("retried", Some(json!({"attempts": [of("Rejected", temporary)]}))),
        ("unknown", Some(json!({"attempts": [of("Unknown", json!({}))]}))),
        ("already", Some(json!({"attempts": [of("Rejected", already)]}))),
        ("nameless", Some(accepted(json!({})))),
        ("followed", Some(accepted(json!({"replicationRecordId": "record-that-is-followed"})))),
    ]
}

/// What a look-up is answered with. Each has a request id, or a reference, of its own each time.
fn answers() -> Vec<(&'static str, Answer)> {
    let page = |status: u16| Answer::status(status).page("<html>Ref. {request_id}</html>");
    let gateway =
        |status, code| Answer::status(status).error(ErrorShape::Gateway, code, "Refused.");
    let cbr = |status, code| {
        let answer = Answer::status(status);
        answer.page(format!(
            r#"{{"error_code":"{code}","error_msg":"Failed, see trace {{request_id}}."}}"#
        ))
    };
    let throttled = |retry_after| Answer::throttled(retry_after);
    vec![
        ("page-404", page(404)),
        ("page-403", page(403)),
        ("page-302", page(302)),
        ("page-418", page(418)),
        ("page-500", page(500)),
        ("page-502", page(502)),
        ("page-200", page(200)),
        ("no-api", gateway(404, "APIG.0101")),
        ("no-backup", cbr(404, "BackupService.6200")),
        ("token-401", gateway(401, "APIGW.0301")),
        ("token-500", cbr(500, "BackupService.9998")),
        ("unavailable", gateway(503, "APIG.0613")),
        ("throttled", throttled(None)),
        ("throttled-0", throttled(Some(RetryAfter::Seconds(0)))),
        ("throttled-past", throttled(Some(RetryAfter::DateInSeconds(-30)))),
    ]
}

/// One resource, with a token of its own: what its cloud says is no other's matter.
struct Walked {
    name: String,
    backup: String,
    throttled: bool,
}

async fn make(scene: &Scene) -> Result<Vec<Walked>> {
    let mut all = Vec::new();
    for (answer_name, answer) in answers() {
        for (state, status) in states() {
            let name = format!("{state}-{answer_name}");
            let token = format!("gAAAAABtoken-of-{name}");
            scene.simulator.add_token(Token::new(&token, example::PROJECT));
            let backup = scene.new_backup();
            let fault = Fault::before_commit().answer(answer.clone());
            scene.simulator.script(Script::always(fault).show().backup(&backup))?;
            all.push((
                Walked { throttled: answer_name.starts_with("throttled"), name, backup },
                token,
                status,
            ));
        }
    }
    let secrets: Vec<Value> = all
        .iter()
        .map(|(walked, token, _)| {
            json!({
                "apiVersion": "v1", "kind": "Secret", "metadata": {"name": walked.name},
                "stringData": {"token": token},
            })
        })
        .collect();
    scene.applied(&json!({"apiVersion": "v1", "kind": "List", "items": secrets}).to_string())?;
    stream::iter(all)
        .map(|(walked, _, status)| async move {
            let auth = json!({"tokenSecretRef": {"name": walked.name}});
            let manifest = Scene::manifest_with(&walked.name, &walked.backup, &auth);
            scene.create(&manifest).await?;
            if let Some(mut status) = status {
                status["attempts"][0]["endpoint"] = json!(scene.simulator.https_url());
                scene.set_status(&walked.name, &status).await?;
            }
            anyhow::Ok(walked)
        })
        .buffered(16)
        .try_collect()
        .await
}

/// Somebody else's annotations, all the time. What they write is no reason for anything.
async fn touch(scene: &Scene, all: &[Walked]) -> Result<()> {
    let api = scene.api();
    for round in 0.. {
        for walked in all {
            let patch = json!({"metadata": {"annotations": {"touched": format!("{round}")}}});
            api.patch(&walked.name, &PatchParams::default(), &Patch::Merge(patch)).await?;
        }
    }
    Ok(())
}

/// When each backup was looked up.
fn look_ups(scene: &Scene, backup: &str) -> Vec<Timestamp> {
    scene.simulator.log(|log| {
        let shows = log.calls_of(backup).filter(|call| call.operation == Some(Operation::Show));
        shows.map(|call| call.at).collect()
    })
}

/// Status writes of the operator, by resource.
async fn writes(scene: &Scene) -> Result<BTreeMap<String, usize>> {
    let mark = format!("mark-{}", uuid::Uuid::new_v4());
    ensure!(scene.get(&mark).await.is_err(), "there is no such resource");
    scene.wait_for_audit_event(|event| event.name == mark)?;
    let user = scene.operator_user();
    let mut writes = BTreeMap::new();
    for event in scene.audit_events()? {
        if event.user == user && event.subresource == "status" && event.verb != "get" {
            *writes.entry(event.name).or_default() += 1;
        }
    }
    Ok(writes)
}

/// The most look-ups in this time whose intervals grow as [`lookup_delay`] has them: every two
/// seconds at first, then by a quarter of the time that has passed.
fn most_look_ups(time: Duration) -> usize {
    let (mut at, mut number) = (0.0_f64, 1);
    while at < time.as_secs_f64() {
        at += (at / 4.0).max(2.0);
        number += 1;
    }
    number
}

#[tokio::test]
async fn no_state_and_no_answer_makes_a_loop() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let account = scene.operator_account()?;
    let all = make(&scene).await?;
    let time = observed()?;
    let options = scene.operator().env("KUBECONFIG", account);
    // Longer than the test: what an answer means does not change while it is observed.
    let options = options.env("BREP_LOOK_UP_PATIENCE", "1h").arg("--settling-time=1h");
    let _operator = options.start_ready()?;
    in_time(
        "a look-up of each",
        scene.simulator.wait_for(|log| all.iter().all(|it| log.counts(&it.backup).gets > 0)),
    )
    .await?;
    tokio::select! {
        touched = touch(&scene, &all) => touched?,
        () = tokio::time::sleep(time) => {}
    }

    let until = Timestamp::now();
    let written = writes(&scene).await?;
    let mut wrong = Vec::new();
    for Walked { name, backup, throttled } in &all {
        let looks: Vec<f64> = look_ups(&scene, backup)
            .iter()
            .map(|at| at.duration_since(until).as_secs_f64())
            .collect();
        let gaps: Vec<f64> = looks.windows(2).map(|two| two[1] - two[0]).collect();
        // The clock of the simulator, and the way there.
        let slack = 0.2;
        if gaps.iter().any(|gap| *gap < 1.0 - slack) {
            wrong.push(format!("{name}: look-ups come after {gaps:.1?} s"));
        }
        let first = -looks.first().copied().unwrap_or_default();
        let most = most_look_ups(Duration::from_secs_f64(first));
        if looks.len() > most {
            wrong.push(format!("{name}: {} look-ups of at most {most}: {gaps:.1?}", looks.len()));
        }
        let least = (0..).map(|doublings: i32| 2.0_f64.powi(doublings) - slack);
        let doubles = gaps.iter().zip(least).all(|(gap, least)| *gap >= least);
        if *throttled && !doubles {
            wrong.push(format!("{name}: the waits do not double: {gaps:.1?}"));
        }
        let writes = written.get(name).copied().unwrap_or_default();
        // Of a copy, that it is followed, and what hinders that.
        let most = if name.starts_with("followed") { 2 } else { 1 };
        if writes > most {
            wrong.push(format!("{name}: {writes} status writes"));
        }
        let posts = scene.simulator.counts(backup).posts;
        if posts > 0 {
            wrong.push(format!("{name}: {posts} calls"));
        }
    }
    ensure!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    Ok(())
}
