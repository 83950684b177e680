//! The API server freezes a spec while a call is in flight, while its outcome is unknown, and
//! permanently once accepted; a typing error can be corrected before and after a rejection. No operator
//! runs here.

use anyhow::{Context, Result, ensure};
use harness::{Scene, attempt, refusal};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::OPERATOR;

/// What is called for, with another value for each.
fn called_for() -> [(&'static str, Value); 9] {
    [
        ("endpoint", json!("https://cbr.eu-nl.otc.t-systems.com")),
        ("projectId", json!("other")),
        ("backupId", json!("other")),
        ("destinationProjectId", json!("other")),
        ("destinationRegion", json!("other")),
        ("destinationVaultId", json!("other")),
        ("name", json!("other")),
        ("description", json!("other")),
        ("enableAcceleration", json!(true)),
    ]
}

const OPTIONAL: [&str; 4] = ["endpoint", "name", "description", "enableAcceleration"];
const OPTIONALS: &str = "  endpoint: https://cbr.eu-de.otc.t-systems.com
  name: replica
  description: weekly
  enableAcceleration: false
";

/// The rest of the spec.
fn always_mutable() -> [Value; 8] {
    [
        json!({"auth": {"tokenSecretRef": {"name": "other"}}}),
        json!({"auth": {"tokenSecretRef": {"key": "other"}}}),
        json!({"readyWhen": "Replicated"}),
        json!({"readyWhen": null}),
        json!({"onUnknownOutcome": "CallAgain"}),
        json!({"onUnknownOutcome": null}),
        json!({"suspend": true}),
        json!({"suspend": null}),
    ]
}

fn attempted(outcome: Option<&str>) -> Value {
    json!({"attempts": [attempt(1, outcome)]})
}

/// What every API server says to a change of these fields, and of no other. Older ones have
/// `"object"` before it.
fn frozen(fields: &str) -> String {
    format!(
        ": {fields} cannot change any more: a call is in flight, its outcome is unknown, or it was \
         accepted"
    )
}

/// What the API server says to another spec. Nothing is stored.
async fn try_spec(scene: &Scene, name: &str, spec: &Value) -> Result<Option<String>> {
    let dry_run = PatchParams { dry_run: true, ..PatchParams::default() };
    refusal(scene.api().patch(name, &dry_run, &Patch::Merge(json!({"spec": spec}))).await)
}

/// Tries each change of the spec in this state of the status: on a spec that has the optional
/// fields, and on one without.
async fn each_change(status: Value, is_frozen: bool) -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    for (name, more) in [("full", OPTIONALS), ("bare", "")] {
        scene.create(&Scene::manifest(name, more)).await?;
        scene.set_status(name, &status).await?;
    }
    let changed = called_for().map(|(field, other)| ("full", field, other));
    let removed = OPTIONAL.map(|field| ("full", field, Value::Null));
    let added = called_for()
        .into_iter()
        .filter(|(field, _)| OPTIONAL.contains(field))
        .map(|(f, other)| ("bare", f, other));
    for (name, field, value) in changed.into_iter().chain(removed).chain(added) {
        let said = try_spec(&scene, name, &json!({field: value})).await?;
        let as_it_should = match &said {
            Some(said) => is_frozen && said.contains(&frozen(field)),
            None => !is_frozen,
        };
        ensure!(as_it_should, "{name}, {field}: {value}, with {status}: {said:?}");
    }
    for spec in always_mutable() {
        let said = try_spec(&scene, "full", &spec).await?;
        ensure!(said.is_none(), "{spec} with {status}: {said:?}");
    }
    Ok(())
}

#[tokio::test]
async fn mutable_before_the_first_attempt() -> Result<()> {
    each_change(json!({"phase": "Pending"}), false).await?;
    each_change(json!({"attempts": []}), false).await
}

#[tokio::test]
async fn mutable_after_an_attempt_that_was_not_accepted() -> Result<()> {
    for outcome in ["NotSent", "Rejected", "NotAccepted"] {
        each_change(attempted(Some(outcome)), false).await.context(outcome)?;
    }
    Ok(())
}

#[tokio::test]
async fn frozen_while_a_call_is_in_flight_or_its_outcome_unknown() -> Result<()> {
    each_change(attempted(None), true).await?;
    each_change(attempted(Some("Unknown")), true).await
}

#[tokio::test]
async fn frozen_permanently_once_accepted() -> Result<()> {
    each_change(attempted(Some("Accepted")), true).await?;
    each_change(json!({"replicationRecordId": "record-1"}), true).await?;
    each_change(json!({"acceptedAt": "2026-11-23T10:00:00Z"}), true).await?;
    // Accepted late, by word of a human, or behind another attempt: the attempt in force was not
    // accepted, and yet.
    let mut declared = attempted(Some("Rejected"));
    declared["acceptedAt"] = json!("2026-11-23T10:00:00Z");
    each_change(declared, true).await?;
    let behind = json!({"attempts": [attempt(2, Some("Rejected")), attempt(1, Some("Accepted"))]});
    each_change(behind, true).await
}

/// A reader who changed more than one is told of all.
#[tokio::test]
async fn every_field_that_changed_is_named() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.create(&Scene::manifest("db", OPTIONALS)).await?;
    scene.set_status("db", &attempted(None)).await?;
    let all: serde_json::Map<String, Value> =
        called_for().into_iter().map(|(field, other)| (field.to_owned(), other)).collect();
    let names = called_for().map(|(field, _)| field).join(", ");
    let said = try_spec(&scene, "db", &Value::Object(all)).await?;
    ensure!(said.as_ref().is_some_and(|said| said.contains(&frozen(&names))), "{said:?}");
    let two = json!({"backupId": "other", "name": null, "suspend": true});
    let said = try_spec(&scene, "db", &two).await?;
    ensure!(said.as_ref().is_some_and(|said| said.contains(&frozen("backupId, name"))), "{said:?}");
    Ok(())
}

/// As users meet it.
#[tokio::test]
async fn kubectl_apply_says_what_to_do_instead() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.applied(&Scene::manifest("db", "  name: replica\n"))?;
    scene.set_status("db", &attempted(Some("Accepted"))).await?;
    let said = scene.apply(&Scene::manifest("db", "  name: other\n"))?;
    ensure!(
        !said.accepted && said.words.contains("Create another BackupReplication"),
        "{}",
        said.words
    );
    scene.applied(&Scene::manifest("db", "  name: replica\n  suspend: true\n"))
}
