//! Where a resource stands by its own history: what forbids a call, or that one may be made.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::protocol::backoff;
use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::accepted::accepted;
use crate::protocol::decide::refused::refused;
use crate::protocol::decide::step::{Need, Sight, Step, Wait, sight, unseen};
use crate::protocol::decide::tracking::{just_accepted, note_further_records};
use crate::protocol::decide::unknown::unknown;
use crate::protocol::decision::{self, Applied};
use crate::protocol::describe::outcome_message;
use crate::protocol::describe::situation::Situation;
use crate::protocol::evidence::evidence;
use crate::protocol::facts::settle::{adopt, settle};
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::Observation;
use crate::protocol::policy::Policy;
use crate::resource::{Attempt, BackupReplicationStatus, Outcome, RejectionKind};

/// An attempt without an outcome gets one when its claimant can no longer have it: not sent, if
/// this very process knows that it never called; else unknown, once the claim is stale. Returns
/// whether it did.
pub(crate) fn expire(
    status: &mut BackupReplicationStatus,
    seen: &Observation<'_>,
    policy: &Policy,
) -> bool {
    let Some(attempt) = status.attempts.first_mut().filter(|a| a.outcome.is_none()) else {
        return false;
    };
    if seen.never_called {
        let why = "The claim's answer came too late for the call to start; nothing was sent.";
        settle(attempt, Outcome::NotSent, why, seen.now);
        let delay = backoff::retry_delay(&attempt.id, None, None);
        attempt.retry_at = backoff::deadline(seen.now, delay).map(Time);
        return true;
    }
    if seen.unchanged_for < policy.claim_lifetime(attempt) {
        return false;
    }
    let why = format!(
        "The process that claimed the call ({}) never recorded how it ended.",
        attempt.claimed_by
    );
    settle(attempt, Outcome::Unknown, &why, seen.now);
    true
}

/// `unchanged_for`: how long this process has seen the attempt in force in its present state.
pub(crate) fn assess(
    status: &mut BackupReplicationStatus,
    unchanged_for: Duration,
    seen: &Observation<'_>,
    policy: &Policy,
    applied: &Applied,
) -> Step {
    if status.is_accepted() {
        return accepted(status, unchanged_for, seen, policy);
    }
    let Some(attempt) = status.attempts.first().cloned() else {
        return Step::MayCall;
    };
    // An edit that changes nothing of the call corrects nothing.
    let changed = attempt
        .request_digest
        .as_ref()
        .is_some_and(|digest| Some(digest) != seen.resource.request_digest().as_ref());
    match attempt.outcome {
        None => {
            let left = policy.claim_lifetime(&attempt).saturating_sub(unchanged_for);
            Step::Wait(Wait::new(Situation::Submitting(attempt, None), Some(left)))
        }
        Some(Outcome::Unknown) => unknown(status, attempt, unchanged_for, seen, policy, applied),
        Some(Outcome::NotAccepted) => Step::MayCall,
        Some(Outcome::NotSent) if changed => Step::MayCall,
        Some(Outcome::NotSent) => retry_later(attempt, unchanged_for, seen.now),
        Some(Outcome::Rejected) => match attempt.rejection {
            Some(RejectionKind::Throttled) => retry_later(attempt, unchanged_for, seen.now),
            _ if decision::calls_anew(status) => Step::MayCall,
            // An earlier call may be what was accepted: only a record or a decision leads on.
            Some(RejectionKind::AlreadyReplicated) => {
                already_replicated(status, attempt, unchanged_for, seen, policy)
            }
            Some(RejectionKind::Unauthorized) => {
                unauthorized(attempt, changed, unchanged_for, seen)
            }
            _ if changed => Step::MayCall,
            Some(RejectionKind::Temporary) => retry_later(attempt, unchanged_for, seen.now),
            Some(RejectionKind::Terminal) | None => {
                refused(status, attempt, unchanged_for, seen, policy)
            }
        },
        Some(Outcome::Accepted) => Step::Wait(just_accepted(status)),
    }
}

/// The cloud says that a replica exists or is being made: evidence, not failure. Its record is
/// looked for until the settling time is over; where none is found, a human must say what is
/// wanted.
fn already_replicated(
    status: &mut BackupReplicationStatus,
    attempt: Attempt,
    unchanged_for: Duration,
    seen: &Observation<'_>,
    policy: &Policy,
) -> Step {
    let left = policy.settles_after(&attempt).saturating_sub(unchanged_for);
    let mut other_vault = None;
    let worth_looking = match sight(seen) {
        Sight::Need(need) => return Step::See(need),
        Sight::Seen(Lookup::Backup(backup)) => {
            let found = evidence(backup, seen);
            other_vault = found.other_vault(&seen.resource.spec);
            // What was there before the call, and was not adopted then, is not wanted.
            let before = attempt.records_before.iter().flatten();
            let not_these: Vec<String> = before.chain(&status.declined_records).cloned().collect();
            if let Some(record) = found.live(&not_these) {
                adopt(status, record, seen.decision(), seen.now);
                note_further_records(status, &found);
                return Step::Wait(just_accepted(status));
            }
            true
        }
        Sight::Seen(
            Lookup::Throttled { .. }
            | Lookup::Deferred { .. }
            | Lookup::Failed(_)
            | Lookup::Unauthorized(_),
        ) => true,
        Sight::Seen(Lookup::NotAvailable(_) | Lookup::NoSuchBackup(_)) | Sight::Blind => false,
    };
    let again = backoff::lookup_delay(unchanged_for);
    if worth_looking && !left.is_zero() {
        Step::Wait(Wait::new(Situation::AlreadyReplicatedLookedUp(attempt), Some(again.min(left))))
    } else {
        Step::Wait(Wait::new(
            Situation::AlreadyReplicated(attempt, other_vault, unseen(seen)),
            Some(again),
        ))
    }
}

fn retry_later(attempt: Attempt, ended_for: Duration, now: Timestamp) -> Step {
    let left = backoff::until_retry(&attempt, ended_for, now);
    if left.is_zero() {
        Step::MayCall
    } else {
        Step::Wait(Wait::new(Situation::WaitingToRetry(attempt), Some(left)))
    }
}

/// A refused token: called again when the Secret has changed, and else very seldom.
fn unauthorized(
    attempt: Attempt,
    changed: bool,
    ended_for: Duration,
    seen: &Observation<'_>,
) -> Step {
    let Some(source) = seen.resource.spec.auth.source() else {
        return Step::MayCall;
    };
    let Some(credential) = &seen.credential else {
        return Step::See(Need::Credential);
    };
    match credential {
        CredentialReading::Usable { version, viewer: _ } => {
            // A label on the Secret changes its version, and not its value.
            let same_token =
                attempt.secret_version.as_ref() == Some(version) || seen.credential_refused;
            let same = same_token && !changed;
            let left = backoff::until_retry(&attempt, ended_for, seen.now);
            if !same || left.is_zero() {
                return Step::MayCall;
            }
            let since = attempt.ended_at.as_ref().map_or(seen.now, |at| at.0);
            let poll = backoff::poll_delay(since, seen.now);
            // Another token of IAM's does not wait for anybody.
            let next = if source.is_issued() { backoff::lookup_delay(ended_for) } else { poll };
            let again = poll.min(next).min(left);
            Step::Wait(Wait::new(
                Situation::CredentialRejected(source, outcome_message(&attempt)),
                Some(again),
            ))
        }
        CredentialReading::Problem(_) => Step::MayCall,
    }
}
