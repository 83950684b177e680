//! A situation in words: what happened, what happens next and when, or what the reader has to do.

use std::time::Duration;

use kube::ResourceExt;

use crate::protocol::decision;
use crate::protocol::describe::accepted::accepted;
use crate::protocol::describe::questions;
use crate::protocol::describe::situation::Situation;
use crate::protocol::describe::summary::{Actor, Summary, outcome_message, short};
use crate::protocol::evidence::OtherVault;
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationStatus, Is, Outcome, Phase, Reason, RejectionKind, SecretKeyRef,
};

/// After this, a message says how long it has been.
const LONG: Duration = Duration::from_secs(60 * 60);

/// The words for a situation.
pub(crate) fn summarize(
    resource: &BackupReplication,
    status: &BackupReplicationStatus,
    situation: &Situation,
) -> Summary {
    let waiting =
        |reason, message| Summary { phase: Phase::Pending, ready: Is::False, actor: Actor::Operator, reason, message };
    let stalled = |phase, reason, message| Summary { phase, ready: Is::False, actor: Actor::Human, reason, message };
    let secret = |reference: &SecretKeyRef| format!("Secret {}, key {}", reference.name, reference.key());
    match situation {
        Situation::BeingDeleted => Summary {
            actor: Actor::Nobody,
            ..waiting(
                Reason::BeingDeleted,
                "The resource is being deleted: no call is made for it any more.".to_owned(),
            )
        },
        Situation::Suspended => Summary {
            actor: Actor::Nobody,
            ..waiting(Reason::Suspended, "No call is made while spec.suspend is true.".to_owned())
        },
        Situation::NoEndpoint => stalled(
            Phase::Pending,
            Reason::EndpointMissing,
            "spec.endpoint is not set and the operator has no default. Nothing was sent. Set spec.endpoint, \
             or have the administrator start the operator with --default-endpoint."
                .to_owned(),
        ),
        Situation::EndpointRefused(why) => stalled(
            Phase::Pending,
            Reason::EndpointRefused,
            format!(
                "spec.endpoint is not called: {why}. Nothing was sent. Correct spec.endpoint, or have the \
                 administrator allow it with --allowed-endpoint."
            ),
        ),
        Situation::SpecInvalid(why) => stalled(
            Phase::Pending,
            Reason::SpecInvalid,
            format!("The spec cannot be sent: {why}. Nothing was sent. Correct the spec."),
        ),
        Situation::SecretNotFound(reference) => waiting(
            Reason::SecretNotFound,
            format!(
                "{} is not there: namespace {} has no such Secret. The call is made once it exists.",
                secret(reference),
                resource.namespace().unwrap_or_default()
            ),
        ),
        Situation::TokenMissing(reference) => waiting(
            Reason::TokenMissing,
            format!("{} is missing or empty. The call is made once it holds a token.", secret(reference)),
        ),
        Situation::TokenUnusable(reference, why) => waiting(
            Reason::TokenUnusable,
            format!(
                "{} cannot be sent as X-Auth-Token: {why}. The call is made once it holds a token.",
                secret(reference)
            ),
        ),
        Situation::SecretNotPermitted(reference, why) => waiting(
            Reason::SecretNotPermitted,
            format!("{} may not be read: {why}. The call is made once it may.", secret(reference)),
        ),
        Situation::TokenRejected(reference, why) => waiting(
            Reason::TokenRejected,
            format!(
                "The cloud rejects the token in {}: {} No call was accepted. Put a valid token into the Secret; the \
                 operator then continues automatically.",
                secret(reference),
                sentence(why)
            ),
        ),
        Situation::ThrottledByOthers(until) => waiting(
            Reason::Throttled,
            format!(
                "The endpoint asked callers with this credential to wait. The call is made after {}.",
                short(*until)
            ),
        ),
        Situation::WaitingToRetry(attempt) => waiting(reason_of(attempt), {
            let when =
                attempt.retry_at.as_ref().map_or_else(|| "soon".to_owned(), |at| format!("after {}", short(at.0)));
            format!(
                "Attempt {} was not accepted: {} The next one is made {when}.",
                attempt.number,
                outcome_message(attempt)
            )
        }),
        Situation::Submitting(attempt, other_vault) => Summary {
            phase: Phase::Submitting,
            ready: Is::Unknown,
            actor: Actor::Operator,
            reason: Reason::Submitting,
            message: format!(
                "Attempt {} ({}) is claimed and its call may be in flight.{}",
                attempt.number,
                attempt.id,
                elsewhere(other_vault.as_ref())
            ),
        },
        Situation::CallEnded(attempt) => {
            let message = format!(
                "Attempt {} has ended: {} What follows is being decided.",
                attempt.number,
                outcome_message(attempt)
            );
            if attempt.outcome == Some(Outcome::Unknown) {
                Summary { phase: Phase::OutcomeUnknown, ready: Is::Unknown, ..waiting(Reason::OutcomeUnknown, message) }
            } else {
                waiting(reason_of(attempt), message)
            }
        }
        Situation::UnknownHeld(attempt) => Summary {
            ready: Is::Unknown,
            ..stalled(Phase::OutcomeUnknown, Reason::OutcomeUnknown, questions::unknown(resource, attempt))
        },
        Situation::UnknownThenCalledAgain(attempt, wait) => Summary {
            phase: Phase::OutcomeUnknown,
            ready: Is::Unknown,
            actor: Actor::Operator,
            reason: Reason::OutcomeUnknown,
            message: format!(
                "It is not known yet whether attempt {} was accepted: {} If nothing shows that it was, the next attempt \
                 is made once it has stayed so for {} s.",
                attempt.number,
                outcome_message(attempt),
                wait.as_secs()
            ),
        },
        Situation::UnknownLookedUp(attempt, wait) => Summary {
            phase: Phase::OutcomeUnknown,
            ready: Is::Unknown,
            actor: Actor::Operator,
            reason: Reason::OutcomeUnknown,
            message: format!(
                "It is not known yet whether attempt {} was accepted: {} The backup's replication records are looked at \
                 for {} s; if they show nothing, you will be asked to decide.",
                attempt.number,
                outcome_message(attempt),
                wait.as_secs()
            ),
        },
        Situation::AlreadyReplicatedLookedUp(attempt) => waiting(
            Reason::AlreadyReplicated,
            format!(
                "The cloud says that the backup is being, or was, replicated to {}: {} Its record is looked for, to \
                 adopt it.",
                resource.spec.destination_region,
                outcome_message(attempt)
            ),
        ),
        Situation::LooksFail(why, since) => waiting(
            Reason::LookUpFailed,
            if *since >= LONG {
                format!(
                    "For more than an hour the backup could not be looked up, so no call was made: {why}. It goes on by \
                     itself; check the endpoint and the network."
                )
            } else {
                format!("The backup is looked up before the call, and that failed: {why}. It is tried again by itself.")
            },
        ),
        Situation::LookupDoubted(why, patience) => waiting(
            Reason::LookUpFailed,
            format!(
                "The backup could not be looked up: {} One such answer may be a passing fault, so no call is made yet. If \
                 the answer stays the same for {} s, the call is made without a look-up.",
                sentence(why),
                patience.as_secs()
            ),
        ),
        Situation::TooYoung(restored) => waiting(
            Reason::TooYoung,
            if *restored {
                "The resource carries the marks of a restore, and the cloud shows no record that tells what was called for \
                 before. The first call waits for a few minutes, in case its earlier status is restored, too."
            } else {
                "The resource is new, and the cloud shows no record that tells what was called for before. The first call \
                 waits for some seconds, in case an earlier status is restored."
            }
            .to_owned(),
        ),
        Situation::ClaimRefused(why, until) => stalled(
            Phase::Pending,
            Reason::ClaimRefused,
            format!(
                "The API server does not keep what the operator writes into the status before a call: {} No call is made \
                 without it. Correct what refuses or changes the write (an admission policy or webhook, an old CRD, a \
                 missing role). The operator tries again after {}.",
                sentence(why),
                short(*until)
            ),
        ),
        Situation::ObjectTooLarge(bytes) => stalled(
            Phase::Pending,
            Reason::ObjectTooLarge,
            format!(
                "The metadata of this resource take {} KiB. Beyond 256 KiB the outcome of a call might find no room in it, so \
                 no call is made. Remove what fills it (annotations, finalizers, owner references, managed fields), or \
                 create the resource under another name.",
                bytes / 1024
            ),
        ),
        Situation::SourceNotReady => waiting(
            Reason::SourceNotReady,
            "The backup is still being made. The call is made when it is complete.".to_owned(),
        ),
        Situation::SameTargetInUse(other) => waiting(
            Reason::SameTargetInUse,
            if *other == resource.name_any() {
                "A call for the same backup and region was made for an earlier resource of this name, and is too young for \
                 the cloud's records to show it. This one goes on when it shows, or after the settling time."
                    .to_owned()
            } else {
                format!(
                    "BackupReplication {other} has a call for the same backup and region that is not settled yet. This one \
                     goes on after it."
                )
            },
        ),
        Situation::AlreadyReplicated(attempt, other_vault) => stalled(
            Phase::Failed,
            Reason::AlreadyReplicated,
            questions::already_replicated(resource, attempt, &elsewhere(other_vault.as_ref())),
        ),
        Situation::Rejected(attempt) => stalled(
            Phase::Failed,
            Reason::Rejected,
            format!(
                "The cloud rejected attempt {}: {} Nothing was accepted. A corrected spec starts a new attempt. To call \
                 again with the same spec: {}",
                attempt.number,
                outcome_message(attempt),
                decision::command(resource, attempt.id.as_str(), "retry")
            ),
        ),
        Situation::Accepted => accepted(resource, status),
        Situation::AcceptedWithUnknown(attempt) => stalled(
            Phase::OutcomeUnknown,
            Reason::OutcomeUnknown,
            format!(
                "{} And {}",
                accepted(resource, status).message,
                lower_first(&questions::unknown(resource, attempt))
            ),
        ),
    }
}

/// Closed by a full stop.
fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

/// That the region holds a replica of the backup in another vault already.
fn elsewhere(other_vault: Option<&OtherVault>) -> String {
    other_vault.map_or_else(String::new, |OtherVault { record, vault }| {
        format!(
            " Replication record {record} shows a replication of this backup to the same region into another vault \
             ({vault}); the cloud keeps one replica for each region."
        )
    })
}

fn reason_of(attempt: &Attempt) -> Reason {
    if attempt.outcome == Some(Outcome::NotAccepted) {
        return Reason::NotAccepted;
    }
    match attempt.rejection {
        Some(RejectionKind::Throttled) => Reason::Throttled,
        Some(RejectionKind::Temporary) => Reason::TemporarilyRejected,
        Some(RejectionKind::Terminal) => Reason::Rejected,
        Some(RejectionKind::Unauthorized) => Reason::TokenRejected,
        Some(RejectionKind::AlreadyReplicated) => Reason::AlreadyReplicated,
        None => Reason::NotSent,
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
