//! An attempt in plain words.

use crate::resource::{Attempt, Outcome, RejectionKind};

/// How an attempt ended.
pub(super) fn outcome(attempt: &Attempt) -> &'static str {
    match attempt.outcome {
        None => "no outcome yet, the call may be under way",
        Some(Outcome::Accepted) => "accepted by the cloud",
        Some(Outcome::NotSent) => "never sent",
        Some(Outcome::Rejected) => match attempt.rejection {
            Some(RejectionKind::Terminal) | None => "rejected by the cloud for good",
            Some(RejectionKind::Temporary) => "rejected by the cloud for now",
            Some(RejectionKind::Throttled) => "rejected by the cloud, as there were too many calls",
            Some(RejectionKind::Unauthorized) => "rejected by the cloud, which refused the token",
            Some(RejectionKind::AlreadyReplicated) => {
                "rejected by the cloud, which says that there is a replica already"
            }
        },
        Some(Outcome::Unknown) => "nobody can tell whether the cloud accepted it",
        Some(Outcome::NotAccepted) => "unknown at first, then settled as not accepted",
    }
}
