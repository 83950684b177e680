//! What to do next for a resource.

mod accepted;
pub(super) mod after_call;
mod choosing;
mod history;
pub(crate) mod preconditions;
mod refused;
pub(super) mod round;
mod step;
mod testimony;
pub(super) mod tracking;
mod unknown;

use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt;

use crate::protocol::backoff::remaining;
use crate::protocol::decide::history::{assess, expire};
use crate::protocol::decide::preconditions::{Ready, before_call};
use crate::protocol::decide::step::{Need, Step};
use crate::protocol::decision;
use crate::protocol::describe::describe;
use crate::protocol::describe::situation::Situation;
use crate::protocol::facts::claim::claim;
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::Observation;
use crate::protocol::policy::Policy;
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationStatus, DECISION_ANNOTATION, Outcome,
};

/// The one thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Read the credential that the spec names and decide again with what it gave.
    ReadCredential,
    /// Look the backup up and decide again with what it gave.
    Lookup {
        /// How old the look may be; zero where it must be made now.
        max_age: Duration,
    },
    /// Read the project's operation logs and decide again with what they gave.
    ReadLogs {
        /// From when on, by the cloud's clock.
        since: Timestamp,
        /// How old the reading may be; zero where they must be read now.
        max_age: Duration,
    },
    /// List the backups of which one is to be chosen, and decide again with what that gave.
    ListBackups,
    /// Write this status under guard. If that succeeds, the attempt in it is claimed: make its call
    /// at once.
    Claim {
        /// The status with the attempt at its head.
        status: Box<BackupReplicationStatus>,
        /// That attempt.
        attempt: Box<Attempt>,
    },
    /// See to it that the status is this one; then wait.
    Update {
        /// The status as it should be; nothing is written if it is so already.
        status: Box<BackupReplicationStatus>,
        /// When to look again without being told; `None`: when the object changes.
        requeue_after: Option<Duration>,
    },
}

impl From<Need> for Action {
    fn from(need: Need) -> Self {
        match need {
            Need::Credential => Self::ReadCredential,
            Need::Lookup { max_age } => Self::Lookup { max_age },
            Need::Logs { since, max_age } => Self::ReadLogs { since, max_age },
            Need::Backups => Self::ListBackups,
        }
    }
}

/// Whether there is nothing to do for this resource until it changes, judged by the object alone.
/// Such resources are neither read nor written again.
pub fn is_finished(resource: &BackupReplication) -> bool {
    let Some(status) = &resource.status else {
        return false;
    };
    let annotation = resource.annotations().get(DECISION_ANNOTATION);
    status.is_accepted()
        && status.tracking_end.is_some()
        && status.observed_generation == resource.metadata.generation
        && status.conditions.iter().any(|c| c.observed_generation == resource.metadata.generation)
        && status
            .attempts
            .iter()
            .all(|a| a.outcome.is_some_and(|outcome| outcome != Outcome::Unknown))
        && annotation.is_none_or(|value| status.decision.as_ref() == Some(value))
}

/// The next step. It rests on facts: the spec, the attempts, what was accepted, and what was seen;
/// never on `phase`.
pub(super) fn decide(seen: &Observation<'_>, policy: &Policy) -> Action {
    let resource = seen.resource;
    let mut status = resource.status.clone().unwrap_or_default();
    status.observed_generation = resource.metadata.generation;
    let expired = expire(&mut status, seen, policy);
    let unchanged_for = if expired { Duration::ZERO } else { seen.unchanged_for };
    let applied = decision::apply(&mut status, seen.decision(), seen.now);

    let wait = match assess(&mut status, unchanged_for, seen, policy, &applied) {
        Step::Wait(wait) => wait,
        Step::See(need) => return need.into(),
        Step::MayCall => match before_call(&mut status, seen, policy) {
            Ready::Wait(wait) => wait,
            Ready::See(need) => return need.into(),
            Ready::Call(call) => {
                let other_vault = call.other_vault.clone();
                let attempt = claim(&mut status, seen.fresh, policy, call, resource, seen.now);
                let situation = Situation::Submitting(attempt.clone(), other_vault);
                describe(resource, &mut status, &situation, None, seen.now);
                return Action::Claim { status: Box::new(status), attempt: Box::new(attempt) };
            }
        },
    };
    if let Some(left) = quiet_for(&wait.situation, seen, policy) {
        let status = resource.status.clone().unwrap_or_default();
        let requeue_after = Some(wait.again.map_or(left, |again| again.min(left)));
        return Action::Update { status: Box::new(status), requeue_after };
    }
    if let Some(wait) = put_off(&status, seen) {
        let status = resource.status.clone().unwrap_or_default();
        let requeue_after = Some(wait);
        return Action::Update { status: Box::new(status), requeue_after };
    }
    // Carried out in this round, it needs no note.
    let note = applied
        .note()
        .filter(|_| status.decision.as_deref() != seen.decision() || applied.stands());
    describe(resource, &mut status, &wait.situation, note.as_deref(), seen.now);
    Action::Update { status: Box::new(status), requeue_after: wait.again }
}

/// How long a resource waits without a word, because the operator looks nothing up for it yet: what
/// its status says is still so. `status`: as far as this round has come with it.
fn put_off(status: &BackupReplicationStatus, seen: &Observation<'_>) -> Option<Duration> {
    const SHORT: Duration = Duration::from_secs(5);
    let Some(Lookup::Deferred { until }) = &seen.lookup else { return None };
    let wait = remaining(*until, seen.now);
    let stored = seen.resource.status.as_ref();
    let says_something = stored.is_some_and(|stored| !stored.conditions.is_empty());
    let nothing_new = match stored {
        // An edit that changes nothing of the matter is seen with the look-up, if that is soon.
        Some(stored) if says_something => {
            let observed_generation = status.observed_generation.filter(|_| wait >= SHORT);
            let observed_generation = observed_generation.or(stored.observed_generation);
            *stored == BackupReplicationStatus { observed_generation, ..status.clone() }
        }
        // It would be told soon enough what it waits for.
        Some(_) | None => wait < SHORT && status.attempts.is_empty(),
    };
    nothing_new.then_some(wait)
}

/// How long nothing is written into the status of a young object: a tool that restores it writes
/// its status for the version that it created, and any write of ours would have that refused.
fn quiet_for(situation: &Situation, seen: &Observation<'_>, policy: &Policy) -> Option<Duration> {
    let untouched = seen.resource.status.as_ref().is_none_or(|status| {
        status.observed_generation.is_none_or(|observed| observed < 0)
            && status.attempts.is_empty()
            && status.conditions.is_empty()
    });
    let waits_for_it = matches!(situation, Situation::TooYoung(_) | Situation::LookupDoubted(..));
    let may_follow = waits_for_it || seen.is_restored();
    let left = policy.first_call_after(false).saturating_sub(seen.history.known_for);
    (untouched && may_follow && !left.is_zero()).then_some(left)
}

#[cfg(test)]
mod choosing_tests;
#[cfg(test)]
mod decide_tests;
#[cfg(test)]
mod refused_tests;
#[cfg(test)]
mod round_tests;
#[cfg(test)]
mod testimony_tests;
#[cfg(test)]
mod tracking_tests;
#[cfg(test)]
mod young_tests;
