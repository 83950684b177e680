//! What the cloud cannot take now, and will take later.

use anyhow::{Context, Result};
use harness::{Object, Scene};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use simulator::{Answer, Call, ErrorShape, Fault, RetryAfter, Script, Token, VaultStatus, example};

use super::{OPERATOR, assert_says, counts, ready};

fn waiting(object: &Object) -> bool {
    object.phase() == "Pending" && object.text("/status/attempts/0/retryAt").is_some()
}

/// Each call but the first came no earlier than the attempt before it had said.
fn assert_none_came_early(object: &Object, posts: &[Call]) -> Result<()> {
    assert_eq!(object.attempts().len(), posts.len(), "{:#}", object.0);
    for (attempt, next) in object.attempts().iter().rev().zip(posts.iter().skip(1)) {
        let retry_at: Timestamp = attempt["retryAt"].as_str().context("no retryAt")?.parse()?;
        assert!(next.at >= retry_at, "{} before {attempt:#}", next.at);
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_taken_now_is_called_again_and_the_message_says_when() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let by_cbr = Answer::status(500).error(
        ErrorShape::Cbr,
        "BackupService.0002",
        "The resource is being backed up.",
    );
    let in_progress = Answer::status(400).error(
        ErrorShape::Cbr,
        "BackupService.6125",
        "A backup task is in progress.",
    );
    let by_gateway =
        Answer::status(503).error(ErrorShape::Gateway, "APIG.0613", "IAM is unavailable.");
    let cases = [
        ("locked-vault", None, "BackupService.6112"),
        ("in-progress", Some(in_progress), "BackupService.6125"),
        ("backing-up", Some(by_cbr), "BackupService.0002"),
        ("no-iam", Some(by_gateway), "APIG.0613"),
    ];
    scene.simulator.set_vault_status(example::SECOND_VAULT, VaultStatus::Locked)?;
    let mut backups = Vec::new();
    for (name, answer, _) in &cases {
        let backup = scene.new_backup();
        if let Some(answer) = answer {
            let fault = Fault::before_commit().answer(answer.clone());
            scene.simulator.script(Script::once(fault).replicate().backup(&backup))?;
        }
        let changes = match answer {
            Some(_) => json!({}),
            None => json!({
                "destinationProjectId": example::SECOND_DESTINATION_PROJECT,
                "destinationRegion": example::SECOND_DESTINATION_REGION,
                "destinationVaultId": example::SECOND_VAULT,
            }),
        };
        scene.applied(&Scene::manifest_but(name, &backup, &changes).to_string())?;
        backups.push(backup);
    }
    for (name, _, code) in &cases {
        let object = scene.wait(name, "waiting to retry", waiting).await?;
        assert_eq!(object.reason(), "TemporarilyRejected", "{name}");
        assert!(object.is("Reconciling") && !object.is("Stalled"), "{name}");
        let when = object.text("/status/attempts/0/retryAt").unwrap_or_default().to_owned();
        assert_says(&object, &[code, &format!("the next attempt is made after {when}")]);
    }

    scene.simulator.set_vault_status(example::SECOND_VAULT, VaultStatus::Available)?;
    for ((name, ..), backup) in cases.iter().zip(&backups) {
        let object = scene.wait(name, "ready", ready).await?;
        assert_none_came_early(&object, &scene.posts(backup))?;
        assert_eq!(counts(&scene, backup).1, 1, "{name}");
    }
    Ok(())
}

/// A resource with a token of its own, so that nobody else is asked to wait with it.
fn resource(scene: &Scene, tenant: &str, name: &str) -> Result<String> {
    let token = format!("gAAAAABtoken-of-tenant-{tenant}");
    scene.simulator.add_token(Token::new(&token, example::PROJECT));
    scene.secret_with(tenant, &json!({"token": token}))?;
    let backup = scene.new_backup();
    let changes = json!({"auth": {"tokenSecretRef": {"name": tenant}}});
    scene.applied(&Scene::manifest_but(name, &backup, &changes).to_string())?;
    Ok(backup)
}

fn throttle(scene: &Scene, retry_after: RetryAfter) -> Result<()> {
    let throttled = Fault::before_commit().answer(Answer::throttled(Some(retry_after)));
    scene.simulator.script(Script::once(throttled).replicate())
}

#[tokio::test]
async fn no_call_comes_before_the_time_that_the_cloud_asked_to_wait() -> Result<()> {
    // Longer than any first back-off, so that nothing but the cloud's word can be what was waited
    // for.
    let cases = [("seconds", RetryAfter::Seconds(8)), ("date", RetryAfter::DateInSeconds(9))];
    let scene = Scene::new(OPERATOR).await?;
    let operator = scene.operator().start_ready()?;
    let mut backups = Vec::new();
    for (name, retry_after) in cases {
        throttle(&scene, retry_after)?;
        let backup = resource(&scene, name, name)?;
        let object = scene.wait(name, "throttled", waiting).await?;
        assert_eq!(object.reason(), "Throttled");
        assert!(object.is("Reconciling") && !object.is("Stalled"));
        let when = object.text("/status/attempts/0/retryAt").unwrap_or_default().to_owned();
        assert_says(&object, &["APIG.0308", &format!("the next attempt is made after {when}")]);
        backups.push(backup);
    }
    // From here on there is nothing but the status to go by.
    operator.stop()?;
    let _operator = scene.operator().start_ready()?;
    for ((name, _), backup) in cases.iter().zip(&backups) {
        let object = scene.wait(name, "ready", ready).await?;
        let posts = scene.posts(backup);
        assert_eq!(posts.len(), 2, "{name}");
        assert_none_came_early(&object, &posts)?;
        let waited = posts[1].at.duration_since(posts[0].at);
        assert!(waited >= SignedDuration::from_secs(8), "{name}: only {waited:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_throttle_holds_for_all_with_that_token_and_for_nobody_else() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    throttle(&scene, RetryAfter::Seconds(3600))?;
    let throttled = resource(&scene, "busy", "throttled")?;
    let object = scene.wait("throttled", "throttled", waiting).await?;
    let until: Timestamp =
        object.text("/status/attempts/0/retryAt").context("no retryAt")?.parse()?;
    assert!(until.duration_since(scene.posts(&throttled)[0].at) >= SignedDuration::from_secs(3600));

    let sibling = resource(&scene, "busy", "sibling")?;
    let object =
        scene.wait("sibling", "throttled with it", |object| object.reason() == "Throttled").await?;
    assert_eq!(object.phase(), "Pending");
    assert_says(&object, &["is throttling this credential", "after 20"]);

    let stranger = resource(&scene, "idle", "stranger")?;
    scene.wait("stranger", "ready", ready).await?;
    assert_eq!(
        [&throttled, &sibling, &stranger].map(|backup| counts(&scene, backup)),
        [(1, 0), (0, 0), (1, 1)]
    );
    Ok(())
}
