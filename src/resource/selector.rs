//! What a user writes instead of a backup's id: which backups are meant. The newest is chosen, once.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which backups are meant: those of a resource, in a vault, or both. Of these the operator chooses
/// the newest that is `available` and no replica, once, before the first call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupSelector {
    /// ID of the server, disk or file system that was backed up (`resource_id`).
    /// Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub resource_id: Option<String>,
    /// ID of the vault that the backup lies in (`vault_id`). Default: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub vault_id: Option<String>,
    /// Only backups that were created later than this (RFC 3339, e.g. `2026-11-01T00:00:00Z`).
    /// Default: of any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub created_after: Option<String>,
}

impl BackupSelector {
    /// `createdAfter` as an instant.
    ///
    /// # Errors
    /// What is wrong with it, for a reader.
    pub fn created_after(&self) -> Result<Option<Timestamp>, String> {
        let Some(text) = &self.created_after else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            "spec.backupSelector.createdAfter is not a time such as 2026-11-01T00:00:00Z".to_owned()
        })
    }
}
