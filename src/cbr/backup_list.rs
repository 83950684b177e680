//! What the list of backups shows (`GET /v3/{project_id}/backups`), page by page. Which of them is
//! meant is not decided here.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use super::cloud_value::{CloudValue, spelling};
use super::credential::Credential;
use super::ids::{BackupId, ResourceId, VaultId};
use super::json::scalar;
use super::records::{BackupStatus, ImageType};
use super::redaction::Redact;
use super::timestamp;

/// Backups that are kept of one list. Of more, the newest cannot be told.
const MOST_BACKUPS: usize = 5000;

/// Which backups the list is asked for. A service that does not know a filter shows more than these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Of this resource: a server, a disk, a file system.
    pub resource_id: Option<ResourceId>,
    /// In this vault.
    pub vault_id: Option<VaultId>,
}

/// One backup of the list. Where something is `None`, the cloud gave nothing, or nothing readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedBackup {
    /// Its id.
    pub id: Option<BackupId>,
    /// Its state.
    pub status: Option<BackupStatus>,
    /// What it is.
    pub image_type: Option<ImageType>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// What was backed up.
    pub resource_id: Option<CloudValue>,
    /// Where it lies.
    pub vault_id: Option<CloudValue>,
    /// Whose it is.
    pub project_id: Option<CloudValue>,
}

/// The list, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupList {
    /// Each backup once, in no order.
    pub backups: Vec<ListedBackup>,
    /// Why there may be others; `None` where these are all.
    pub incomplete: Option<Incomplete>,
}

/// Why a list may lack something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// The pages do not fit together: the list changed meanwhile, or the service has another idea of
    /// pages.
    Inconsistent,
    /// It is longer than what is read.
    TooLong,
}

impl ListedBackup {
    /// An entry that cannot be read at all is one of which nothing is known.
    fn read(entry: &Value, credential: &Credential) -> Self {
        let value = |key| CloudValue::read(entry.get(key), credential);
        Self {
            id: backup_id(entry.get("id"), credential),
            status: BackupStatus::read(entry.get("status"), credential),
            image_type: ImageType::read(entry.get("image_type"), credential),
            created_at: scalar(entry.get("created_at")).and_then(|time| timestamp::parse(&time)),
            resource_id: value("resource_id"),
            vault_id: value("vault_id"),
            project_id: value("project_id"),
        }
    }
}

/// A usable backup id: never a cut one, and never an echo of the credential.
fn backup_id(value: Option<&Value>, credential: &Credential) -> Option<BackupId> {
    let text = scalar(value)?;
    let id = BackupId::parse(text.trim()).ok()?;
    (credential.redact(id.as_str()) == id.as_str()).then_some(id)
}

/// One page, and the number of all backups where the service tells it.
pub(super) struct Page {
    pub(super) entries: Vec<ListedBackup>,
    pub(super) count: Option<usize>,
}

impl Page {
    /// `{"backups": […], "count": n}`; nothing where it is no such thing.
    pub(super) fn read(body: &Value, credential: &Credential) -> Option<Self> {
        let entries = body.get("backups")?.as_array()?;
        Some(Self {
            entries: entries.iter().map(|entry| ListedBackup::read(entry, credential)).collect(),
            count: scalar(body.get("count")).and_then(|count| count.parse().ok()),
        })
    }
}

/// The pages of one list, put together.
#[derive(Default)]
pub(super) struct Pages {
    backups: Vec<ListedBackup>,
    seen: HashMap<String, usize>,
    counts: HashSet<usize>,
    received: usize,
}

impl Pages {
    /// Where the next page begins.
    pub(super) fn offset(&self) -> usize {
        self.received
    }

    /// Adds a page. `Some` once the list has come to its end.
    pub(super) fn add(&mut self, page: Page) -> Option<BackupList> {
        let Page { entries, count } = page;
        let (length, before) = (entries.len(), self.backups.len());
        self.received = self.received.saturating_add(length);
        // What says how many there are, and shows none of them, contradicts itself only at the
        // beginning: some services count what the page holds.
        self.counts.extend(count.filter(|_| length > 0 || before == 0));
        for entry in entries {
            match entry.id.as_ref().map(|id| spelling(id.as_str())) {
                Some(id) => match self.seen.get(&id).and_then(|at| self.backups.get_mut(*at)) {
                    Some(earlier) => *earlier = entry,
                    None => {
                        self.seen.insert(id, self.backups.len());
                        self.backups.push(entry);
                    }
                },
                None => self.backups.push(entry),
            }
        }
        if self.backups.len() > MOST_BACKUPS {
            return Some(self.end(Some(Incomplete::TooLong)));
        }
        // A page that is not full may still be followed by another, and a number may be that of the
        // page alone: only a page that adds nothing is the end.
        if self.backups.len() > before {
            return None;
        }
        let all_there = self.counts.len() == 1 && self.counts.contains(&self.backups.len());
        let ends_itself = length == 0 && self.counts.is_empty();
        Some(self.end((!all_there && !ends_itself).then_some(Incomplete::Inconsistent)))
    }

    /// The list as far as it has come.
    pub(super) fn end(&mut self, incomplete: Option<Incomplete>) -> BackupList {
        BackupList { backups: std::mem::take(&mut self.backups), incomplete }
    }
}

#[cfg(test)]
#[path = "backup_list_tests.rs"]
mod tests;
