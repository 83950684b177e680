//! What a look-up gave, what it means, and what a process remembers of its look-ups.

use std::time::Duration;

use jiff::Timestamp;

use super::backoff::asked_to_wait;
use super::witness::{self, LogReading};
use crate::cbr::{Backup, LookUpError, Records, ReplicationRecord, same_spelling};
use crate::protocol::facts::call_result::CallResult;
use crate::resource::{BackupReplication, BackupReplicationStatus, Origin, RejectionKind};

/// What a look-up (`GET backup`) gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The backup.
    Backup(Box<Backup>),
    /// The service says that it has no look-up, or none for this user.
    NotAvailable(String),
    /// The cloud says that it does not know the backup.
    NoSuchBackup(String),
    /// The credential was refused.
    Unauthorized(String),
    /// The cloud asked to wait.
    Throttled {
        /// Until then.
        until: Timestamp,
    },
    /// The operator's own pace of look-ups asks to wait.
    Deferred {
        /// Until then.
        until: Timestamp,
    },
    /// The service could not be reached, or gave no sensible answer: worth looking up again.
    Failed(String),
}

impl Lookup {
    /// What the answer means. A look-up never fails: what it could not see is told, too.
    pub fn of(answer: Result<Backup, LookUpError>, now: Timestamp) -> Self {
        let error = match answer {
            Ok(backup) => return Self::Backup(Box::new(backup)),
            Err(error) => error,
        };
        let text = error.to_string();
        match error {
            LookUpError::NotAvailable(_) => Self::NotAvailable(text),
            LookUpError::NoSuchBackup(_) => Self::NoSuchBackup(text),
            LookUpError::Unauthorized(_) => Self::Unauthorized(text),
            LookUpError::Throttled { error: _, retry_after } => {
                Self::Throttled { until: asked_to_wait(retry_after, now) }
            }
            // A refusal that nobody has described.
            LookUpError::Unreadable { text: _, error: Some(error) }
                if (300..500).contains(&error.http_status) =>
            {
                Self::NotAvailable(text)
            }
            LookUpError::Unavailable { .. } | LookUpError::Unreadable { .. } => Self::Failed(text),
        }
    }

    /// How much room it takes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let inside = match self {
            Self::Backup(backup) => match &backup.replication_records {
                Records::NotReported => size_of::<Backup>(),
                Records::Reported { records, unreadable: _ } => {
                    size_of::<Backup>() + records.iter().map(record_bytes).sum::<usize>()
                }
            },
            Self::NotAvailable(why)
            | Self::NoSuchBackup(why)
            | Self::Unauthorized(why)
            | Self::Failed(why) => why.len(),
            Self::Throttled { until: _ } | Self::Deferred { until: _ } => 0,
        };
        size_of::<Self>() + inside
    }
}

/// With room for the texts that the record refers to, each of which is short.
fn record_bytes(record: &ReplicationRecord) -> usize {
    const TEXTS: usize = 10 * 48;
    let said = [&record.fail_code, &record.fail_reason];
    let said: usize = said.into_iter().flatten().map(String::len).sum();
    size_of::<ReplicationRecord>() + TEXTS + said
}

/// What the decision may know of the look-ups before this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookupHistory {
    /// How long the process has known the resource.
    pub known_for: Duration,
    /// How long ago it last looked up the backup; `None` if it has not.
    pub ago: Option<Duration>,
    /// For how long look-ups have been failing.
    pub failing_for: Duration,
    /// For how long look-ups that gave an answer have not shown the resource's record.
    pub not_shown_for: Duration,
    /// For how long every answer to this credential has been that there is no look-up.
    pub no_lookup_for: Duration,
    /// For how long every answer has been that there is no such backup.
    pub no_backup_for: Duration,
    /// How long ago the operation logs were last read for it; `None` if they were not.
    pub logs_ago: Option<Duration>,
    /// For how long the operation logs have not shown the entry of its call.
    pub log_missing_for: Duration,
    /// For how long every answer to this credential has been that there are no operation logs.
    pub no_logs_for: Duration,
    /// For how long the cloud has asked to wait whenever the operation logs were to be read.
    pub logs_throttled_for: Duration,
}

/// What a process remembers of one resource's look-ups. Instants are times on the process's
/// monotonic clock. Lost with the process; safety never needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LookupMemory {
    /// When the resource was first seen.
    pub known_since: Duration,
    /// When the backup was last looked up.
    pub last: Option<Duration>,
    /// Since when look-ups have been failing.
    pub failing_since: Option<Duration>,
    /// Since when look-ups have not shown the resource's record.
    pub not_shown_since: Option<Duration>,
    /// Since when the answer has been that there is no such backup.
    pub no_backup_since: Option<Duration>,
    /// When the operation logs were last read.
    pub logs_last: Option<Duration>,
    /// Since when the operation logs have not shown the entry of its call.
    pub log_missing_since: Option<Duration>,
    /// Since when the cloud has asked to wait whenever the operation logs were to be read.
    pub logs_throttled_since: Option<Duration>,
}

impl LookupMemory {
    /// Of a resource that is first seen now.
    pub fn new(now: Duration) -> Self {
        Self {
            known_since: now,
            last: None,
            failing_since: None,
            not_shown_since: None,
            no_backup_since: None,
            logs_last: None,
            log_missing_since: None,
            logs_throttled_since: None,
        }
    }

    /// Notes what a look-up gave.
    pub fn note(&mut self, resource: &BackupReplication, lookup: &Lookup, now: Duration) {
        if let Lookup::Deferred { .. } = lookup {
            return;
        }
        let failed = match lookup {
            Lookup::Failed(_) | Lookup::Unauthorized(_) => true,
            Lookup::Backup(_)
            | Lookup::NotAvailable(_)
            | Lookup::NoSuchBackup(_)
            | Lookup::Throttled { .. }
            | Lookup::Deferred { .. } => false,
        };
        self.failing_since = failed.then(|| self.failing_since.unwrap_or(now));
        match shows_record(resource, lookup) {
            Some(true) => self.not_shown_since = None,
            Some(false) => self.not_shown_since = Some(self.not_shown_since.unwrap_or(now)),
            None => {}
        }
        match lookup {
            Lookup::NoSuchBackup(_) => {
                self.no_backup_since = Some(self.no_backup_since.unwrap_or(now));
            }
            // Any other answer in between: two odd ones are not one that lasts.
            Lookup::Backup(_)
            | Lookup::NotAvailable(_)
            | Lookup::Unauthorized(_)
            | Lookup::Throttled { .. }
            | Lookup::Failed(_) => self.no_backup_since = None,
            // No answer at all.
            Lookup::Deferred { .. } => {}
        }
        self.last = Some(now);
    }

    /// Notes what the operation logs gave.
    pub fn note_logs(&mut self, resource: &BackupReplication, reading: &LogReading, now: Duration) {
        let known = resource.status.as_ref().and_then(|status| status.operation_log_id.as_ref());
        let shown = |id: &String| match reading {
            LogReading::Entries(entries) => Some(witness::find(entries, id).is_some()),
            LogReading::NotAvailable(_) => Some(false),
            LogReading::Unauthorized(_) | LogReading::Throttled { .. } | LogReading::Failed(_) => {
                None
            }
        };
        match known.and_then(shown) {
            Some(true) => self.log_missing_since = None,
            Some(false) => self.log_missing_since = Some(self.log_missing_since.unwrap_or(now)),
            None => {}
        }
        self.logs_throttled_since = match reading {
            LogReading::Throttled { .. } => Some(self.logs_throttled_since.unwrap_or(now)),
            LogReading::Entries(_)
            | LogReading::NotAvailable(_)
            | LogReading::Unauthorized(_)
            | LogReading::Failed(_) => None,
        };
        self.logs_last = Some(now);
    }

    /// Counts from now on since when look-ups have failed or shown nothing: what another leader saw
    /// meanwhile is not known here.
    pub fn begin_to_lead(&mut self) {
        self.failing_since = None;
        self.not_shown_since = None;
        self.no_backup_since = None;
        self.log_missing_since = None;
        self.logs_throttled_since = None;
    }

    /// The same as the decision sees it.
    pub fn history(&self, viewer: &ViewerMemory, now: Duration) -> LookupHistory {
        let elapsed =
            |since: Option<Duration>| since.map_or(Duration::ZERO, |at| now.saturating_sub(at));
        LookupHistory {
            known_for: now.saturating_sub(self.known_since),
            ago: self.last.map(|at| now.saturating_sub(at)),
            failing_for: elapsed(self.failing_since),
            not_shown_for: elapsed(self.not_shown_since),
            no_lookup_for: elapsed(viewer.no_lookup_since),
            no_backup_for: elapsed(self.no_backup_since),
            logs_ago: self.logs_last.map(|at| now.saturating_sub(at)),
            log_missing_for: elapsed(self.log_missing_since),
            no_logs_for: elapsed(viewer.no_logs_since),
            logs_throttled_for: elapsed(self.logs_throttled_since),
        }
    }
}

/// What a process remembers of one viewer: one credential value at one endpoint and project.
/// Knowledge belongs to the one who looks: what another is shown proves nothing for this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewerMemory {
    /// Whether it has been shown the record of a call that the operator made.
    pub records_shown: bool,
    /// Since when every answer has been that there is no look-up.
    pub no_lookup_since: Option<Duration>,
    /// Since when every answer has been that there are no operation logs.
    pub no_logs_since: Option<Duration>,
    /// Whether the last answer that tells was that the credential is refused. Only look-ups and
    /// calls tell: a user may lack the right to anything else.
    pub refused: bool,
}

impl ViewerMemory {
    /// Notes what the operation logs gave.
    pub fn note_logs(&mut self, reading: &LogReading, now: Duration) {
        match reading {
            LogReading::NotAvailable(_) => {
                self.no_logs_since = Some(self.no_logs_since.unwrap_or(now));
            }
            LogReading::Entries(_)
            | LogReading::Unauthorized(_)
            | LogReading::Throttled { .. }
            | LogReading::Failed(_) => self.no_logs_since = None,
        }
    }

    /// Notes how a call ended.
    pub fn note_call(&mut self, result: &CallResult) {
        match result {
            CallResult::Rejected { kind: RejectionKind::Unauthorized, .. } => self.refused = true,
            CallResult::Accepted(..) | CallResult::Rejected { .. } => self.refused = false,
            CallResult::NotSent(_) | CallResult::Unknown(_) => {}
        }
    }

    /// Notes what a look-up gave.
    pub fn note(&mut self, resource: &BackupReplication, lookup: &Lookup, now: Duration) {
        self.records_shown |= shows_called_record(resource, lookup);
        match lookup {
            Lookup::Unauthorized(_) => self.refused = true,
            Lookup::Backup(_) | Lookup::NoSuchBackup(_) => self.refused = false,
            Lookup::NotAvailable(_)
            | Lookup::Throttled { .. }
            | Lookup::Deferred { .. }
            | Lookup::Failed(_) => {}
        }
        match lookup {
            Lookup::NotAvailable(_) => {
                self.no_lookup_since = Some(self.no_lookup_since.unwrap_or(now));
            }
            // Any other answer in between: two odd ones are not one that lasts.
            Lookup::Backup(_)
            | Lookup::NoSuchBackup(_)
            | Lookup::Unauthorized(_)
            | Lookup::Throttled { .. }
            | Lookup::Failed(_) => self.no_lookup_since = None,
            // No answer at all.
            Lookup::Deferred { .. } => {}
        }
    }
}

/// Whether the look-up shows the record of the resource; `None` where it could not tell, or nothing
/// is looked for.
pub fn shows_record(resource: &BackupReplication, lookup: &Lookup) -> Option<bool> {
    let record_id = resource.status.as_ref()?.replication_record_id.as_ref()?;
    match lookup {
        Lookup::Backup(backup) => Some(find(backup, record_id).is_some()),
        Lookup::NotAvailable(_) | Lookup::NoSuchBackup(_) => Some(false),
        Lookup::Unauthorized(_)
        | Lookup::Throttled { .. }
        | Lookup::Deferred { .. }
        | Lookup::Failed(_) => None,
    }
}

/// Whether the look-up shows the record that the answer to this resource's own call named: what
/// proves that this viewer is shown the records of accepted calls.
pub fn shows_called_record(resource: &BackupReplication, lookup: &Lookup) -> bool {
    let answered = resource.status.as_ref().is_some_and(names_answered_record);
    answered && shows_record(resource, lookup) == Some(true)
}

/// Whether the record was named by the answer to the resource's own call. One that was found by
/// what it looks like may be another's, such as that of a policy of the cloud.
pub(crate) fn names_answered_record(status: &BackupReplicationStatus) -> bool {
    let Some(record) = &status.replication_record_id else { return false };
    let mut answered = status.attempts.iter().filter_map(|attempt| attempt.record_id.as_ref());
    status.origin == Some(Origin::Called)
        && answered.any(|answered| same_spelling(answered, record))
}

/// The record with this id, however the cloud spells it.
pub(super) fn find<'a>(backup: &'a Backup, record_id: &str) -> Option<&'a ReplicationRecord> {
    match &backup.replication_records {
        Records::NotReported => None,
        Records::Reported { records, unreadable: _ } => {
            records.iter().find(|record| same_spelling(record.id.as_str(), record_id))
        }
    }
}

#[cfg(test)]
#[path = "lookup_tests.rs"]
mod tests;
