//! A situation in words: what happened, what happens next and when, or what the reader has to do.

use std::time::Duration;

use kube::ResourceExt;

use crate::protocol::credential::CredentialProblem;
use crate::protocol::decision;
use crate::protocol::describe::accepted::{accepted, without_command};
use crate::protocol::describe::situation::Situation;
use crate::protocol::describe::summary::{Actor, Summary, outcome_message, sentence, short};
use crate::protocol::describe::{choosing, questions};
use crate::protocol::evidence::OtherVault;
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationStatus, CredentialSource, Is, Outcome, Phase,
    Reason, RejectionKind,
};

/// After this, a message says how long it has been.
const LONG: Duration = Duration::from_secs(60 * 60);

/// The words for a situation.
pub(crate) fn summarize(
    resource: &BackupReplication,
    status: &BackupReplicationStatus,
    situation: &Situation,
) -> Summary {
    let waiting = |reason, message| Summary {
        phase: Phase::Pending,
        ready: Is::False,
        actor: Actor::Operator,
        reason,
        message,
    };
    let stalled = |phase, reason, message| Summary {
        phase,
        ready: Is::False,
        actor: Actor::Human,
        reason,
        message,
    };
    let open = |message| Summary {
        phase: Phase::OutcomeUnknown,
        ready: Is::Unknown,
        ..waiting(Reason::OutcomeUnknown, message)
    };
    match situation {
        Situation::BeingDeleted => Summary {
            actor: Actor::Nobody,
            ..waiting(
                Reason::BeingDeleted,
                "The resource is being deleted. No further call is made for it.".to_owned(),
            )
        },
        Situation::Suspended => Summary {
            actor: Actor::Nobody,
            ..waiting(Reason::Suspended, "No call is made while spec.suspend is true.".to_owned())
        },
        Situation::NoEndpoint => stalled(
            Phase::Pending,
            Reason::EndpointMissing,
            "spec.endpoint is not set and the operator has no default. Nothing was sent. Set \
             spec.endpoint, or have the administrator start the operator with --default-endpoint."
                .to_owned(),
        ),
        Situation::EndpointRefused(why) => stalled(
            Phase::Pending,
            Reason::EndpointRefused,
            format!(
                "spec.endpoint cannot be used: {} Nothing was sent. Correct spec.endpoint, or have \
                 the administrator allow it with --allowed-endpoint.",
                sentence(why)
            ),
        ),
        Situation::SpecInvalid(why) => stalled(
            Phase::Pending,
            Reason::SpecInvalid,
            format!(
                "The spec cannot be sent: {} Nothing was sent. Correct the spec.",
                sentence(why)
            ),
        ),
        Situation::NoCredential(_, CredentialProblem::IamEndpointRefused(why)) => stalled(
            Phase::Pending,
            Reason::EndpointRefused,
            format!(
                "spec.auth.iamEndpoint cannot be used: {} Nothing was sent. Correct \
                 spec.auth.iamEndpoint, or have the administrator allow it with \
                 --allowed-iam-endpoint.",
                sentence(why)
            ),
        ),
        Situation::NoCredential(source, problem) => {
            waiting(problem.reason(), no_credential(resource, source, problem))
        }
        Situation::CredentialRejected(source, why) => waiting(
            Reason::CredentialRejected,
            format!(
                "The cloud rejects {}: {} No call was accepted. {}",
                source.shown(),
                sentence(why),
                source.cure()
            ),
        ),
        Situation::ThrottledByOthers(until) => waiting(
            Reason::Throttled,
            format!(
                "The cloud is throttling this credential. No action needed: the call is made {}.",
                until.map_or_else(
                    || "as soon as the cloud takes it".to_owned(),
                    |until| format!("after {}", short(until))
                ),
            ),
        ),
        Situation::TurnToCome => waiting(
            Reason::Throttled,
            "The operator spreads its requests to the cloud, and this resource waits for its turn. \
             No action needed: the call is made then."
                .to_owned(),
        ),
        Situation::WaitingToRetry(attempt) => waiting(reason_of(attempt), retry(attempt)),
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
            let ended = format!("Attempt {} ended: {}", attempt.number, outcome_message(attempt));
            if attempt.outcome == Some(Outcome::Unknown) {
                open(format!("{ended} The operator is now checking the cloud's records."))
            } else {
                waiting(
                    reason_of(attempt),
                    format!("{ended} The operator continues automatically."),
                )
            }
        }
        Situation::UnknownHeld(attempt, unseen) => Summary {
            ready: Is::Unknown,
            ..stalled(
                Phase::OutcomeUnknown,
                Reason::OutcomeUnknown,
                questions::unknown(resource, attempt, unseen.as_deref()),
            )
        },
        Situation::UnknownThenCalledAgain(attempt, wait) => open(format!(
            "It is not known yet whether the cloud accepted attempt {}: {} If the records still \
             show no replication after {} s, the operator calls again.",
            attempt.number,
            outcome_message(attempt),
            wait.as_secs()
        )),
        Situation::UnknownLookedUp(attempt, wait) => open(format!(
            "It is not known yet whether the cloud accepted attempt {}: {} The operator checks the \
             backup's replication records, and the operation logs, for {} s. If they show nothing, \
             it will ask you to decide.",
            attempt.number,
            outcome_message(attempt),
            wait.as_secs()
        )),
        Situation::AlreadyReplicatedLookedUp(attempt) => waiting(
            Reason::AlreadyReplicated,
            format!(
                "The cloud says that a replica of the backup in {} already exists or is being \
                 made: {} The operator is looking for its record, to adopt it.",
                resource.spec.destination_region,
                outcome_message(attempt)
            ),
        ),
        Situation::LooksFail(why, since) => {
            waiting(Reason::LookUpFailed, failed("look up the backup", why, *since))
        }
        Situation::LookupDoubted(why, patience) => waiting(
            Reason::LookUpFailed,
            format!(
                "Could not look up the backup: {} One such answer may be a passing fault, so no \
                 call is made yet. If the answer stays the same for {} s, the call is made without \
                 a look-up.",
                sentence(why),
                patience.as_secs()
            ),
        ),
        Situation::TooYoung(restored) => waiting(
            Reason::TooYoung,
            if *restored {
                "The resource carries the marks of a restore, and the cloud shows no record that \
                 tells what was called for before. The first call waits for a few minutes, in case \
                 its earlier status is restored, too."
            } else {
                "The resource is new, and the cloud shows no record that tells what was called for \
                 before. The first call waits for some seconds, in case an earlier status is \
                 restored."
            }
            .to_owned(),
        ),
        Situation::ClaimRefused(why, until) => stalled(
            Phase::Pending,
            Reason::ClaimRefused,
            format!(
                "The API server does not keep what the operator writes into the status before a \
                 call: {} No call is made without it. Correct what refuses or changes the write \
                 (an admission policy or webhook, an old CRD, a missing role). The operator tries \
                 again after {}.",
                sentence(why),
                short(*until)
            ),
        ),
        Situation::ObjectTooLarge(bytes) => stalled(
            Phase::Pending,
            Reason::ObjectTooLarge,
            format!(
                "The metadata of this resource take {} KiB. Beyond 256 KiB the outcome of a call \
                 might not fit into it, so no call is made. Remove what fills it (annotations, \
                 finalizers, owner references, managed fields), or create the resource under \
                 another name.",
                bytes / 1024
            ),
        ),
        Situation::NoMatchingBackup(instead) => {
            waiting(Reason::NoMatchingBackup, choosing::none_fits(instead))
        }
        Situation::NewestUnclear(why) => waiting(Reason::LookUpFailed, choosing::unclear(why)),
        Situation::ListFails(why, since) => {
            waiting(Reason::LookUpFailed, failed("list the backups", why, *since))
        }
        Situation::BackupChosen(id, created_at) => {
            waiting(Reason::BackupChosen, choosing::chosen(id, *created_at))
        }
        Situation::SourceNotReady => waiting(
            Reason::SourceNotReady,
            "The backup is still being made. The call is made once it is complete.".to_owned(),
        ),
        Situation::SameTargetInUse(other) => waiting(
            Reason::SameTargetInUse,
            if *other == resource.name_any() {
                "An earlier resource of this name made a call for the same backup and region, \
                 which is too recent for the cloud's records to show it. This one continues once \
                 it shows, or after the settling time."
                    .to_owned()
            } else {
                format!(
                    "Waiting for BackupReplication \"{other}\": the outcome of its call for the \
                     same backup and region is not known yet."
                )
            },
        ),
        Situation::AlreadyReplicated(attempt, other_vault, unseen) => stalled(
            Phase::Failed,
            Reason::AlreadyReplicated,
            questions::already_replicated(
                resource,
                attempt,
                &elsewhere(other_vault.as_ref()),
                unseen.as_deref(),
            ),
        ),
        Situation::Rejected(attempt, retries) => {
            stalled(Phase::Failed, Reason::Rejected, rejected(resource, attempt, *retries))
        }
        Situation::Accepted => accepted(resource, status),
        Situation::AcceptedWithUnknown(attempt, unseen) => stalled(
            Phase::OutcomeUnknown,
            Reason::OutcomeUnknown,
            format!(
                "{} The outcome of another attempt is unknown. {}",
                without_command(resource, status),
                questions::unknown(resource, attempt, unseen.as_deref())
            ),
        ),
    }
}

/// A refusal, and what leads on.
fn rejected(resource: &BackupReplication, attempt: &Attempt, retries: bool) -> String {
    let when = attempt.retry_at.as_ref().filter(|_| retries).map(|at| short(at.0));
    let next = match when {
        Some(when) => format!(
            "The operator tries again after {when}, and sooner when the Secret or the spec changes."
        ),
        None => "A corrected spec starts a new attempt.".to_owned(),
    };
    format!(
        "The cloud rejected attempt {}: {} Nothing was accepted.{} {next} To call again with the \
         same spec: {}",
        attempt.number,
        outcome_message(attempt),
        choosing::choice_stays(resource),
        decision::command(resource, attempt.id.as_str(), "retry")
    )
}

/// An attempt that did not lead to an acceptance, and the next one.
fn retry(attempt: &Attempt) -> String {
    let outcome = outcome_message(attempt);
    let when = attempt
        .retry_at
        .as_ref()
        .map_or_else(|| "soon".to_owned(), |at| format!("after {}", short(at.0)));
    let number = attempt.number;
    match (attempt.outcome, attempt.rejection) {
        (_, Some(RejectionKind::Throttled)) => {
            format!(
                "The cloud is throttling requests: {outcome} No action needed: the next attempt is \
                 made {when}."
            )
        }
        (_, Some(RejectionKind::Temporary)) => {
            format!(
                "The cloud cannot take the call now: {outcome} No action needed: the next attempt \
                 is made {when}."
            )
        }
        (Some(Outcome::NotSent), None) => format!(
            "Attempt {number} could not be sent: {outcome} The operator retries automatically: the \
             next attempt is made {when}."
        ),
        (
            _,
            Some(
                RejectionKind::Terminal
                | RejectionKind::Unauthorized
                | RejectionKind::AlreadyReplicated,
            )
            | None,
        ) => {
            format!("Attempt {number} was not accepted: {outcome} The next attempt is made {when}.")
        }
    }
}

/// `why` may name the place; what to check then stands with it.
fn failed(what: &str, why: &str, since: Duration) -> String {
    let names_place = why.starts_with("https://") || why.starts_with("http://");
    let at = if names_place { " at " } else { ": " };
    let long = if since >= LONG { "For more than an hour: could" } else { "Could" };
    format!(
        "{long} not {what}{at}{} No call was made. The operator retries automatically. \
         If it persists, check the endpoint, DNS, NetworkPolicies, proxy and --ca-bundle.",
        sentence(why)
    )
}

/// That the region holds a replica of the backup in another vault already.
fn elsewhere(other_vault: Option<&OtherVault>) -> String {
    other_vault.map_or_else(String::new, |OtherVault { record, vault }| {
        format!(
            " Replication record {record} shows a replication of this backup to the same region \
             into another vault ({vault}); the cloud keeps one replica for each region."
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
        Some(RejectionKind::Unauthorized) => Reason::CredentialRejected,
        Some(RejectionKind::AlreadyReplicated) => Reason::AlreadyReplicated,
        None => Reason::NotSent,
    }
}

/// What keeps the operator from having a credential, and what follows.
fn no_credential(
    resource: &BackupReplication,
    source: &CredentialSource,
    problem: &CredentialProblem,
) -> String {
    let what = sentence(&problem.sentence(source));
    let one = source.one();
    match problem {
        CredentialProblem::NotFound => {
            let namespace = resource.namespace().unwrap_or_default();
            format!(
                "{} does not exist in namespace {namespace}. No call was made. The operator calls \
                 automatically once {}.",
                capital(&source.to_string()),
                match source.secret_name() {
                    Some(_) => format!("the Secret holds {one}"),
                    None => "it exists".to_owned(),
                }
            )
        }
        CredentialProblem::Missing(_) => {
            format!("{what} The operator calls automatically once it holds {one}.")
        }
        CredentialProblem::Unusable(_) => format!(
            "{what} Nothing was sent. The operator calls automatically once it holds {one}."
        ),
        CredentialProblem::NotPermitted(why) => format!(
            "The operator may not {}: {} It calls automatically once it may.",
            source.act(),
            sentence(why)
        ),
        CredentialProblem::LoginRefused(_) => {
            let next = match source.secret_name() {
                Some(_) => format!(
                    "Correct {source}; the operator then continues automatically. It tries the \
                     same login again very seldom, because IAM locks users."
                ),
                None => "Correct the identity provider and its mapping in IAM, or \
                         spec.auth.serviceAccount. The operator tries again automatically, at \
                         least every 5 minutes."
                    .to_owned(),
            };
            format!("{} Nothing was sent to CBR. {next}", capital(&what))
        }
        CredentialProblem::IamEndpointRefused(_) | CredentialProblem::LoginFailed(_) => format!(
            "{} Nothing was sent to CBR. The operator tries again automatically.",
            capital(&what)
        ),
    }
}

/// With a capital at its beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
