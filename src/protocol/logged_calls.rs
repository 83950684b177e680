//! When the calls of a resource can have been accepted, for the operation logs: they name neither a
//! vault nor a resource, so that only the time tells one call for a target from another.

use jiff::{SignedDuration, Timestamp};

use crate::protocol::policy::shortest_claim_lifetime;
use crate::protocol::target::CallTarget;
use crate::resource::{Attempt, BackupReplication, Outcome};

/// The service that logs may be so far behind the one that said what time it is, or ahead of it.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(2);

/// By the cloud's own clock, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallTime {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl CallTime {
    /// When the attempt's call can have been accepted. `None` where the cloud did not say what time
    /// it was: then no entry can be told from an earlier one.
    pub(crate) fn of(attempt: &Attempt) -> Option<Self> {
        let claimed = attempt.cloud_time.as_ref()?.0;
        let lifetime = SignedDuration::try_from(shortest_claim_lifetime(attempt)).ok()?;
        Some(Self {
            from: claimed.checked_sub(CLOCKS_DIFFER).ok()?,
            to: claimed.checked_add(lifetime).ok()?.checked_add(CLOCKS_DIFFER).ok()?,
        })
    }

    pub(crate) fn contains(&self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

/// The calls of one resource, as far as its records do not show which is which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedCalls {
    /// What was called for.
    pub target: CallTarget,
    /// Of each attempt that may have been accepted.
    pub(crate) times: Vec<CallTime>,
    /// The entry that is taken for the one of its call.
    pub(crate) entry: Option<String>,
}

/// What others must know of this resource's calls before they take an entry of the logs for their
/// own. `None` where it has made none that can be in question.
pub fn logged_calls(resource: &BackupReplication) -> Option<LoggedCalls> {
    let status = resource.status.as_ref()?;
    let times: Vec<CallTime> =
        status.attempts.iter().filter(|it| may_be_accepted(it)).filter_map(CallTime::of).collect();
    let entry = status.operation_log_id.clone();
    // Where records are shown, nobody reads the logs for it, and nothing of it is kept.
    let told_by_records = status.record_status.is_some() && entry.is_none();
    if times.is_empty() || told_by_records {
        return None;
    }
    Some(LoggedCalls { target: CallTarget::of(resource)?, times, entry })
}

/// Whether the cloud can have accepted it.
pub(crate) fn may_be_accepted(attempt: &Attempt) -> bool {
    match attempt.outcome {
        // By a human's word, or by what the records show: both have been wrong.
        None | Some(Outcome::Unknown | Outcome::Accepted | Outcome::NotAccepted) => true,
        Some(Outcome::NotSent | Outcome::Rejected) => false,
    }
}
