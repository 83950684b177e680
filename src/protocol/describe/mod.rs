//! From a situation to what a reader sees: phase and conditions.

mod accepted;
mod choosing;
mod copy;
mod message;
mod questions;
mod retried;
pub(super) mod situation;
mod summary;

#[cfg(test)]
mod commands_tests;
#[cfg(test)]
pub(crate) mod fixtures;

pub(super) use summary::outcome_message;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::protocol::describe::copy::{Copy, copy};
use crate::protocol::describe::message::summarize;
use crate::protocol::describe::situation::Situation;
use crate::protocol::describe::summary::{Actor, Summary};
use crate::resource::{
    BackupReplication, BackupReplicationStatus, Change, ConditionType, Is, Reason, apply_conditions,
};

/// Sets phase and conditions. `note` is added to the message: why a decision annotation was not
/// carried out.
pub(crate) fn describe(
    resource: &BackupReplication,
    status: &mut BackupReplicationStatus,
    situation: &Situation,
    note: Option<&str>,
    now: Timestamp,
) {
    let summary = summarize(resource, status, situation);
    let Summary { phase, ready, actor, reason, mut message } =
        retried::unless_a_refusal_stands(resource, status, situation, summary);
    if let Some(note) = note {
        // The command that ends a message stays at its end.
        message = format!("{note} {message}");
    }
    let change = |kind, is| Change { kind, is, reason, message: message.clone() };
    let mut wanted = vec![change(ConditionType::Ready, ready)];
    match actor {
        Actor::Nobody => {}
        Actor::Operator => wanted.push(change(ConditionType::Reconciling, Is::True)),
        Actor::Human => wanted.push(change(ConditionType::Stalled, Is::True)),
    }
    wanted.push(replicated(resource, status, situation));
    status.phase = Some(phase);
    status.retry_at = situation.next_try().and_then(|attempt| attempt.retry_at.clone());
    status.conditions =
        apply_conditions(&status.conditions, &wanted, resource.metadata.generation, Time(now));
}

fn replicated(
    resource: &BackupReplication,
    status: &BackupReplicationStatus,
    situation: &Situation,
) -> Change {
    let (is, reason, message) = if situation.is_accepted() {
        let Copy { replicated, reason, message } = copy(resource, status);
        (replicated, reason, message)
    } else {
        (Is::Unknown, Reason::NotAccepted, "No call is known to be accepted yet.".to_owned())
    };
    Change { kind: ConditionType::Replicated, is, reason, message }
}
