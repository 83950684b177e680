//! What the handle can do while the service runs: change the world, write scripts, look at the log.

mod credentials;

use std::time::Instant;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::behaviour::{Behaviour, View};
use crate::log::{Counts, Log};
use crate::script::Script;
use crate::script::hold::Hold;
use crate::service::record::{Record, Target};
use crate::service::stage::{Advance, DeletedRecord};
use crate::simulator::Simulator;
use crate::world::{Backup, BackupStatus, Project, Region, Vault, VaultStatus, World};

/// Changes to the world and to the behaviour.
impl Simulator {
    /// What exists now, without what is IAM's: users, tokens, keys.
    pub fn world(&self) -> World {
        self.with(|state| state.service.inventory.world())
    }

    pub fn add_region(&self, region: Region) {
        self.with(|state| state.service.inventory.add_region(region));
    }

    pub fn add_project(&self, project: Project) {
        self.with(|state| state.service.inventory.add_project(project));
    }

    pub fn add_vault(&self, vault: Vault) {
        self.with(|state| state.service.inventory.add_vault(vault));
    }

    /// `None` for a vault without a limit.
    pub fn set_vault_capacity(&self, vault_id: &str, capacity: Option<u64>) -> Result<()> {
        self.with(|state| state.service.inventory.set_vault_capacity(vault_id, capacity))
    }

    pub fn set_vault_status(&self, vault_id: &str, status: VaultStatus) -> Result<()> {
        self.with(|state| state.service.inventory.set_vault_status(vault_id, status))
    }

    /// Adds a backup, or replaces the one with its id.
    pub fn add_backup(&self, backup: Backup) {
        self.with(|state| state.service.inventory.add_backup(backup));
    }

    pub fn remove_backup(&self, backup_id: &str) -> Result<()> {
        self.with(|state| state.service.inventory.remove_backup(backup_id))
    }

    /// Lists a backup (`GET …/backups`) with other fields than its own: they are merged into its
    /// entry, and `null` takes a field away.
    pub fn alter_listed(&self, backup_id: &str, fields: Map<String, Value>) -> Result<()> {
        self.with(|state| state.service.inventory.alter_listed(backup_id, fields))
    }

    /// Lists a backup with its own fields again.
    pub fn restore_listed(&self, backup_id: &str) {
        self.with(|state| state.service.inventory.restore_listed(backup_id));
    }

    pub fn set_backup_status(&self, backup_id: &str, status: BackupStatus) -> Result<()> {
        self.with(|state| state.service.inventory.set_backup_status(backup_id, status))
    }

    /// Changes how the service behaves. Replications that were accepted keep their pace.
    pub fn configure(&self, change: impl FnOnce(&mut Behaviour)) {
        self.with(|state| change(&mut state.service.behaviour));
    }

    /// Gives one token, or one access key, a view of its own, whatever the backup; it comes before
    /// the view of the backup. `None` takes it away.
    pub fn set_token_view(&self, token: &str, view: Option<View>) {
        self.with(|state| state.service.set_token_view(token, view));
    }

    /// Gives one backup a view of its own; `None` takes it away.
    pub fn set_view(&self, backup_id: &str, view: Option<View>) {
        self.with(|state| state.service.set_view(backup_id, view));
    }
}

/// Replications. An id here is that of a record, or that of a backup for its newest record.
impl Simulator {
    /// The replications of a backup, oldest first.
    pub fn records(&self, backup_id: &str) -> Vec<Record> {
        self.with(|state| state.service.ledger.of_backup(backup_id, Instant::now()))
    }

    /// All replications, oldest first.
    pub fn all_records(&self) -> Vec<Record> {
        self.with(|state| state.service.ledger.all(Instant::now()))
    }

    /// Adds a replication as of an earlier call, with neither the checks nor a trace in the log.
    /// Returns the id of its record. Fails where there is no such backup.
    pub fn add_replication(&self, target: Target) -> Result<String> {
        self.with(|state| state.service.add_replication(target))
    }

    /// Lists a record with other fields than its own: they are merged into it, and `null` takes a
    /// field away.
    pub fn alter_record(&self, id: &str, fields: Map<String, Value>) -> Result<()> {
        self.with(|state| state.service.ledger.alter(id, fields))
    }

    /// Lists a record, or all of a backup, no more, until they are revealed.
    pub fn hide(&self, id: &str) -> Result<()> {
        self.with(|state| state.service.ledger.hide(id))
    }

    /// Fails where it would go backwards or on from an end.
    pub fn advance(&self, id: &str, to: Advance) -> Result<()> {
        self.with(|state| state.service.ledger.advance(id, to))
    }

    /// Shows those that were accepted so far and are shown late or were hidden; of one backup where
    /// its id is given.
    pub fn reveal(&self, id: Option<&str>) {
        self.with(|state| state.service.ledger.reveal(id));
    }

    /// Deletes a replica: its region and its place in the vault are free again.
    pub fn delete_replica(&self, id: &str, then: DeletedRecord) -> Result<()> {
        self.with(|state| state.service.ledger.delete_replica(id, then))
    }
}

/// Scripts, and what came of them.
impl Simulator {
    /// Adds a script to the queue. Fails for one that could never be carried out.
    pub fn script(&self, script: Script) -> Result<()> {
        self.with(|state| state.scripts.add(script))
    }

    /// Forgets the scripts that no call has met.
    pub fn clear_scripts(&self) {
        self.with(|state| state.scripts.clear());
    }

    /// The scripts that still wait for calls.
    pub fn scripts(&self) -> Vec<Script> {
        self.with(|state| state.scripts.waiting().to_vec())
    }

    /// The hold of this name, made if there is none.
    pub fn hold(&self, name: &str) -> Hold {
        self.with(|state| state.hold(name))
    }

    /// Looks at the log, which stands still meanwhile: `look` must not call the handle.
    pub fn log<T>(&self, look: impl FnOnce(&Log) -> T) -> T {
        self.with(|state| look(&state.log))
    }

    /// The counts of one backup.
    pub fn counts(&self, backup_id: &str) -> Counts {
        self.log(|log| log.counts(backup_id))
    }

    /// Waits, for as long as it takes, until the log is as wanted; it is asked again on every
    /// change, and must not call the handle.
    pub async fn wait_for(&self, wanted: impl FnMut(&Log) -> bool) {
        self.shared().wait_for(wanted).await;
    }
}
