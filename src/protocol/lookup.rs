//! What a look-up gave, and what a process remembers of its look-ups.

use std::time::Duration;

use jiff::Timestamp;

use crate::cbr::{Backup, Records, ReplicationRecord};
use crate::resource::{BackupReplication, Origin};

/// What a look (`GET backup`) gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The backup.
    Backup(Box<Backup>),
    /// The service has no look-up, or none for this user: looking again will not help.
    NotAvailable(String),
    /// The cloud does not know the backup.
    NoSuchBackup(String),
    /// The token was refused.
    Unauthorized(String),
    /// The cloud asked to wait.
    Throttled {
        /// Until then.
        until: Timestamp,
    },
    /// The operator's own pace of looks asks to wait.
    Deferred {
        /// Until then.
        until: Timestamp,
    },
    /// The service could not be reached, or gave no sensible answer: worth looking again.
    Failed(String),
}

/// What this process remembers of the looks at a resource's backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookupHistory {
    /// How long it has known the resource.
    pub known_for: Duration,
    /// How long ago it last looked; `None` if it has not.
    pub ago: Option<Duration>,
    /// For how long looks have been failing.
    pub failing_for: Duration,
    /// For how long looks that gave an answer have not shown the resource's record.
    pub not_shown_for: Duration,
}

/// Whether the look shows the record of the resource; `None` where it could not tell, or nothing is looked for.
pub fn shows_record(resource: &BackupReplication, look: &Lookup) -> Option<bool> {
    let record_id = resource.status.as_ref()?.replication_record_id.as_ref()?;
    match look {
        Lookup::Backup(backup) => Some(find(backup, record_id).is_some()),
        Lookup::NotAvailable(_) | Lookup::NoSuchBackup(_) => Some(false),
        Lookup::Unauthorized(_) | Lookup::Throttled { .. } | Lookup::Deferred { .. } | Lookup::Failed(_) => None,
    }
}

/// Whether the look shows the record of a call that the operator itself made for this resource: what proves that
/// records of accepted calls are reported there.
pub fn shows_called_record(resource: &BackupReplication, look: &Lookup) -> bool {
    let called = resource.status.as_ref().and_then(|status| status.origin) == Some(Origin::Called);
    called && shows_record(resource, look) == Some(true)
}

/// The record with this id.
pub(crate) fn find<'a>(backup: &'a Backup, record_id: &str) -> Option<&'a ReplicationRecord> {
    match &backup.replication_records {
        Records::NotReported => None,
        Records::Reported { records, unreadable: _ } => records.iter().find(|record| record.id.as_str() == record_id),
    }
}
