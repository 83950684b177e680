//! What the cloud's records prove, through the real API server: a lost call is found, an earlier
//! replication is adopted, and nothing is called for without a look-up.

mod adopted;
mod look;
mod lost;
mod recreated;
mod together;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene};
use serde_json::{Value, json};
use simulator::{LookUp, Operation, Options, Pace, Records, View, example};

use crate::OPERATOR;

/// What the message says where the records prove nothing, and its reader must decide.
const ASKED: &str = "It is unknown whether";

/// A cloud that shows the records of each replication like this, and completes it at once.
fn showing(records: Records) -> Options {
    let mut options = Options::default();
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    options.behaviour.view.records = records;
    options
}

/// A view without look-up.
fn without(look_up: LookUp) -> View {
    View { look_up, ..View::default() }
}

/// Records that are not shown until they are revealed.
const HIDDEN: Records = Records::Late { milliseconds: None };

fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

/// How many calls the simulator got about a backup, and how many of them it accepted.
fn counts(scene: &Scene, backup: &str) -> (u64, u64) {
    let counts = scene.simulator.counts(backup);
    (counts.posts, counts.accepted)
}

/// Applies a resource for a backup, to the default world's destination.
fn apply(scene: &Scene, name: &str, backup: &str) -> Result<()> {
    scene.applied(&Scene::manifest_for(name, backup, ""))
}

/// A replication of the same backup to another region, which has a record of its own.
fn to_another_region(name: &str, backup: &str) -> String {
    [
        (example::DESTINATION_PROJECT, example::SECOND_DESTINATION_PROJECT),
        (example::DESTINATION_REGION, example::SECOND_DESTINATION_REGION),
        (example::VAULT, example::SECOND_VAULT),
    ]
    .into_iter()
    .fold(Scene::manifest_for(name, backup, ""), |manifest, (from, to)| manifest.replace(from, to))
}

/// The resource is gone when this returns.
fn delete(scene: &Scene, name: &str) -> Result<()> {
    let deleted = scene.kubectl(&["delete", "brep", name, "--timeout=60s"])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    Ok(())
}

/// The id of the only record of a backup.
fn only_record(scene: &Scene, backup: &str) -> Result<String> {
    let mut records = scene.simulator.records(backup);
    ensure!(records.len() == 1, "{records:#?}");
    Ok(records.pop().context("no record")?.id)
}

/// How it came to be accepted, and as which record.
fn origin(object: &Object) -> (Option<&str>, Option<&str>) {
    (object.text("/status/origin"), object.text("/status/replicationRecordId"))
}

/// Whether the calls about a backup are a look-up each time before a replication, and nothing else
/// between the two.
fn assert_looked_before_each_post(scene: &Scene, backup: &str) {
    let operations: Vec<_> =
        scene.simulator.log(|log| log.calls_of(backup).filter_map(|call| call.operation).collect());
    for pair in operations.windows(2) {
        assert_ne!(pair, [Operation::Replicate, Operation::Replicate], "{operations:?}");
    }
    assert_eq!(operations.first(), Some(&Operation::Show), "{operations:?}");
}

/// Has the operator reconcile the resource again: a change of the spec that changes no call.
async fn reconciled_again(scene: &Scene, name: &str) -> Result<Object> {
    let generation =
        scene.get(name).await?.0["metadata"]["generation"].as_i64().context("no generation")?;
    let ready_when = if generation % 2 == 1 { Value::Null } else { json!("Accepted") };
    let on_unknown = if generation % 2 == 1 { json!("Hold") } else { Value::Null };
    scene.patched(
        name,
        &json!({"spec": {"readyWhen": ready_when, "onUnknownOutcome": on_unknown}}),
    )?;
    let newer =
        |object: &Object| object.is_observed() && object.0["metadata"]["generation"] != generation;
    scene.wait(name, "observed again", newer).await
}
