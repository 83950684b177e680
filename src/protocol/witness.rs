//! The cloud's operation logs as a second witness, where a backup's own records do not tell. What
//! they show proves that a call was accepted. What they do not show proves nothing, ever: that a
//! service lists calls there is documented nowhere.

use std::collections::HashSet;

use jiff::Timestamp;

use super::backoff::asked_to_wait;
use super::logged_calls::{CallTime, LoggedCalls, may_be_accepted};
use crate::cbr::{
    BegunBy, CloudValue, LogPage, LookUpError, OperationLog, same_spelling, spelling,
};
use crate::resource::{Attempt, BackupReplication};

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

/// The entry of the attempt's call: of the same backup and destination, begun by a call, and in the
/// time in which this one can have been accepted. Where several fit, or another resource's call may
/// have made it, none can be told to be this one's.
pub(super) fn entry_of<'a>(
    entries: &'a [OperationLog],
    attempt: &Attempt,
    resource: &BackupReplication,
    others: &[LoggedCalls],
) -> Option<&'a OperationLog> {
    let time = CallTime::of(attempt)?;
    let mut own = of_calls(entries, &[time], resource, others).into_iter();
    let (entry, at) = own.next().filter(|_| own.next().is_none())?;
    (!may_be_anothers(at, others)).then_some(entry)
}

/// Whether another resource's call can have been accepted then.
fn may_be_anothers(at: Timestamp, others: &[LoggedCalls]) -> bool {
    others.iter().flat_map(|it| &it.times).any(|time| time.contains(at))
}

/// The entries of all calls of the resource, the oldest first, without those that may be another
/// resource's. Each is of a call that the cloud accepted.
pub(super) fn entries_of_all<'a>(
    entries: &'a [OperationLog],
    resource: &BackupReplication,
    others: &[LoggedCalls],
) -> Vec<&'a OperationLog> {
    let attempts = resource.status.as_ref().map_or(&[][..], |status| &status.attempts);
    let times: Vec<CallTime> =
        attempts.iter().filter(|it| may_be_accepted(it)).filter_map(CallTime::of).collect();
    let mut own = of_calls(entries, &times, resource, others);
    own.retain(|(_, at)| !may_be_anothers(*at, others));
    own.sort_by(|(a, at), (b, bt)| (at, &a.id).cmp(&(bt, &b.id)));
    own.into_iter().map(|(entry, _)| entry).collect()
}

/// Entries of calls for what the resource calls for, in one of these times, with when they began;
/// without those that are taken for another's. Each once: pages overlap where a list changes between
/// them, or where a service does not know the offset.
fn of_calls<'a>(
    entries: &'a [OperationLog],
    times: &[CallTime],
    resource: &BackupReplication,
    others: &[LoggedCalls],
) -> Vec<(&'a OperationLog, Timestamp)> {
    let Some(called) = resource.called_for() else { return Vec::new() };
    let is = |theirs: &Option<CloudValue>, ours: &str, absent: bool| {
        theirs.as_ref().map_or(absent, |theirs| theirs.is(ours))
    };
    let is_anothers = |entry: &OperationLog| {
        let mut taken = others.iter().filter_map(|other| other.entry.as_ref());
        taken.any(|taken| same_spelling(taken, entry.id.as_str()))
    };
    let fits = |entry: &&OperationLog| {
        entry.begun_by == BegunBy::Call
            && is(&entry.source_backup_id, called.backup_id, false)
            && is(&entry.destination_region, called.destination_region, false)
            && is(&entry.destination_project_id, called.destination_project_id, true)
            && !is_anothers(entry)
    };
    let timed = |entry: &'a OperationLog| Some((entry, entry.began_at?));
    let in_time = |(_, at): &(&OperationLog, Timestamp)| times.iter().any(|it| it.contains(*at));
    let mut own: Vec<_> = entries.iter().filter(fits).filter_map(timed).filter(in_time).collect();
    let mut known = HashSet::new();
    own.retain(|(entry, _)| known.insert(spelling(entry.id.as_str())));
    own
}

/// The entry with this id.
pub(super) fn find<'a>(entries: &'a [OperationLog], id: &str) -> Option<&'a OperationLog> {
    entries.iter().find(|entry| same_spelling(entry.id.as_str(), id))
}

#[cfg(test)]
#[path = "witness_tests.rs"]
pub(super) mod tests;
