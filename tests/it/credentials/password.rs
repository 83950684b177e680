//! A user with a password: one login for all, renewed, replaced, and never repeated once refused.

use anyhow::Result;
use harness::{Object, Scene};
use serde_json::json;
use simulator::{Answer, Fault, Script, example};

use super::{apply_many, by_account, by_password, ready, user_secret};
use crate::OPERATOR;

/// Resources that share one password.
const MANY: usize = 200;

fn waits_for(reason: &'static str) -> impl Fn(&Object) -> bool {
    move |object| object.reason() == reason && object.is_observed()
}

#[tokio::test]
async fn two_hundred_resources_with_one_password_log_in_once() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    user_secret(&scene, example::PASSWORD)?;
    let backups = apply_many(&scene, MANY, &by_password())?;
    scene.wait_for_all(MANY, ready).await?;
    for backup in &backups {
        let counts = scene.simulator.counts(backup);
        assert_eq!((counts.posts, counts.accepted), (1, 1), "{backup}");
    }
    assert_eq!(scene.simulator.logins(example::USER).asked, 1);
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_for_all_and_the_right_one_at_once() -> Result<()> {
    const SOME: usize = 20;
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    user_secret(&scene, "of-last-year")?;
    let backups = apply_many(&scene, SOME, &by_password())?;
    for object in scene.wait_for_all(SOME, waits_for("LoginRefused")).await? {
        let message = object.message();
        assert!(message.contains("Secret cbr-user") && message.contains("HTTP 401"), "{message}");
        assert!(object.attempts().is_empty(), "{:#}", object.0);
    }
    assert_eq!(scene.simulator.logins(example::USER).asked, 1);
    user_secret(&scene, example::PASSWORD)?;
    scene.wait_for_all(SOME, ready).await?;
    assert_eq!(scene.simulator.logins(example::USER).asked, 2);
    for backup in &backups {
        assert_eq!(scene.simulator.counts(backup).posts, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_token_that_dies_before_the_call_is_replaced_and_one_call_is_accepted() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    user_secret(&scene, example::PASSWORD)?;
    let first = scene.new_backup();
    scene.applied(&Scene::manifest_with("first", &first, &by_password()))?;
    scene.wait("first", "ready", ready).await?;

    // It dies between the look-up and the call.
    let second = scene.new_backup();
    let hold = scene.simulator.hold("call");
    let held = Fault::before_commit().hold(&hold).answer(Answer::status(401));
    scene.simulator.script(Script::once(held).replicate().backup(&second))?;
    scene.applied(&Scene::manifest_with("second", &second, &by_password()))?;
    harness::in_time("the call", hold.arrived()).await?;
    scene.simulator.revoke_tokens_of(example::USER)?;
    hold.release();
    let object = scene.wait("second", "ready", ready).await?;
    assert_eq!(object.attempts().len(), 2, "{:#}", object.0);
    let counts = scene.simulator.counts(&second);
    assert_eq!((counts.posts, counts.accepted), (2, 1));
    assert_eq!(scene.simulator.logins(example::USER).asked, 2);

    // It dies while nothing is under way.
    scene.simulator.revoke_tokens_of(example::USER)?;
    let third = scene.new_backup();
    scene.applied(&Scene::manifest_with("third", &third, &by_password()))?;
    scene.wait("third", "ready", ready).await?;
    let counts = scene.simulator.counts(&third);
    assert_eq!((counts.posts, counts.accepted), (1, 1));
    assert_eq!(scene.simulator.logins(example::USER).asked, 3);
    Ok(())
}

#[tokio::test]
async fn an_iam_that_is_away_is_waited_for_and_one_that_is_not_allowed_is_not_asked() -> Result<()>
{
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    user_secret(&scene, example::PASSWORD)?;
    scene
        .simulator
        .script(Script::always(Fault::before_commit().answer(Answer::status(503))).issue_token())?;
    let backup = scene.new_backup();
    scene.applied(&Scene::manifest_with("db", &backup, &by_password()))?;
    let object = scene.wait("db", "waiting", waits_for("LoginFailed")).await?;
    assert!(object.message().contains("HTTP 503"), "{}", object.message());
    let mut auth = by_password();
    auth["iamEndpoint"] = json!("https://iam.elsewhere.example");
    scene.applied(&Scene::manifest_with("elsewhere", &scene.new_backup(), &auth))?;
    let object = scene.wait("elsewhere", "stalled", |object| object.is("Stalled")).await?;
    assert_eq!(object.reason(), "EndpointRefused");
    assert!(object.message().contains("--allowed-iam-endpoint"), "{}", object.message());
    scene.simulator.clear_scripts();
    scene.wait("db", "ready", ready).await?;
    assert_eq!(scene.simulator.counts(&backup).posts, 1);
    Ok(())
}

#[tokio::test]
async fn a_service_account_that_is_missing_or_not_trusted_is_told() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().start_ready()?;
    let backup = scene.new_backup();
    scene.applied(&Scene::manifest_with("db", &backup, &by_account()))?;
    let object = scene.wait("db", "waiting", waits_for("CredentialNotFound")).await?;
    assert!(object.message().contains("Service account replication does not exist"));
    let mut auth = by_account();
    auth["serviceAccount"]["name"] = json!("other");
    let made = scene.kubectl(&["create", "serviceaccount", "other"])?;
    anyhow::ensure!(made.accepted, "{}", made.words);
    let other = scene.new_backup();
    scene.applied(&Scene::manifest_with("unknown", &other, &auth))?;
    let object = scene.wait("unknown", "waiting", waits_for("LoginRefused")).await?;
    assert!(object.message().contains("service account other"), "{}", object.message());
    super::trust(&scene)?;
    scene.wait("db", "ready", ready).await?;
    assert_eq!(scene.simulator.counts(&backup).posts, 1);
    assert_eq!(scene.simulator.counts(&other).posts, 0);
    Ok(())
}
