//! Production values, each kept once and named by its place: equal values have equal names.

use std::collections::HashMap;

use backup_replication_operator::resource::{Attempt, BackupReplicationStatus};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::state::AttemptNo;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StatusRef(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AttemptRef(u32);

#[derive(Default)]
pub(crate) struct Tables {
    statuses: Vec<BackupReplicationStatus>,
    named_in: Vec<Vec<AttemptNo>>,
    status_names: HashMap<String, StatusRef>,
    attempts: Vec<Attempt>,
    attempt_names: HashMap<String, AttemptRef>,
}

impl Tables {
    pub(crate) fn status(&self, name: StatusRef) -> &BackupReplicationStatus {
        &self.statuses[name.0 as usize]
    }

    /// The attempts in a status, newest first.
    pub(crate) fn named_in(&self, name: StatusRef) -> &[AttemptNo] {
        &self.named_in[name.0 as usize]
    }

    pub(crate) fn attempt(&self, name: AttemptRef) -> &Attempt {
        &self.attempts[name.0 as usize]
    }

    pub(crate) fn keep_status(&mut self, status: BackupReplicationStatus) -> StatusRef {
        let next = StatusRef(u32::try_from(self.statuses.len()).expect("a bounded exploration"));
        let name = *self.status_names.entry(json(&status)).or_insert(next);
        if name == next {
            self.named_in.push(
                status.attempts.iter().filter_map(|attempt| number(attempt.id.as_str())).collect(),
            );
            self.statuses.push(status);
        }
        name
    }

    pub(crate) fn keep_attempt(&mut self, attempt: Attempt) -> AttemptRef {
        let next = AttemptRef(u32::try_from(self.attempts.len()).expect("a bounded exploration"));
        let name = *self.attempt_names.entry(json(&attempt)).or_insert(next);
        if name == next {
            self.attempts.push(attempt);
        }
        name
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("production values can be written")
}

/// The one instant that stored values know. A fresh one is `now()`, until it is stored: so a guard
/// still sees a time that was changed.
pub(crate) fn stored() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("a valid time")
}

/// Later than any wait by the wall clock that could have been written down: no such wait is a
/// matter of safety.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 24 * 3600).expect("a valid time")
}

/// The status with all its times the same, so that the number of states stays finite.
pub(crate) fn timeless(mut status: BackupReplicationStatus) -> BackupReplicationStatus {
    let level = |at: &mut Option<Time>| {
        if let Some(at) = at {
            at.0 = stored();
        }
    };
    level(&mut status.accepted_at);
    level(&mut status.record_created_at);
    level(&mut status.completed_at);
    level(&mut status.retry_at);
    status.attempts = status.attempts.into_iter().map(timeless_attempt).collect();
    for condition in &mut status.conditions {
        condition.last_transition_time.0 = stored();
    }
    status
}

pub(crate) fn timeless_attempt(mut attempt: Attempt) -> Attempt {
    attempt.claimed_at.0 = stored();
    for at in [&mut attempt.ended_at, &mut attempt.retry_at].into_iter().flatten() {
        at.0 = stored();
    }
    attempt
}

pub(crate) fn attempt_id(no: AttemptNo) -> String {
    format!("a{no}")
}

pub(crate) fn record_id(no: AttemptNo) -> String {
    format!("r{no}")
}

/// The number in an id made by `attempt_id` or `record_id`, in either letter case.
pub(crate) fn number(id: &str) -> Option<AttemptNo> {
    id.get(1..)?.parse().ok()
}
