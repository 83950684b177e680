//! What keeps the operator from looking: it is told, waited for or honoured, and it ends.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Object, in_time};
use simulator::{Advance, Answer, CallEnding, Fault, RetryAfter, Script, Token, example};

use super::{accepted, assert_called_once, assert_left_alone, copied_to, end, progress, ready};
use super::{replicated, slow_cloud};

#[tokio::test]
async fn a_token_that_expires_is_reported_and_with_a_new_one_it_continues() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "").await?;
    copied_to(&scene, "db", &backup, 40).await?;
    scene.simulator.expire_token(example::TOKEN)?;
    let told = |object: &Object| replicated(object) == ("Unknown", "CredentialRejected");
    let object = scene.wait("db", "told that the token is refused", told).await?;
    assert_eq!(
        (object.phase(), ready(&object), end(&object)),
        ("Replicating", ("True", "Accepted"), None)
    );
    let message = object.condition("Replicated").2;
    assert!(
        message.contains("the cloud rejects the token in Secret cbr-token (key token).")
            && message.contains("40 %"),
        "{message}"
    );
    scene.looked_up_again(&backup, 2).await?;
    assert_eq!(scene.get("db").await?.0, object.0, "told once");

    scene.simulator.advance(&backup, Advance::Replicating { progress: 60 })?;
    scene.simulator.add_token(Token::new("another-token", example::PROJECT));
    scene.secret("another-token")?;
    let goes_on = |object: &Object| replicated(object) == ("False", "Replicating");
    let object = scene.wait("db", "followed on", goes_on).await?;
    assert_eq!((progress(&object), object.text("/status/trackingIssue")), (Some(60), None));
    scene.simulator.advance(&backup, Advance::Success)?;
    scene.wait_for_phase("db", "Succeeded").await?;
    assert_called_once(&scene, "db", &backup).await
}

#[tokio::test]
async fn a_secret_that_is_deleted_is_waited_for() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "  readyWhen: Replicated\n").await?;
    copied_to(&scene, "db", &backup, 40).await?;
    let deleted = scene.kubectl(&["delete", "secret", "cbr-token"])?;
    assert!(deleted.accepted, "{}", deleted.words);
    let told = |object: &Object| replicated(object) == ("Unknown", "CredentialNotFound");
    let object = scene.wait("db", "told that the Secret is gone", told).await?;
    assert_eq!((object.phase(), ready(&object)), ("Replicating", ("False", "CredentialNotFound")));
    assert!(object.is("Reconciling") && !object.is("Stalled"), "{:#}", object.0);
    assert!(
        object.condition("Replicated").2.contains("Create the Secret and tracking resumes"),
        "{:#}",
        object.0
    );

    scene.simulator.advance(&backup, Advance::Success)?;
    scene.valid_secret()?;
    scene.wait_for_phase("db", "Succeeded").await?;
    assert_called_once(&scene, "db", &backup).await
}

#[tokio::test]
async fn it_ends_when_the_administrators_limit_is_reached_whether_it_can_look_or_not() -> Result<()>
{
    let scene = slow_cloud().await?;
    // The limit comes with a restart, so that no busy machine reaches it too early.
    let unlimited = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let seen = accepted(&scene, "seen", "").await?;
    let blind = scene.new_backup();
    scene.secret_with("other", &serde_json::json!({"token": example::TOKEN}))?;
    scene.applied(
        &harness::Scene::manifest_for("blind", &blind, "").replace("cbr-token", "other"),
    )?;
    scene.wait("blind", "accepted", super::is_accepted).await?;
    scene.kubectl(&["delete", "secret", "other"])?;
    copied_to(&scene, "seen", &seen, 40).await?;
    unlimited.stop()?;
    let limited = scene.operator().arg("--tracking-limit=6s").start_ready()?;
    for (name, backup) in [("seen", &seen), ("blind", &blind)] {
        let object = scene.wait(name, "at its end", |object| end(object).is_some()).await?;
        assert_eq!(
            (end(&object), replicated(&object)),
            (Some("LimitReached"), ("Unknown", "TrackingLimitReached"))
        );
        assert_eq!(
            (object.phase(), ready(&object)),
            ("Replicating", ("True", "Accepted")),
            "{name}"
        );
        assert_called_once(&scene, name, backup).await?;
    }
    let message = scene.get("seen").await?.condition("Replicated").2.to_owned();
    assert!(message.contains("Last seen: replicating, 40 %"), "{message}");
    scene.patched("seen", &serde_json::json!({"spec": {"readyWhen": "Replicated"}}))?;
    let object = scene.wait("seen", "stalled", |object| object.is("Stalled")).await?;
    assert_eq!(ready(&object), ("Unknown", "TrackingLimitReached"));
    // A process that would have followed them for longer does not start again either.
    limited.stop()?;
    let _operator = scene.operator().start_ready()?;
    assert_left_alone(&scene, &[&seen, &blind]).await
}

#[tokio::test]
async fn the_wait_that_the_cloud_asks_for_is_kept() -> Result<()> {
    const SECONDS: u64 = 6;
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "").await?;
    let before = copied_to(&scene, "db", &backup, 40).await?;
    let throttled = Answer::throttled(Some(RetryAfter::Seconds(SECONDS)));
    scene.simulator.script(Script::once(Fault::before_commit().answer(throttled)).show())?;
    scene.simulator.advance(&backup, Advance::Replicating { progress: 60 })?;
    let object = scene.wait("db", "followed on", |object| progress(object) == Some(60)).await?;
    assert_eq!(object.text("/status/trackingIssue"), None);
    assert_ne!(object.0, before.0);

    let gap = scene.simulator.log(|log| {
        let calls: Vec<_> = log.calls().iter().collect();
        let is_throttled =
            |call: &&simulator::Call| call.ending == Some(CallEnding::Answered { status: 429 });
        let throttled = calls.iter().position(is_throttled)?;
        let next = calls.get(throttled + 1)?;
        Duration::try_from(next.at.duration_since(calls.get(throttled)?.at)).ok()
    });
    let gap = gap.context("not throttled, or not looked again")?;
    assert!(gap >= Duration::from_secs(SECONDS), "looked again after {gap:?}");
    assert_called_once(&scene, "db", &backup).await
}

#[tokio::test]
async fn look_ups_that_fail_for_a_moment_are_not_reported() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().arg("--request-timeout=2s").start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "").await?;
    let before = copied_to(&scene, "db", &backup, 40).await?;
    let answer = |status| Fault::before_commit().answer(Answer::status(status));
    let half = Answer::status(200).body(simulator::Body::Ordinary { keep: Some(30) });
    let faults = [
        answer(500),
        Fault::before_commit().reset(),
        Fault::before_commit().answer(half),
        answer(503),
    ];
    for fault in faults {
        let hold = scene.simulator.hold(&format!("{fault:?}"));
        let Fault { mut steps, end } = fault;
        steps.push(simulator::Step::Hold { name: hold.name().to_owned() });
        hold.release();
        scene.simulator.script(Script::once(Fault { steps, end }).show().backup(&backup))?;
        in_time("a look that fails", hold.arrived()).await?;
    }
    scene.looked_up_again(&backup, 1).await?;
    assert_eq!(scene.get("db").await?.0, before.0, "nothing is written");
    scene.simulator.advance(&backup, Advance::Success)?;
    scene.wait_for_phase("db", "Succeeded").await?;
    assert_called_once(&scene, "db", &backup).await
}
