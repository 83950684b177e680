//! A replication is followed from its acceptance to its end, through the real API server and with a
//! cloud whose records advance: what is seen is told, nothing else is touched, it ends in a defined
//! way, and it never leads to a call.

mod ends;
mod hindered;
mod missing;
mod others;
mod ready_when;
mod restart;
mod siblings;

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene};
use simulator::{Advance, Options, Record};

use crate::OPERATOR;

/// A cloud whose replications advance only when told to.
async fn slow_cloud() -> Result<Scene> {
    Scene::with(OPERATOR, Options::default()).await
}

/// Applies a resource for a backup of its own, with further lines of the spec, and waits for the
/// acceptance of its call.
async fn accepted(scene: &Scene, name: &str, more: &str) -> Result<String> {
    let backup = scene.new_backup();
    scene.applied(&Scene::manifest_for(name, &backup, more))?;
    scene.wait(name, "accepted", is_accepted).await?;
    Ok(backup)
}

fn is_accepted(object: &Object) -> bool {
    object.text("/status/replicationRecordId").is_some() && object.is_observed()
}

/// Status and reason of `Replicated`.
fn replicated(object: &Object) -> (&str, &str) {
    let (status, reason, _) = object.condition("Replicated");
    (status, reason)
}

/// Status and reason of `Ready`.
fn ready(object: &Object) -> (&str, &str) {
    let (status, reason, _) = object.condition("Ready");
    (status, reason)
}

fn end(object: &Object) -> Option<&str> {
    object.text("/status/trackingEnd")
}

fn progress(object: &Object) -> Option<u64> {
    object.0.pointer("/status/progress")?.as_u64()
}

/// Brings the copy so far, and waits until the resource says so.
async fn copied_to(scene: &Scene, name: &str, backup: &str, percent: u8) -> Result<Object> {
    scene.simulator.advance(backup, Advance::Replicating { progress: percent })?;
    scene.wait(name, "so far", |object| progress(object) == Some(u64::from(percent))).await
}

/// The only replication of a backup.
fn only_record(scene: &Scene, backup: &str) -> Result<Record> {
    let mut records = scene.simulator.records(backup);
    ensure!(records.len() == 1, "{records:#?}");
    records.pop().context("no record")
}

/// One call was made for the backup, and the resource names its record still.
async fn assert_called_once(scene: &Scene, name: &str, backup: &str) -> Result<()> {
    let counts = scene.simulator.counts(backup);
    assert_eq!((counts.posts, counts.accepted), (1, 1), "{name}");
    let object = scene.get(name).await?;
    assert_eq!(
        object.text("/status/replicationRecordId"),
        Some(only_record(scene, backup)?.id.as_str()),
        "{name}"
    );
    Ok(())
}

/// Nobody looks at these backups any more, while another that is followed is looked at again and
/// again.
async fn assert_left_alone(scene: &Scene, backups: &[&str]) -> Result<()> {
    let followed = accepted(scene, "followed-meanwhile", "").await?;
    // What was under way has ended by then.
    scene.looked_up_again(&followed, 1).await?;
    let gets =
        || backups.iter().map(|backup| scene.simulator.counts(backup).gets).collect::<Vec<_>>();
    let before = gets();
    scene.looked_up_again(&followed, 4).await?;
    assert_eq!(gets(), before);
    Ok(())
}
