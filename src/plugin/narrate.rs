//! An attempt in plain words.

use crate::resource::{Attempt, Outcome, RejectionKind};

/// How an attempt ended.
pub(super) fn outcome(attempt: &Attempt) -> &'static str {
    match attempt.outcome {
        None => "no outcome yet, the call may be in flight",
        Some(Outcome::Accepted) => "accepted by the cloud",
        Some(Outcome::NotSent) => "never sent",
        Some(Outcome::Rejected) => match attempt.rejection {
            Some(RejectionKind::Terminal) | None => "rejected by the cloud permanently",
            Some(RejectionKind::Temporary) => "rejected by the cloud temporarily",
            Some(RejectionKind::Throttled) => "throttled by the cloud",
            Some(RejectionKind::Unauthorized) => "not accepted: the cloud rejected the credential",
            Some(RejectionKind::AlreadyReplicated) => {
                "not accepted: the cloud says that a replica already exists or is being made"
            }
        },
        Some(Outcome::Unknown) => "unknown whether the cloud accepted it",
        Some(Outcome::NotAccepted) => "unknown at first, then found not accepted",
    }
}
