//! After a refusal of the request. It proves that nothing was accepted, so that to call once more
//! is as safe as the first time. What is wrong with the request itself is not repeated unchanged.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::protocol::backoff;
use crate::protocol::credential::{CredentialReading, comes_from_another};
use crate::protocol::decide::step::{Need, Step, Wait};
use crate::protocol::describe::situation::Situation;
use crate::protocol::observation::Observation;
use crate::protocol::policy::Policy;
use crate::protocol::refusal::{before_it, may_be_cured_outside};
use crate::resource::{Attempt, BackupReplicationStatus, OnRejection};

/// A Secret that something changes again and again must not lead to call after call: so small a
/// part of the first wait is kept in any case.
const PAUSE: u32 = 10;
/// So must two writers of a spec that name different credentials in turn. Who edits it once hardly
/// notices so small a part.
const PAUSE_OF_EDITS: u32 = 60;

/// `ended_for`: how long this process has seen it so.
pub(crate) fn refused(
    status: &mut BackupReplicationStatus,
    attempt: Attempt,
    ended_for: Duration,
    seen: &Observation<'_>,
    policy: &Policy,
) -> Step {
    let retries =
        seen.resource.spec.on_rejection() == OnRejection::Retry && may_be_cured_outside(&attempt);
    if !retries {
        return held(attempt, ended_for, seen, policy);
    }
    let attempt = with_retry(status, attempt, seen, policy);
    let left = backoff::until_retry(&attempt, ended_for, seen.now);
    if left.is_zero() {
        return Step::MayCall;
    }
    let wait = |again: Duration| {
        Step::Wait(Wait::new(Situation::Rejected(attempt.clone(), true), Some(again.min(left))))
    };
    if seen.resource.spec.auth.source().is_none() || !seen.target.is_callable() {
        return wait(left);
    }
    let since = attempt.ended_at.as_ref().map_or(seen.now, |at| at.0);
    let poll = backoff::poll_delay(since, seen.now);
    let edited = Some(attempt.generation) != seen.resource.metadata.generation;
    let part = if edited { PAUSE_OF_EDITS } else { PAUSE };
    let pause = (policy.rejection_retry / part).saturating_sub(ended_for);
    match &seen.credential {
        None => Step::See(Need::Credential),
        Some(CredentialReading::Usable { version, viewer: _ }) if is_another(&attempt, version) => {
            if pause.is_zero() {
                Step::MayCall
            } else {
                wait(pause)
            }
        }
        // The Secret is read again as soon as another one could lead on.
        Some(CredentialReading::Usable { .. } | CredentialReading::Problem(_)) => {
            wait(poll.max(pause))
        }
    }
}

/// The attempt with the time of the next one, which is a fact of the status from then on: neither
/// forgotten nor hurried by another process.
fn with_retry(
    status: &mut BackupReplicationStatus,
    mut attempt: Attempt,
    seen: &Observation<'_>,
    policy: &Policy,
) -> Attempt {
    if attempt.retry_at.is_some() {
        return attempt;
    }
    let before = before_it(&status.attempts);
    let delay = backoff::rejection_delay(&attempt.id, before, policy.rejection_retry);
    attempt.retry_at = backoff::deadline(seen.now, delay).map(Time);
    if let Some(head) = status.attempts.first_mut() {
        head.retry_at = attempt.retry_at.clone();
    }
    attempt
}

/// Whether the credential comes from other content than that of the attempt.
fn is_another(attempt: &Attempt, version: &str) -> bool {
    attempt.secret_version.as_deref().is_some_and(|before| comes_from_another(before, version))
}

/// With a credential that the edited spec names instead, it is another call.
fn held(attempt: Attempt, ended_for: Duration, seen: &Observation<'_>, policy: &Policy) -> Step {
    let pause = (policy.rejection_retry / PAUSE_OF_EDITS).saturating_sub(ended_for);
    let edited = Some(attempt.generation) != seen.resource.metadata.generation;
    if edited && seen.resource.spec.auth.source().is_some() {
        match &seen.credential {
            None => return Step::See(Need::Credential),
            Some(CredentialReading::Usable { version, viewer: _ }) => {
                if is_another(&attempt, version) && pause.is_zero() {
                    return Step::MayCall;
                }
                let again = is_another(&attempt, version).then_some(pause);
                return Step::Wait(Wait::new(Situation::Rejected(attempt, false), again));
            }
            Some(CredentialReading::Problem(_)) => {}
        }
    }
    Step::Wait(Wait::new(Situation::Rejected(attempt, false), None))
}
