//! What exists, by id; and the changes that can be made to it at run time.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::token::Tokens;
use crate::world::{Backup, BackupStatus, Project, Region, Vault, VaultStatus, World};

/// The world, indexed.
pub(crate) struct Inventory {
    pub(crate) region: String,
    destinations: HashMap<String, Region>,
    projects: HashMap<String, Project>,
    vaults: HashMap<String, Vault>,
    backups: HashMap<String, Stored>,
    /// Fields of the list's entries that differ from the backup's own, by its id.
    altered: HashMap<String, Map<String, Value>>,
}

/// A backup with the ids that the service gave to what belongs to it.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) backup: Backup,
    pub(crate) checkpoint_id: String,
    pub(crate) vault_id: String,
    pub(crate) resource_id: String,
}

/// Ids that differ in letter case and hyphens alone are the same in this form.
pub(crate) fn folded(id: &str) -> String {
    id.chars().filter(|c| *c != '-').flat_map(char::to_lowercase).collect()
}

fn find<'a, T>(known: &'a HashMap<String, T>, id: &str, any_spelling: bool) -> Option<&'a T> {
    let spelt_otherwise =
        || known.iter().find(|(known, _)| folded(known) == folded(id)).map(|(_, value)| value);
    known.get(id).or_else(|| spelt_otherwise().filter(|_| any_spelling))
}

impl From<Backup> for Stored {
    fn from(backup: Backup) -> Self {
        let id = || Uuid::new_v4().to_string();
        let vault_id = backup.vault_id.clone().unwrap_or_else(id);
        let resource_id = backup.resource_id.clone().unwrap_or_else(id);
        Self { backup, checkpoint_id: id(), vault_id, resource_id }
    }
}

impl Inventory {
    pub(crate) fn new(world: World) -> (Self, Tokens) {
        let World {
            region,
            destinations,
            projects,
            vaults,
            backups,
            tokens: given,
            users: _,
            access_keys: _,
            identity_providers: _,
            agencies: _,
        } = world;
        let mut tokens = Tokens::default();
        for token in given {
            tokens.add(token);
        }
        let inventory = Self {
            region,
            destinations: destinations
                .into_iter()
                .map(|region| (region.name.clone(), region))
                .collect(),
            projects: projects.into_iter().map(|project| (project.id.clone(), project)).collect(),
            vaults: vaults.into_iter().map(|vault| (vault.id.clone(), vault)).collect(),
            backups: backups.into_iter().map(|backup| (backup.id.clone(), backup.into())).collect(),
            altered: HashMap::new(),
        };
        (inventory, tokens)
    }

    /// What exists now, without what is IAM's; in the order of ids.
    pub(crate) fn world(&self) -> World {
        fn sorted<T: Clone>(map: &HashMap<String, T>) -> Vec<T> {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(id, _)| id.as_str());
            entries.into_iter().map(|(_, value)| value.clone()).collect()
        }
        World {
            region: self.region.clone(),
            destinations: sorted(&self.destinations),
            projects: sorted(&self.projects),
            vaults: sorted(&self.vaults),
            backups: sorted(&self.backups).into_iter().map(|stored| stored.backup).collect(),
            tokens: Vec::new(),
            users: Vec::new(),
            access_keys: Vec::new(),
            identity_providers: Vec::new(),
            agencies: Vec::new(),
        }
    }

    pub(crate) fn add_region(&mut self, region: Region) {
        self.destinations.insert(region.name.clone(), region);
    }

    pub(crate) fn add_project(&mut self, project: Project) {
        self.projects.insert(project.id.clone(), project);
    }

    pub(crate) fn add_vault(&mut self, vault: Vault) {
        self.vaults.insert(vault.id.clone(), vault);
    }

    pub(crate) fn add_backup(&mut self, backup: Backup) {
        self.backups.insert(backup.id.clone(), backup.into());
    }

    pub(crate) fn remove_backup(&mut self, id: &str) -> Result<()> {
        self.backups
            .remove(id)
            .with_context(|| format!("there is no backup {id} to remove"))
            .map(|_| ())
    }

    /// Lists a backup with other fields than its own.
    pub(crate) fn alter_listed(&mut self, id: &str, fields: Map<String, Value>) -> Result<()> {
        self.backups.get(id).with_context(|| format!("there is no backup {id}"))?;
        self.altered.entry(id.to_owned()).or_default().extend(fields);
        Ok(())
    }

    pub(crate) fn restore_listed(&mut self, id: &str) {
        self.altered.remove(id);
    }

    pub(crate) fn altered(&self, id: &str) -> Option<&Map<String, Value>> {
        self.altered.get(id)
    }

    /// The backups of a project, in no order.
    pub(crate) fn backups_of(&self, project_id: &str) -> Vec<&Stored> {
        let of_it = |stored: &&Stored| stored.backup.project_id == project_id;
        self.backups.values().filter(of_it).collect()
    }

    pub(crate) fn set_backup_status(&mut self, id: &str, status: BackupStatus) -> Result<()> {
        let stored =
            self.backups.get_mut(id).with_context(|| format!("there is no backup {id}"))?;
        stored.backup.status = status;
        Ok(())
    }

    pub(crate) fn set_vault_capacity(&mut self, id: &str, capacity: Option<u64>) -> Result<()> {
        self.vault_mut(id)?.capacity = capacity;
        Ok(())
    }

    pub(crate) fn set_vault_status(&mut self, id: &str, status: VaultStatus) -> Result<()> {
        self.vault_mut(id)?.status = status;
        Ok(())
    }

    fn vault_mut(&mut self, id: &str) -> Result<&mut Vault> {
        self.vaults.get_mut(id).with_context(|| format!("there is no vault {id}"))
    }

    /// The backup of a project. With `any`, one that does not exist is made up if its id is a UUID.
    pub(crate) fn backup(&mut self, id: &str, project_id: &str, any: bool) -> Option<&Stored> {
        if any
            && !self.backups.contains_key(id)
            && Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id)
        {
            self.add_backup(Backup::server(id, project_id));
        }
        self.backups.get(id).filter(|stored| stored.backup.project_id == project_id)
    }

    pub(crate) fn destination(&self, region: &str, any_spelling: bool) -> Option<&Region> {
        find(&self.destinations, region, any_spelling)
    }

    pub(crate) fn project(&self, id: &str, any_spelling: bool) -> Option<&Project> {
        find(&self.projects, id, any_spelling)
    }

    pub(crate) fn vault(&self, id: &str, any_spelling: bool) -> Option<&Vault> {
        find(&self.vaults, id, any_spelling)
    }

    /// The project and the backup of a path, as they are known here, if they are.
    pub(crate) fn known_as(&self, project_id: &str, backup_id: &str) -> (String, String) {
        let project = self.project(project_id, true).map_or(project_id, |project| &project.id);
        // One that is made up when it is asked for has its id in the usual form.
        let made_up =
            Uuid::try_parse(backup_id).map_or_else(|_| backup_id.to_owned(), |id| id.to_string());
        let backup =
            find(&self.backups, backup_id, true).map_or(made_up, |stored| stored.backup.id.clone());
        (project.to_owned(), backup)
    }
}
