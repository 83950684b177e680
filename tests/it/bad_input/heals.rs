//! A refusal that something outside the request may cure heals: the call is made once more, in
//! silence, until the cloud takes it.

use anyhow::{Result, ensure};
use harness::{Object, Scene};
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;
use simulator::{Answer, ErrorShape, Fault, Script, Token, Vault, example};

use super::{OPERATOR, apply, assert_says, counts, ready};

/// The reasons of all Events of a resource.
async fn told(scene: &Scene, name: &str) -> Result<Vec<String>> {
    let events: Api<Event> = Api::namespaced(scene.client.clone(), &scene.namespace);
    let mut all = events.list(&ListParams::default()).await?.items;
    all.retain(|event| event.regarding.as_ref().and_then(|o| o.name.as_deref()) == Some(name));
    all.sort_by_key(|event| event.event_time.clone());
    Ok(all.into_iter().filter_map(|event| event.reason).collect())
}

fn stalled_since(object: &Object) -> Option<String> {
    let conditions = object.0.pointer("/status/conditions")?.as_array()?;
    let stalled = conditions.iter().find(|condition| condition["type"] == "Stalled")?;
    Some(stalled["lastTransitionTime"].as_str()?.to_owned())
}

fn number(object: &Object) -> i64 {
    object.0.pointer("/status/attempts/0/number").and_then(|n| n.as_i64()).unwrap_or_default()
}

fn late_vault() -> Vault {
    Vault::replication("late-vault", example::DESTINATION_PROJECT, example::DESTINATION_REGION)
}

#[tokio::test]
async fn what_is_made_after_the_resource_is_called_for_without_anybody_and_told_once() -> Result<()>
{
    let scene = Scene::new(OPERATOR).await?;
    let _operator = scene.operator().arg("--rejection-retry=1s").start_ready()?;
    scene.valid_secret()?;
    let wrong = json!({"destinationVaultId": "late-vault"});
    let held = json!({"destinationVaultId": "late-vault", "onRejection": "Hold"});
    let (retried, kept) = (scene.new_backup(), scene.new_backup());
    apply(
        &scene,
        vec![
            Scene::manifest_but("retried", &retried, &wrong),
            Scene::manifest_but("held", &kept, &held),
        ],
    )?;
    let first = scene.wait_for_phase("retried", "Failed").await?;
    ensure!(first.is("Stalled") && first.reason() == "Rejected", "{:#}", first.0);
    assert_says(&first, &["BackupService.6120", "tries again after 20", "the Secret or the spec"]);
    let often = |object: &Object| number(object) >= 3 && object.text("/status/retryAt").is_some();
    let later = scene.wait("retried", "refused again", often).await?;
    ensure!(later.is("Stalled") && later.phase() == "Failed", "{:#}", later.0);
    ensure!(stalled_since(&later) == stalled_since(&first), "{:#}", later.0);
    let retry_at = later.text("/status/retryAt").unwrap_or_default().to_owned();
    let wide = scene.kubectl(&["get", "brep", "retried", "-o", "wide"])?;
    ensure!(wide.words.contains("RETRY"), "{}", wide.words);
    ensure!(retry_at == later.text("/status/attempts/0/retryAt").unwrap_or_default());

    let other = scene.wait_for_phase("held", "Failed").await?;
    ensure!(other.text("/status/retryAt").is_none() && number(&other) == 1, "{:#}", other.0);

    scene.simulator.add_vault(late_vault());
    let object = scene.wait("retried", "ready", ready).await?;
    ensure!(counts(&scene, &retried).1 == 1 && object.text("/status/retryAt").is_none());
    ensure!(counts(&scene, &kept) == (1, 0), "held: {:?}", counts(&scene, &kept));
    let told = told(&scene, "retried").await?;
    let rejected = told.iter().filter(|reason| *reason == "Rejected").count();
    ensure!(rejected == 1 && told.contains(&"Accepted".to_owned()), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn another_users_token_is_tried_soon_and_a_malformed_request_never_again() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let operator = || scene.operator().arg("--rejection-retry=20s").start_ready();
    let first = operator()?;
    let without_right = Token::new("gAAAAABtoken-of-another-project", "another-project");
    scene.simulator.add_token(without_right);
    scene.secret("gAAAAABtoken-of-another-project")?;
    let malformed = scene.new_backup();
    let refused = Answer::status(400).error(ErrorShape::Cbr, "BackupService.9900", "No.");
    scene.simulator.script(
        Script::always(Fault::before_commit().answer(refused)).replicate().backup(&malformed),
    )?;
    let backup = scene.new_backup();
    scene.applied(&Scene::manifest_but("db", &backup, &json!({})).to_string())?;
    let object = scene.wait_for_phase("db", "Failed").await?;
    assert_says(&object, &["APIGW.0310", "tries again after 20"]);
    let retry_at = object.text("/status/retryAt").map(str::to_owned);
    ensure!(retry_at.is_some(), "{:#}", object.0);

    // Another process keeps to the time, and takes another Secret as soon.
    drop(first);
    let _second = operator()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest_but("malformed", &malformed, &json!({})).to_string())?;
    scene.wait("db", "ready", ready).await?;
    ensure!(counts(&scene, &backup) == (2, 1), "{:?}", counts(&scene, &backup));
    let object = scene.wait_for_phase("malformed", "Failed").await?;
    ensure!(object.text("/status/retryAt").is_none(), "{:#}", object.0);
    scene.patched("malformed", &json!({"spec": {"readyWhen": "Replicated"}}))?;
    let seen = |object: &Object| object.is_observed();
    scene.wait("malformed", "observed", seen).await?;
    ensure!(counts(&scene, &malformed) == (1, 0), "{:?}", counts(&scene, &malformed));
    Ok(())
}
