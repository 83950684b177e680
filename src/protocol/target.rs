//! What two resources must not call for at the same time.

use std::time::Duration;

use jiff::Timestamp;

use crate::cbr::spelling;
use crate::resource::{BackupReplication, CalledFor, Origin, Outcome};

/// One backup and one destination region. The cloud keeps one replica for each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallTarget {
    project_id: String,
    backup_id: String,
    destination_region: String,
}

impl CallTarget {
    /// What is called for, whatever the endpoint is called and however the ids are spelled:
    /// two names of one service lead to the same backup.
    pub fn new(called: &CalledFor<'_>) -> Self {
        Self {
            project_id: spelling(called.project_id),
            backup_id: spelling(called.backup_id),
            destination_region: spelling(called.destination_region),
        }
    }

    /// What this resource calls for; nothing where its backup is still to be chosen.
    pub fn of(resource: &BackupReplication) -> Option<Self> {
        resource.called_for().map(|called| Self::new(&called))
    }
}

/// A target that another resource should not call for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedTarget {
    /// The target that others must not call for.
    pub target: CallTarget,
    /// When its call was accepted; `None` while that is open. Its record may need the settling time
    /// to show.
    pub accepted_at: Option<Timestamp>,
}

/// The target of an attempt that is in flight, whose outcome is unknown, or whose record no look-up
/// has shown yet.
pub fn locked_target(resource: &BackupReplication) -> Option<LockedTarget> {
    let status = resource.status.as_ref()?;
    let attempt = status.attempts.first()?;
    let target = CallTarget::of(resource)?;
    if status.is_accepted() {
        // What the operation logs show, the look-up of another resource does not.
        let recorded = status.record_status.is_some() && status.operation_log_id.is_none();
        let shows = recorded || status.origin == Some(Origin::Adopted);
        let accepted_at = status.accepted_at.as_ref().map(|at| at.0).filter(|_| !shows)?;
        return Some(LockedTarget { target, accepted_at: Some(accepted_at) });
    }
    match attempt.outcome {
        None | Some(Outcome::Unknown) => Some(LockedTarget { target, accepted_at: None }),
        Some(Outcome::Accepted | Outcome::NotSent | Outcome::Rejected | Outcome::NotAccepted) => {
            None
        }
    }
}

impl LockedTarget {
    /// Whether it is still to be left alone.
    pub fn is_held(&self, now: Timestamp, settling_time: Duration) -> bool {
        self.accepted_at.is_none_or(|at| {
            // From a clock that is ahead of ours, it may lie in the future.
            now.duration_since(at).unsigned_abs() < settling_time
        })
    }
}
