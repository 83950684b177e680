//! A call that is tried again after a refusal. What the refusal has said holds until something else
//! comes of it: a try tells nobody anything new, so that no Event, alert or condition moves for it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::protocol::describe::situation::Situation;
use crate::protocol::describe::summary::{Actor, Summary, outcome_message};
use crate::protocol::refusal::standing;
use crate::resource::{BackupReplication, BackupReplicationStatus, Is, Outcome, Phase, Reason};

/// The summary, or that of the refusal that stands while the call is tried again.
pub(super) fn unless_a_refusal_stands(
    resource: &BackupReplication,
    status: &BackupReplicationStatus,
    situation: &Situation,
    summary: Summary,
) -> Summary {
    let Some(refused) = standing(resource, status).filter(|_| is_passing(situation)) else {
        return summary;
    };
    Summary {
        phase: Phase::Failed,
        ready: Is::False,
        actor: Actor::Human,
        reason: Reason::Rejected,
        message: format!(
            "The cloud rejected attempt {}: {} Nothing was accepted. The operator is trying \
             again. {}",
            refused.number,
            outcome_message(refused),
            summary.message
        ),
    }
}

/// Whether the situation ends without anybody, and says nothing of what the cloud refused.
fn is_passing(situation: &Situation) -> bool {
    match situation {
        Situation::ThrottledByOthers(_)
        | Situation::WaitingToRetry(_)
        | Situation::Submitting(..)
        | Situation::LooksFail(..)
        | Situation::LookupDoubted(..)
        | Situation::SameTargetInUse(_)
        | Situation::TurnToCome => true,
        Situation::CallEnded(attempt) => attempt.outcome != Some(Outcome::Unknown),
        Situation::BeingDeleted
        | Situation::Suspended
        | Situation::NoEndpoint
        | Situation::EndpointRefused(_)
        | Situation::SpecInvalid(_)
        | Situation::NoCredential(..)
        | Situation::CredentialRejected(..)
        | Situation::UnknownLookedUp(..)
        | Situation::UnknownHeld(..)
        | Situation::UnknownThenCalledAgain(..)
        | Situation::AlreadyReplicatedLookedUp(_)
        | Situation::Rejected(..)
        | Situation::AlreadyReplicated(..)
        | Situation::TooYoung(_)
        | Situation::ClaimRefused(..)
        | Situation::ObjectTooLarge(_)
        | Situation::NoMatchingBackup(_)
        | Situation::NewestUnclear(_)
        | Situation::ListFails(..)
        | Situation::BackupChosen(..)
        | Situation::SourceNotReady
        | Situation::Accepted
        | Situation::AcceptedWithUnknown(..) => false,
    }
}

/// When the operator makes the next attempt without any change, for a reader.
pub(super) fn retry_at(situation: &Situation) -> Option<Time> {
    match situation {
        Situation::WaitingToRetry(attempt) | Situation::Rejected(attempt, true) => {
            attempt.retry_at.clone()
        }
        Situation::Rejected(_, false)
        | Situation::BeingDeleted
        | Situation::Suspended
        | Situation::NoEndpoint
        | Situation::EndpointRefused(_)
        | Situation::SpecInvalid(_)
        | Situation::NoCredential(..)
        | Situation::CredentialRejected(..)
        | Situation::ThrottledByOthers(_)
        | Situation::Submitting(..)
        | Situation::CallEnded(_)
        | Situation::UnknownLookedUp(..)
        | Situation::UnknownHeld(..)
        | Situation::UnknownThenCalledAgain(..)
        | Situation::AlreadyReplicatedLookedUp(_)
        | Situation::AlreadyReplicated(..)
        | Situation::LooksFail(..)
        | Situation::LookupDoubted(..)
        | Situation::TooYoung(_)
        | Situation::ClaimRefused(..)
        | Situation::ObjectTooLarge(_)
        | Situation::NoMatchingBackup(_)
        | Situation::NewestUnclear(_)
        | Situation::ListFails(..)
        | Situation::BackupChosen(..)
        | Situation::SourceNotReady
        | Situation::SameTargetInUse(_)
        | Situation::TurnToCome
        | Situation::Accepted
        | Situation::AcceptedWithUnknown(..) => None,
    }
}
