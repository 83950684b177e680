//! The cloud's operation logs as a second witness, where a backup's own records do not tell. What
//! they show proves that a call was accepted. What they do not show proves nothing, ever: that a
//! service lists calls there is documented nowhere.

use jiff::{SignedDuration, Timestamp};

use super::backoff::asked_to_wait;
use super::policy::Policy;
use crate::cbr::{BegunBy, CloudValue, LogPage, LookUpError, OperationLog, same_spelling};
use crate::resource::{Attempt, BackupReplication};

/// The service that logs may be so far behind the one that said what time it is.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(2);

/// What reading the operation logs gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogReading {
    /// Replications that the cloud has logged.
    Entries(Vec<OperationLog>),
    /// The service has no such logs, or not for this user.
    NotAvailable(String),
    /// The credential was refused.
    Unauthorized(String),
    /// The cloud asked to wait.
    Throttled {
        /// Until then.
        until: Timestamp,
    },
    /// The service could not be reached, or gave no sensible answer.
    Failed(String),
}

impl LogReading {
    /// What the answers mean. `pages`: all of them, or what went wrong on the way.
    pub fn of(pages: Result<Vec<LogPage>, LookUpError>, now: Timestamp) -> Self {
        let error = match pages {
            Ok(pages) => {
                return Self::Entries(pages.into_iter().flat_map(|page| page.entries).collect());
            }
            Err(error) => error,
        };
        match &error {
            LookUpError::NotAvailable(_) | LookUpError::NoSuchBackup(_) => {
                Self::NotAvailable(error.to_string())
            }
            LookUpError::Throttled { error: _, retry_after } => {
                Self::Throttled { until: asked_to_wait(*retry_after, now) }
            }
            // A refusal that nobody has described (a parameter that it does not know, say).
            LookUpError::Unreadable { text: _, error: Some(cloud) }
                if (300..500).contains(&cloud.http_status) =>
            {
                Self::NotAvailable(error.to_string())
            }
            LookUpError::Unauthorized(_) => Self::Unauthorized(error.to_string()),
            LookUpError::Unavailable { .. } | LookUpError::Unreadable { .. } => {
                Self::Failed(error.to_string())
            }
        }
    }
}

/// From when on entries can be of the attempt's call, by the cloud's own clock. `None` where the
/// cloud did not say what time it was: then no entry can be told from an earlier one.
pub(super) fn begins(attempt: &Attempt) -> Option<Timestamp> {
    attempt.cloud_time.as_ref()?.0.checked_sub(CLOCKS_DIFFER).ok()
}

/// The entry of the attempt's call: of the same backup and destination, begun by no policy, and in
/// the time in which the call can have been accepted. Of several, the first: a later one is
/// another's. `not_these`: entries that are known to be another call's.
pub(super) fn entry_of<'a>(
    entries: &'a [OperationLog],
    attempt: &Attempt,
    resource: &BackupReplication,
    policy: &Policy,
    not_these: &[String],
) -> Option<&'a OperationLog> {
    let called = resource.called_for()?;
    let from = begins(attempt)?;
    let to = from.checked_add(policy.settles_after(attempt)).ok()?;
    let is = |theirs: &Option<CloudValue>, ours: &str, absent: bool| {
        theirs.as_ref().map_or(absent, |theirs| theirs.is(ours))
    };
    let of_call = entries.iter().filter(|entry| {
        entry.begun_by == BegunBy::Call
            && entry.began_at.is_some_and(|at| (from..=to).contains(&at))
            && is(&entry.source_backup_id, called.backup_id, false)
            && is(&entry.destination_region, called.destination_region, false)
            && is(&entry.destination_project_id, called.destination_project_id, true)
            && !not_these.iter().any(|other| same_spelling(other, entry.id.as_str()))
    });
    of_call.min_by_key(|entry| (entry.began_at, entry.id.clone()))
}

/// The entry with this id.
pub(super) fn find<'a>(entries: &'a [OperationLog], id: &str) -> Option<&'a OperationLog> {
    entries.iter().find(|entry| same_spelling(entry.id.as_str(), id))
}

#[cfg(test)]
#[path = "witness_tests.rs"]
pub(super) mod tests;
