//! `spec.backupSelector`: the newest backup is chosen, once, and every call is for that choice.

mod guards;
mod nightly;
mod once;
mod unclear;

use anyhow::Result;
use harness::{Object, OperatorOptions, Scene};
use jiff::{SignedDuration, Timestamp};
use simulator::{Backup, Options, Pace, example};

use crate::OPERATOR;

/// The server that was backed up.
const SERVER: &str = "7f3c1d52-0c8e-4b7a-9a55-1f3c8f3f5b21";
/// The vault of its backups.
const SOURCE_VAULT: &str = "1a2b9d52-6f0e-4d7a-8a55-2f3c8f3f5b31";

/// A cloud that accepts each call, also a second one to the same place, and completes it at once.
async fn scene() -> Result<Scene> {
    let mut options = Options::default();
    options.behaviour.accept_duplicates = true;
    options.behaviour.pace = Pace::takes(std::time::Duration::ZERO);
    // The backup of the example world is of another resource.
    Scene::with(OPERATOR, options).await
}

/// An operator that chooses as soon as it may.
fn operator(scene: &Scene) -> OperatorOptions {
    scene.operator().arg("--first-call-after=1s").arg("--look-up-patience=1s")
}

/// A backup of the server, so many minutes old.
fn backup(minutes: i64) -> Backup {
    let created_at = Timestamp::now().checked_sub(SignedDuration::from_mins(minutes));
    Backup {
        resource_id: Some(SERVER.to_owned()),
        vault_id: Some(SOURCE_VAULT.to_owned()),
        created_at: created_at.unwrap_or(Timestamp::UNIX_EPOCH),
        ..Backup::server(uuid::Uuid::new_v4().to_string(), example::PROJECT)
    }
}

/// Adds it, and says how it is called.
fn add(scene: &Scene, backup: Backup) -> String {
    let id = backup.id.clone();
    scene.simulator.add_backup(backup);
    id
}

/// The manifest with this selector.
fn manifest(name: &str, selector: &str) -> String {
    Scene::manifest_for(name, "NONE", "")
        .replace("  backupId: NONE\n", &format!("  backupSelector: {selector}\n"))
}

fn of_the_server() -> String {
    format!("{{resourceId: {SERVER}, vaultId: {SOURCE_VAULT}}}")
}

fn chosen(object: &Object) -> Option<&str> {
    object.text("/status/chosenBackupId")
}

fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

/// Calls that were accepted, of all backups.
fn accepted(scene: &Scene) -> u64 {
    scene.simulator.log(|log| log.total()).accepted
}
