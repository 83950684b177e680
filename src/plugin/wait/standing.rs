//! Whether waiting is over, judged by facts and by the operator's conditions.

use crate::plugin::next::{Next, next, reason, waits_for_person};
use crate::plugin::options::Goal;
use crate::resource::{BackupReplication, Reason, TrackingEnd};

/// What there is to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// What was waited for is there.
    Reached,
    /// The cloud refused the call, or the replication failed.
    Refused,
    /// The operator asks for a person, or the goal cannot be seen any more.
    NeedsPerson,
    /// Only a person can bring what is missing. The operator checks for it automatically.
    WaitsForPerson,
    /// The operator or the cloud is at work, or will be.
    UnderWay,
}

/// How it stands with the goal. What was accepted, and went wrong, is no success for any goal.
pub(super) fn standing(resource: &BackupReplication, goal: Goal) -> Standing {
    let accepted = resource.status.as_ref().filter(|status| status.is_accepted());
    let Some(status) = accepted else {
        return before_acceptance(resource);
    };
    if !status.additional_records.is_empty() {
        return Standing::NeedsPerson;
    }
    match (status.tracking_end, goal) {
        (Some(TrackingEnd::Failed | TrackingEnd::Skipped), Goal::Accepted | Goal::Replicated) => {
            Standing::Refused
        }
        (
            None
            | Some(
                TrackingEnd::Replicated
                | TrackingEnd::NotReported
                | TrackingEnd::RecordGone
                | TrackingEnd::BackupGone
                | TrackingEnd::LimitReached,
            ),
            Goal::Accepted,
        )
        | (Some(TrackingEnd::Replicated), Goal::Replicated) => Standing::Reached,
        (
            Some(
                TrackingEnd::NotReported
                | TrackingEnd::RecordGone
                | TrackingEnd::BackupGone
                | TrackingEnd::LimitReached,
            ),
            Goal::Replicated,
        ) => Standing::NeedsPerson,
        (None, Goal::Replicated) if waits_for_person(resource) => Standing::WaitsForPerson,
        (None, Goal::Replicated) => Standing::UnderWay,
    }
}

fn before_acceptance(resource: &BackupReplication) -> Standing {
    if resource.metadata.deletion_timestamp.is_some() {
        return Standing::NeedsPerson;
    }
    match next(resource) {
        Next::Human if reason(resource) == Some(Reason::Rejected) => Standing::Refused,
        Next::Human => Standing::NeedsPerson,
        Next::Operator | Next::Nobody if waits_for_person(resource) => Standing::WaitsForPerson,
        Next::Operator | Next::Nobody => Standing::UnderWay,
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
