//! What `GET backup` shows: the backup, and the replications that the cloud has recorded for it.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::begun_by::BegunBy;
use super::cloud_value::{CloudValue, same_spelling};
use super::credential::Credential;
use super::ids::{BackupId, RecordId};
use super::json::{line, scalar};
use super::replication::record_id;
use super::timestamp;

/// The backup as one look showed it. Texts are one line of at most 256 characters, without the
/// token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Whether the answer says which backup it shows, which then is the one that was asked for. One
    /// that does not say may be of another, so what it lacks proves nothing.
    pub names_itself: bool,
    /// Its state; `None` where the cloud gave none.
    pub status: Option<BackupStatus>,
    /// What it is; `None` where the cloud gave none.
    pub image_type: Option<ImageType>,
    /// What was backed up; `None` where the cloud gave none that is known.
    pub kind: Option<ResourceKind>,
    /// Its replications.
    pub replication_records: Records,
}

/// `replication_records`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// The key is missing, null, or no list. Says nothing about replications.
    NotReported,
    /// The list.
    Reported {
        /// The records that could be read.
        records: Vec<ReplicationRecord>,
        /// How many could not (no usable id). Any of them may be the one that is looked for, so
        /// while this is not zero the absence of a record proves nothing.
        unreadable: usize,
    },
}

/// One replication as the cloud records it. Only the id is promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicationRecord {
    /// The record.
    pub id: RecordId,
    /// How far it is.
    pub status: RecordStatus,
    /// When it began.
    pub created_at: Option<Timestamp>,
    /// Source region.
    pub source_region: Option<CloudValue>,
    /// Source project.
    pub source_project_id: Option<CloudValue>,
    /// Source backup.
    pub source_backup_id: Option<CloudValue>,
    /// Destination region.
    pub destination_region: Option<CloudValue>,
    /// Destination project.
    pub destination_project_id: Option<CloudValue>,
    /// Destination vault; from `extra_info` where the record itself does not say.
    pub destination_vault_id: Option<CloudValue>,
    /// The replica, once it exists.
    pub destination_backup_id: Option<CloudValue>,
    /// Percent, 0 to 100.
    pub progress: Option<u8>,
    /// Why it failed.
    pub fail_code: Option<String>,
    /// Why it failed, in words.
    pub fail_reason: Option<String>,
    /// Who began it (`auto_trigger`).
    pub begun_by: BegunBy,
}

macro_rules! open_enum {
    ($(#[$docs:meta])* $type:ident { $($(#[$member_docs:meta])* $member:ident = $text:literal,)+ }) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $type {
            $($(#[$member_docs])* $member,)+
            /// Anything else: one line without the token.
            Other(String),
        }

        impl $type {
            /// A known word is read as it came: redaction must not turn it into another.
            pub(super) fn read(value: Option<&Value>, credential: &Credential) -> Option<Self> {
                match scalar(value)?.trim().to_ascii_lowercase().as_str() {
                    $($text => Some(Self::$member),)+
                    _ => line(value, credential).map(Self::Other),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$member => $text,)+
                    Self::Other(text) => text,
                })
            }
        }
    };
}

pub(super) use open_enum;

open_enum!(
    /// The state of a backup.
    BackupStatus {
        /// Complete.
        Available = "available",
        /// Being made.
        Protecting = "protecting",
        /// Being deleted.
        Deleting = "deleting",
        /// In use for a restore.
        Restoring = "restoring",
        /// Failed.
        Error = "error",
        /// About to be made.
        WaitingProtect = "waiting_protect",
        /// About to be deleted.
        WaitingDelete = "waiting_delete",
        /// About to be restored.
        WaitingRestore = "waiting_restore",
    }
);
open_enum!(
    /// What a backup is.
    ImageType {
        /// A backup of a resource.
        Backup = "backup",
        /// A replica of a backup; cannot be replicated again.
        Replication = "replication",
    }
);
open_enum!(
    /// How far a replication is. `Other` with an empty text where the cloud gave no state.
    RecordStatus {
        /// Accepted, not begun.
        WaitingReplicate = "waiting_replicate",
        /// Under way.
        Replicating = "replicating",
        /// Done.
        Success = "success",
        /// Failed.
        Fail = "fail",
        /// Not done, since not needed.
        Skip = "skip",
    }
);

/// What was backed up, as far as it matters: only servers can be replicated everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A server.
    Server,
    /// A disk.
    Disk,
    /// An SFS Turbo file system.
    Turbo,
}

impl ResourceKind {
    /// By the provider's id, or else by the name of the type.
    fn read(backup: &Map<String, Value>) -> Option<Self> {
        const PROVIDERS: [(ResourceKind, &str, &str); 3] = [
            (ResourceKind::Server, "0daac4c5-6707-4851-97ba-169e36266b66", "OS::Nova::Server"),
            (ResourceKind::Disk, "d1603440-187d-4516-af25-121250c7cc97", "OS::Cinder::Volume"),
            (ResourceKind::Turbo, "3f3c3220-245c-4805-b811-758870015881", "OS::Sfs::Turbo"),
        ];
        let provider = scalar(backup.get("provider_id"));
        let kind = scalar(backup.get("resource_type"));
        let found = PROVIDERS.iter().find(|(_, id, name)| match (&provider, &kind) {
            (Some(provider), _) => same_spelling(provider.trim(), id),
            (None, Some(kind)) => kind.trim() == *name,
            (None, None) => false,
        });
        found.map(|(kind, _, _)| *kind)
    }
}

/// Why an answer does not show the backup that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotShown {
    /// It is no `{"backup": {…}}`.
    NoBackup,
    /// It is one, of another backup: misrouted, or from a cache.
    Another,
}

impl Backup {
    /// Reads `{"backup": {…}}`, which is expected to be of the backup that was asked for.
    pub(super) fn read(
        body: &Value,
        asked: &BackupId,
        credential: &Credential,
    ) -> Result<Self, NotShown> {
        let backup = body.get("backup").and_then(Value::as_object).ok_or(NotShown::NoBackup)?;
        let id = scalar(backup.get("id"));
        if id.as_deref().is_some_and(|id| !same_spelling(id.trim(), asked.as_str())) {
            return Err(NotShown::Another);
        }
        Ok(Self {
            names_itself: id.is_some(),
            status: BackupStatus::read(backup.get("status"), credential),
            image_type: ImageType::read(backup.get("image_type"), credential),
            kind: ResourceKind::read(backup),
            replication_records: Records::read(backup.get("replication_records"), credential),
        })
    }
}

impl Records {
    fn read(value: Option<&Value>, credential: &Credential) -> Self {
        let Some(Value::Array(items)) = value else {
            return Self::NotReported;
        };
        let records: Vec<_> = items
            .iter()
            .filter_map(|item| ReplicationRecord::read(item.as_object()?, credential))
            .collect();
        let unreadable = items.len() - records.len();
        Self::Reported { records, unreadable }
    }
}

impl ReplicationRecord {
    fn read(members: &Map<String, Value>, credential: &Credential) -> Option<Self> {
        let extra = |key| members.get("extra_info").and_then(|extra| extra.get(key));
        let value = |key| CloudValue::read(members.get(key), credential);
        Some(Self {
            id: record_id(members.get("id"), credential)?,
            status: RecordStatus::read(members.get("status"), credential)
                .unwrap_or(RecordStatus::Other(String::new())),
            created_at: scalar(members.get("created_at")).and_then(|time| timestamp::parse(&time)),
            source_region: value("source_region"),
            source_project_id: value("source_project_id"),
            source_backup_id: value("source_backup_id"),
            destination_region: value("destination_region"),
            destination_project_id: value("destination_project_id"),
            destination_vault_id: value("destination_vault_id")
                .or_else(|| CloudValue::read(extra("destination_vault_id"), credential)),
            destination_backup_id: value("destination_backup_id"),
            progress: scalar(extra("progress"))
                .and_then(|percent| percent.parse().ok())
                .filter(|percent| *percent <= 100),
            fail_code: line(extra("fail_code"), credential),
            fail_reason: line(extra("fail_reason"), credential),
            begun_by: BegunBy::of_auto_trigger(extra("auto_trigger")),
        })
    }
}

#[cfg(test)]
impl Backup {
    /// What the cloud would have to answer for it.
    pub(crate) fn of_json(body: &Value) -> Self {
        let credential = super::token::Token::from_bytes(b"a-token-of-nobody").unwrap().into();
        Self::read(body, &BackupId::parse("b").unwrap(), &credential).unwrap()
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
