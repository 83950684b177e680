//! What to do next for a resource.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use super::backoff;
use super::claim::claim;
use super::describe::{Situation, describe};
use super::human;
use super::observation::{CredentialReading, Observation, TargetReading};
use super::policy::Policy;
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationStatus, DECISION_ANNOTATION, OnUnknownOutcome, Outcome, RejectionKind,
    SecretKeyRef,
};

/// The one thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Leave it alone: it is being deleted.
    LeaveAlone,
    /// Read the Secret named here and decide again with what it gave.
    ReadCredential(SecretKeyRef),
    /// Write this status under guard. If that succeeds, the attempt in it is claimed: make its call at once.
    Claim {
        /// The status with the attempt at its head.
        status: Box<BackupReplicationStatus>,
        /// That attempt.
        attempt: Box<Attempt>,
    },
    /// See to it that the status is this one; then wait.
    Settle {
        /// The status as it should be; nothing is written if it is so already.
        status: Box<BackupReplicationStatus>,
        /// When to look again without being told; `None`: when the object changes.
        again: Option<Duration>,
    },
}

/// Whether there is nothing to do for this resource until it changes, judged by the object alone.
/// Such resources are neither read nor written again.
pub fn is_finished(resource: &BackupReplication) -> bool {
    let Some(status) = &resource.status else {
        return false;
    };
    status.is_accepted()
        && status.observed_generation == resource.metadata.generation
        && status.conditions.iter().any(|c| c.observed_generation == resource.metadata.generation)
        && status.attempts.iter().all(|a| a.outcome.is_some())
}

/// The next step. It rests on facts: the spec, the attempts, what was accepted, and what was seen; never on `phase`.
pub fn decide(seen: &Observation<'_>, policy: &Policy) -> Action {
    let resource = seen.resource;
    if resource.metadata.deletion_timestamp.is_some() {
        return Action::LeaveAlone;
    }
    let mut status = resource.status.clone().unwrap_or_default();
    status.observed_generation = resource.metadata.generation;
    expire(&mut status, seen, policy);
    let annotation = resource.annotations().get(DECISION_ANNOTATION);
    let note = human::apply(&mut status, annotation.map(String::as_str), seen.now);

    let step = match assess(&mut status, seen, policy) {
        Step::Wait(wait) => wait,
        Step::MayCall => match before_call(&status, seen) {
            Ready::Wait(wait) => wait,
            Ready::ReadCredential(reference) => return Action::ReadCredential(reference),
            Ready::Call { endpoint, version } => {
                let attempt = claim(
                    &mut status,
                    seen.fresh,
                    policy,
                    endpoint,
                    version,
                    resource.metadata.generation.unwrap_or_default(),
                    seen.now,
                );
                let situation = Situation::Submitting(attempt.clone());
                describe(resource, &mut status, &situation, None, seen.now);
                return Action::Claim { status: Box::new(status), attempt: Box::new(attempt) };
            }
        },
        Step::ReadCredential(reference) => return Action::ReadCredential(reference),
    };
    describe(resource, &mut status, &step.situation, note.as_deref(), seen.now);
    Action::Settle { status: Box::new(status), again: step.again }
}

struct Wait {
    situation: Box<Situation>,
    again: Option<Duration>,
}

impl Wait {
    fn new(situation: Situation, again: Option<Duration>) -> Self {
        Self { situation: Box::new(situation), again }
    }
}

enum Step {
    Wait(Wait),
    ReadCredential(SecretKeyRef),
    MayCall,
}

/// An attempt without an outcome gets one when its claimant can no longer have it: not sent, if this very process
/// knows that it never called; else unknown, once the claim is stale.
fn expire(status: &mut BackupReplicationStatus, seen: &Observation<'_>, policy: &Policy) {
    let Some(attempt) = status.attempts.first_mut().filter(|a| a.outcome.is_none()) else {
        return;
    };
    if seen.never_called {
        human::settle(
            attempt,
            Outcome::NotSent,
            "The claim's answer came too late for the call to start; nothing was sent.",
            seen.now,
        );
        let delay = backoff::retry_delay(&attempt.id, None, None);
        attempt.retry_at = backoff::over_at(seen.now, delay).map(Time);
    } else if seen.seen_for >= policy.hold(attempt) {
        human::settle(
            attempt,
            Outcome::Unknown,
            &format!("The process that claimed the call ({}) never recorded how it ended.", attempt.claimed_by),
            seen.now,
        );
    }
}

/// Where the resource stands by its own history: what forbids a call, or that one may be made.
fn assess(status: &mut BackupReplicationStatus, seen: &Observation<'_>, policy: &Policy) -> Step {
    if status.is_accepted() {
        return Step::Wait(Wait::new(Situation::Accepted, until_stale(status, seen, policy)));
    }
    let generation = seen.resource.metadata.generation.unwrap_or_default();
    let spec = &seen.resource.spec;
    let Some(attempt) = status.attempts.first().cloned() else {
        return Step::MayCall;
    };
    let changed = attempt.generation != generation;
    match attempt.outcome {
        None => {
            let left = policy.hold(&attempt).saturating_sub(seen.seen_for);
            Step::Wait(Wait::new(Situation::Submitting(attempt), Some(left)))
        }
        Some(Outcome::Unknown) => unknown(status, attempt, spec.on_unknown_outcome(), seen, policy),
        Some(Outcome::NotAccepted) => Step::MayCall,
        Some(Outcome::NotSent) => {
            if changed {
                Step::MayCall
            } else {
                retry_later(attempt, seen.now)
            }
        }
        Some(Outcome::Rejected) => match attempt.rejection {
            Some(RejectionKind::Throttled) => retry_later(attempt, seen.now),
            Some(RejectionKind::Temporary) if changed => Step::MayCall,
            Some(RejectionKind::Temporary) => retry_later(attempt, seen.now),
            Some(RejectionKind::Unauthorized) => unauthorized(attempt, seen),
            Some(RejectionKind::Terminal | RejectionKind::AlreadyReplicated) | None => {
                if changed || human::calls_anew(status, &attempt) {
                    Step::MayCall
                } else {
                    Step::Wait(Wait::new(Situation::Rejected(attempt), None))
                }
            }
        },
        Some(Outcome::Accepted) => Step::Wait(Wait::new(Situation::Accepted, None)),
    }
}

/// Accepted, and yet an attempt may be out (in a store that was restored): its end is still waited for.
fn until_stale(status: &BackupReplicationStatus, seen: &Observation<'_>, policy: &Policy) -> Option<Duration> {
    let out = status.attempts.first().filter(|attempt| attempt.outcome.is_none())?;
    Some(policy.hold(out).saturating_sub(seen.seen_for))
}

/// Unknown: by the resource's own policy a human decides, or the settling time does. An answer of 2xx says too
/// loudly "accepted" for the settling time to settle it otherwise.
fn unknown(
    status: &mut BackupReplicationStatus,
    attempt: Attempt,
    on_unknown: OnUnknownOutcome,
    seen: &Observation<'_>,
    policy: &Policy,
) -> Step {
    let said_2xx = attempt.http_status.is_some_and(|s| (200..300).contains(&s));
    match on_unknown {
        OnUnknownOutcome::CallAgain if !said_2xx => {
            let wait = policy.settling_time + policy.hold(&attempt);
            let left = wait.saturating_sub(seen.seen_for);
            if left.is_zero() {
                if let Some(attempt) = status.attempts.first_mut() {
                    human::settle(
                        attempt,
                        Outcome::NotAccepted,
                        "Taken as not accepted: onUnknownOutcome is CallAgain.",
                        seen.now,
                    );
                }
                return Step::MayCall;
            }
            Step::Wait(Wait::new(Situation::UnknownThenCalledAgain(attempt, wait), Some(left)))
        }
        OnUnknownOutcome::CallAgain | OnUnknownOutcome::Hold => {
            Step::Wait(Wait::new(Situation::UnknownHeld(attempt), None))
        }
    }
}

fn retry_later(attempt: Attempt, now: Timestamp) -> Step {
    let left = attempt.retry_at.as_ref().map_or(Duration::ZERO, |at| backoff::remaining(at.0, now));
    if left.is_zero() { Step::MayCall } else { Step::Wait(Wait::new(Situation::WaitingToRetry(attempt), Some(left))) }
}

/// A refused token: called again when the Secret has changed, and else very seldom.
fn unauthorized(attempt: Attempt, seen: &Observation<'_>) -> Step {
    let Some(reference) = &seen.resource.spec.auth.token_secret_ref else {
        return Step::MayCall;
    };
    let Some(credential) = &seen.credential else {
        return Step::ReadCredential(reference.clone());
    };
    match credential {
        CredentialReading::Usable { version } => {
            let same = attempt.secret_version.as_ref() == Some(version)
                && attempt.generation == seen.resource.metadata.generation.unwrap_or_default();
            let left = attempt.retry_at.as_ref().map_or(Duration::ZERO, |at| backoff::remaining(at.0, seen.now));
            if !same || left.is_zero() {
                return Step::MayCall;
            }
            let since = attempt.ended_at.as_ref().map_or(seen.now, |at| at.0);
            let again = backoff::poll_delay(since, seen.now).min(left);
            Step::Wait(Wait::new(Situation::TokenRejected(attempt, reference.clone()), Some(again)))
        }
        CredentialReading::SecretNotFound
        | CredentialReading::TokenMissing
        | CredentialReading::TokenUnusable(_)
        | CredentialReading::NotPermitted(_) => Step::MayCall,
    }
}

enum Ready<'a> {
    Wait(Wait),
    ReadCredential(SecretKeyRef),
    Call { endpoint: &'a str, version: &'a str },
}

/// All that must be at hand before the claim, because nothing waits after it.
fn before_call<'a>(status: &BackupReplicationStatus, seen: &'a Observation<'_>) -> Ready<'a> {
    let wait = |situation, again| Ready::Wait(Wait::new(situation, again));
    // The API server lets an attempt follow only one that is settled there already: that is written first.
    if let Some(attempt) = settled_in_this_round(status, seen) {
        return wait(Situation::WaitingToRetry(attempt), Some(Duration::ZERO));
    }
    if seen.resource.spec.suspended() {
        return wait(Situation::Suspended, None);
    }
    let endpoint = match &seen.target {
        TargetReading::Callable { endpoint } => endpoint,
        TargetReading::NoEndpoint => return wait(Situation::NoEndpoint, None),
        TargetReading::EndpointRefused(why) => {
            return wait(Situation::EndpointRefused(why.clone()), None);
        }
        TargetReading::Invalid(why) => return wait(Situation::SpecInvalid(why.clone()), None),
    };
    let Some(reference) = seen.resource.spec.auth.token_secret_ref.clone() else {
        let why = "spec.auth names no credential".to_owned();
        return wait(Situation::SpecInvalid(why), None);
    };
    let Some(credential) = &seen.credential else {
        return Ready::ReadCredential(reference);
    };
    let poll = Some(backoff::poll_delay(waiting_since(status, seen), seen.now));
    let version = match credential {
        CredentialReading::Usable { version } => version,
        CredentialReading::SecretNotFound => return wait(Situation::SecretNotFound(reference), poll),
        CredentialReading::TokenMissing => return wait(Situation::TokenMissing(reference), poll),
        CredentialReading::TokenUnusable(why) => {
            return wait(Situation::TokenUnusable(reference, why.clone()), poll);
        }
        CredentialReading::NotPermitted(why) => {
            return wait(Situation::SecretNotPermitted(reference, why.clone()), poll);
        }
    };
    match seen.throttled_until {
        Some(until) if until > seen.now => {
            wait(Situation::ThrottledByOthers(until), Some(backoff::remaining(until, seen.now)))
        }
        Some(_) | None => Ready::Call { endpoint, version },
    }
}

/// The attempt in force, if what settles it is not in the stored status yet.
fn settled_in_this_round(status: &BackupReplicationStatus, seen: &Observation<'_>) -> Option<Attempt> {
    let stored = seen.resource.status.as_ref()?.attempts.first()?;
    let settled_there = stored.outcome.is_some_and(Outcome::allows_next_attempt);
    status.attempts.first().filter(|_| !settled_there).cloned()
}

/// Since when the resource has been waiting for its user.
fn waiting_since(status: &BackupReplicationStatus, seen: &Observation<'_>) -> Timestamp {
    status
        .attempts
        .first()
        .and_then(|attempt| attempt.ended_at.as_ref())
        .or(seen.resource.metadata.creation_timestamp.as_ref())
        .map_or(seen.now, |at| at.0)
}
