//! What the cloud says when it accepts the call.

use serde_json::{Map, Value};

use super::credential::Credential;
use super::ids::RecordId;
use super::json::{line, scalar};
use super::redaction::Redact;

/// `BackupReplicateRespBody` of `CopyBackup.rst`. None of its fields is promised. Each text is one
/// line of at most 256 characters, without the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replication {
    /// The replication record; `None` also where the cloud's value is unusable as an id.
    pub replication_record_id: Option<RecordId>,
    /// Source backup.
    pub backup_id: Option<String>,
    /// Source project.
    pub project_id: Option<String>,
    /// Resource type.
    pub provider_id: Option<String>,
    /// Source region.
    pub source_region: Option<String>,
    /// Destination region.
    pub destination_region: Option<String>,
    /// Destination project.
    pub destination_project_id: Option<String>,
    /// Destination vault.
    pub destination_vault_id: Option<String>,
}

impl Replication {
    pub(super) fn read(members: &Map<String, Value>, credential: &Credential) -> Self {
        let text = |key| line(members.get(key), credential);
        Self {
            replication_record_id: record_id(members.get("replication_record_id"), credential),
            backup_id: text("backup_id"),
            project_id: text("project_id"),
            provider_id: text("provider_id"),
            source_region: text("source_region"),
            destination_region: text("destination_region"),
            destination_project_id: text("destination_project_id"),
            destination_vault_id: text("destination_vault_id"),
        }
    }
}

/// A usable record id: never a cut one, and never an echo of the token.
pub(super) fn record_id(value: Option<&Value>, credential: &Credential) -> Option<RecordId> {
    let text = scalar(value)?;
    let id = RecordId::parse(text.trim()).ok()?;
    (credential.redact(id.as_str()) == id.as_str()).then_some(id)
}
