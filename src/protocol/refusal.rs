//! Refusals that something outside the request may cure, and what of them stands while the call is
//! tried again.

use crate::cbr::{Class, Refusal, classify};
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationStatus, Outcome, RejectionKind,
};

/// Whether the cloud has documented the answer as a refusal that something outside the request may
/// cure. An answer without a documented code never is one.
pub(super) fn may_be_cured_outside(attempt: &Attempt) -> bool {
    let (Some(http_status), Some(code)) = (attempt.http_status, attempt.code.as_deref()) else {
        return false;
    };
    let terminal = (attempt.outcome, attempt.rejection)
        == (Some(Outcome::Rejected), Some(RejectionKind::Terminal));
    terminal
        && match classify(http_status, Some(code)) {
            Class::Rejected(Refusal::Terminal(reason)) => reason.is_cured_outside(),
            Class::Rejected(
                Refusal::Retry { .. }
                | Refusal::Throttled
                | Refusal::Unauthorized
                | Refusal::Duplicate,
            )
            | Class::Ambiguous
            | Class::Undocumented { .. } => false,
        }
}

/// Whether an attempt settles nothing of what the one before it was refused for: it is made again
/// within minutes.
pub(super) fn is_passing(attempt: &Attempt) -> bool {
    match attempt.outcome {
        None | Some(Outcome::NotSent) => true,
        Some(Outcome::Rejected) => {
            matches!(attempt.rejection, Some(RejectionKind::Temporary | RejectionKind::Throttled))
        }
        Some(Outcome::Accepted | Outcome::Unknown | Outcome::NotAccepted) => false,
    }
}

/// The refusal of the same request before the newest attempt.
pub(super) fn before_it(attempts: &[Attempt]) -> Option<&Attempt> {
    let (newest, earlier) = attempts.split_first()?;
    let refused = earlier.iter().find(|attempt| !is_passing(attempt))?;
    (may_be_cured_outside(refused) && refused.request_digest == newest.request_digest)
        .then_some(refused)
}

/// The refusal that stands while the same request is tried again without anybody's word: what
/// nothing has changed yet, is not told again.
pub(super) fn standing<'a>(
    resource: &BackupReplication,
    status: &'a BackupReplicationStatus,
) -> Option<&'a Attempt> {
    let newest = status.attempts.first()?;
    let refused = if is_passing(newest) {
        before_it(&status.attempts)?
    } else {
        Some(newest).filter(|newest| may_be_cured_outside(newest))?
    };
    let same_request = refused
        .request_digest
        .as_ref()
        .is_none_or(|digest| Some(digest) == resource.request_digest().as_ref());
    // A person who has ordered the call waits for its end.
    let ordered = status.decision_attempt.as_ref() == Some(&refused.id);
    (same_request && !ordered).then_some(refused)
}
