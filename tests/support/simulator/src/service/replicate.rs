//! `POST /v3/{project_id}/backups/{backup_id}/replicate`: the checks of the real service, then the
//! commit.

use anyhow::Context;
use http::StatusCode;
use serde_json::Value;

use super::Service;
use super::error::Refusal;
use super::inventory::{Stored, folded};
use super::parameters::Parameters;
use super::record::{Record, Source, Target};
use crate::log::Verdict;
use crate::world::{BackupStatus, ImageType, ResourceType, VaultKind, VaultStatus};

impl Service {
    pub(super) fn replicate(
        &mut self,
        project_id: &str,
        backup_id: &str,
        body: &[u8],
    ) -> Result<(Value, Verdict), Refusal> {
        let parameters = Parameters::parse(body)?;
        let stored = self
            .inventory
            .backup(backup_id, project_id, self.behaviour.any_backup)
            .cloned()
            .ok_or_else(|| no_such_backup(backup_id))?;
        check_source(&stored)?;
        self.check_destination(&parameters)?;
        let region = &parameters.destination_region;
        if !self.behaviour.accept_duplicates && self.ledger.region_is_occupied(backup_id, region) {
            let message = format!(
                "The backup {backup_id} is being replicated or has been replicated to region \
                 {region}."
            );
            return Err(bad_request("1009", message));
        }
        self.check_capacity(&parameters.destination_vault_id)?;

        let Parameters {
            destination_project_id,
            destination_region,
            destination_vault_id,
            name,
            description,
        } = parameters;
        let target = Target {
            project_id: project_id.to_owned(),
            backup_id: backup_id.to_owned(),
            destination_project_id,
            destination_region,
            destination_vault_id,
            name,
            description,
        };
        let record = self.commit(target, &stored);
        let answer = record.answer(stored.backup.resource_type.provider_id());
        Ok((answer, Verdict::Accepted { record_id: record.id }))
    }

    /// A replication whose call was accepted before the log began. Returns the id of its record.
    pub(crate) fn add_replication(&mut self, target: Target) -> anyhow::Result<String> {
        let Target { project_id, backup_id, .. } = &target;
        let stored =
            self.inventory.backup(backup_id, project_id, self.behaviour.any_backup).cloned();
        let stored =
            stored.with_context(|| format!("there is no backup {backup_id} to replicate"))?;
        Ok(self.commit(target, &stored).id)
    }

    fn commit(&mut self, target: Target, stored: &Stored) -> Record {
        let source = Source {
            region: self.inventory.region.clone(),
            checkpoint_id: stored.checkpoint_id.clone(),
            vault_id: stored.vault_id.clone(),
        };
        let record = Record::accept(target, &source, &self.behaviour.pace, &self.behaviour.ending);
        self.ledger.add(record.clone());
        record
    }

    fn check_destination(&self, parameters: &Parameters) -> Result<(), Refusal> {
        let (region, any) = (&parameters.destination_region, self.behaviour.any_spelling);
        if !self
            .inventory
            .destination(region, any)
            .is_some_and(|destination| destination.replication)
        {
            return Err(bad_request(
                "1005",
                format!("The destination region {region} does not support replication."),
            ));
        }
        let project_id = &parameters.destination_project_id;
        let same =
            |theirs: &str, ours: &str| theirs == ours || (any && folded(theirs) == folded(ours));
        let project =
            self.inventory.project(project_id, any).filter(|project| same(&project.region, region));
        if !project.is_some_and(|project| project.replication) {
            let message =
                format!("The destination project {project_id} does not support replication.");
            return Err(bad_request("1011", message));
        }
        let vault_id = &parameters.destination_vault_id;
        let vault = self
            .inventory
            .vault(vault_id, any)
            .filter(|vault| same(&vault.region, region) && same(&vault.project_id, project_id))
            .ok_or_else(|| {
                bad_request("6120", format!("The destination vault {vault_id} does not exist."))
            })?;
        match vault.kind {
            VaultKind::Replication => {}
            VaultKind::Backup => {
                let message =
                    format!("The destination vault {vault_id} is not a replication vault.");
                return Err(bad_request("6119", message));
            }
        }
        match vault.status {
            VaultStatus::Available => Ok(()),
            VaultStatus::Locked | VaultStatus::Error => {
                Err(bad_request("6112", format!("The status of the vault {vault_id} is invalid.")))
            }
        }
    }

    fn check_capacity(&self, vault_id: &str) -> Result<(), Refusal> {
        let vault = self.inventory.vault(vault_id, self.behaviour.any_spelling);
        let capacity = vault.and_then(|vault| vault.capacity);
        if capacity.is_some_and(|capacity| self.ledger.in_vault(vault_id) >= capacity) {
            return Err(bad_request(
                "6129",
                format!("The capacity of the vault {vault_id} is insufficient."),
            ));
        }
        Ok(())
    }
}

/// Only an available backup of a server with its system disk can be replicated, and no replica.
fn check_source(stored: &Stored) -> Result<(), Refusal> {
    let backup = &stored.backup;
    match backup.resource_type {
        ResourceType::Server => {}
        ResourceType::Disk | ResourceType::Turbo => {
            return Err(bad_request("1002", "The backup type does not support replication."));
        }
    }
    match backup.image_type {
        ImageType::Backup => {}
        ImageType::Replication => {
            return Err(bad_request("1003", "A replica cannot be replicated."));
        }
    }
    if !backup.contain_system_disk {
        return Err(bad_request("1003", "A backup without system disk data cannot be replicated."));
    }
    match backup.status {
        BackupStatus::Available => Ok(()),
        BackupStatus::Protecting | BackupStatus::WaitingProtect => {
            Err(bad_request("6125", "A backup task of the resource is in progress."))
        }
        BackupStatus::Deleting
        | BackupStatus::Restoring
        | BackupStatus::Error
        | BackupStatus::WaitingDelete
        | BackupStatus::WaitingRestore => {
            Err(bad_request("1003", "A backup that is not available cannot be replicated."))
        }
    }
}

pub(super) fn no_such_backup(backup_id: &str) -> Refusal {
    Refusal::cbr(StatusCode::NOT_FOUND, "6200", format!("The backup {backup_id} does not exist."))
}

fn bad_request(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::cbr(StatusCode::BAD_REQUEST, code, message)
}
