//! What may be decided about a resource as it is: by the operator's own rules, tried out on a copy.

use jiff::Timestamp;
use kube::ResourceExt;

use super::words::short;
use crate::protocol::{Decision, Verdict, evaluate, shortest_claim_lifetime};
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationStatus, DECISION_ANNOTATION, Origin, Outcome,
};

/// Where a decision would lead.
pub(super) enum Considered {
    /// It can be written.
    Possible(Box<PlannedDecision>),
    /// It is there already, for the reason given.
    There(String),
    /// The operator would refuse it, for the reason given.
    Refused(String),
}

/// A decision that the operator would carry out.
pub(super) struct PlannedDecision {
    /// The word.
    pub(super) word: Decision,
    /// The annotation's value.
    pub(super) value: String,
    /// The attempt or the adopted record that it names.
    pub(super) subject: Subject,
    /// The status that the operator would go on from.
    pub(super) after: BackupReplicationStatus,
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    /// The attempt in force.
    Attempt(Box<Attempt>),
    /// The record that was adopted.
    Adopted(String),
}

impl Subject {
    fn name(&self) -> &str {
        match self {
            Self::Attempt(attempt) => attempt.id.as_str(),
            Self::Adopted(record) => record,
        }
    }
}

/// Considers a word about the resource.
pub(super) fn consider(resource: &BackupReplication, word: Decision, now: Timestamp) -> Considered {
    if resource.metadata.deletion_timestamp.is_some() {
        return Considered::Refused(
            "the resource is being deleted, and the operator makes no further call for it"
                .to_owned(),
        );
    }
    let Some((status, subject)) =
        resource.status.as_ref().and_then(|s| Some((s, subject(s, &word)?)))
    else {
        return Considered::Refused(
            "there is nothing to decide: no call was made for it yet".to_owned(),
        );
    };
    if let Subject::Attempt(attempt) = &subject
        && attempt.outcome.is_none()
    {
        return Considered::Refused(under_way(attempt, now));
    }
    let value = word.about(subject.name());
    match evaluate(status, &value, now) {
        Verdict::Refused(why) => Considered::Refused(format!("{why}{}", settled(status))),
        Verdict::Before => {
            Considered::There("the operator has carried that decision out already".to_owned())
        }
        Verdict::CarriedOut(_)
            if resource.annotations().get(DECISION_ANNOTATION) == Some(&value) =>
        {
            Considered::There(
                "that decision is written, and the operator has not carried it out yet; is it \
             running?"
                    .to_owned(),
            )
        }
        Verdict::CarriedOut(after) => {
            Considered::Possible(Box::new(PlannedDecision { word, value, subject, after: *after }))
        }
    }
}

/// The attempt in force. Where an adopted record stands in the status, that is what is meant,
/// unless the outcome of another attempt is unknown.
fn subject(status: &BackupReplicationStatus, word: &Decision) -> Option<Subject> {
    let attempt = status.attempts.first();
    let undecided =
        attempt.is_some_and(|a| a.outcome.is_none() || a.outcome == Some(Outcome::Unknown));
    let adopted =
        status.replication_record_id.as_ref().filter(|_| status.origin == Some(Origin::Adopted));
    match adopted {
        Some(record) if !undecided || *word == Decision::Retry => {
            Some(Subject::Adopted(record.clone()))
        }
        Some(_) | None => attempt.map(|attempt| Subject::Attempt(Box::new(attempt.clone()))),
    }
}

/// When the operator is past the attempt's claim by its own limits. The operator's may be longer,
/// and it counts from when it first saw the attempt.
fn under_way(attempt: &Attempt, now: Timestamp) -> String {
    let over = attempt
        .claimed_at
        .0
        .checked_add(shortest_claim_lifetime(attempt))
        .unwrap_or(attempt.claimed_at.0);
    let number = attempt.number;
    if now < over {
        format!(
            "the call of attempt {number} may still be in flight; its outcome is known at {} at \
             the latest, or somewhat later if the operator was restarted. Decide again then",
            short(over)
        )
    } else {
        format!(
            "attempt {number} has no outcome yet, although the time of its call was over at {}; \
             the operator records one soon after its start. Is it running?",
            short(over)
        )
    }
}

fn settled(status: &BackupReplicationStatus) -> String {
    match (&status.replication_record_id, status.origin) {
        (Some(record), Some(Origin::Called | Origin::Declared)) => {
            format!("; it is accepted, as replication record {record}")
        }
        (Some(_), Some(Origin::Adopted) | None) | (None, _) => String::new(),
    }
}
