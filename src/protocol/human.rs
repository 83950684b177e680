//! A human's decision about one attempt, given by an annotation that names it.
//!
//! `ATTEMPT:not-accepted`, `ATTEMPT:accepted:RECORD`, `ATTEMPT:accepted`, `ATTEMPT:call-anew`.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::settle::{let_go, settle};
use crate::cbr::RecordId;
use crate::resource::{Attempt, BackupReplicationStatus, DECISION_ANNOTATION, Origin, Outcome};

/// What a human may say.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    NotAccepted,
    Accepted(Option<String>),
    CallAnew,
}

fn parse(value: &str) -> Result<(&str, Word), String> {
    let mut parts = value.trim().splitn(3, ':');
    let attempt = parts.next().unwrap_or_default();
    let word = match (parts.next(), parts.next()) {
        (Some("not-accepted"), None) => Word::NotAccepted,
        (Some("accepted"), None) => Word::Accepted(None),
        (Some("accepted"), Some(id)) => {
            let id = RecordId::parse(id).map_err(|error| error.to_string())?;
            Word::Accepted(Some(id.as_str().to_owned()))
        }
        (Some("call-anew"), None) => Word::CallAnew,
        (_, _) => {
            return Err(
                "it must be ATTEMPT:not-accepted, ATTEMPT:accepted:RECORD, ATTEMPT:accepted or ATTEMPT:call-anew"
                    .to_owned(),
            );
        }
    };
    Ok((attempt, word))
}

/// Carries the annotation out on the status. Once: its value is kept in `status.decision`. What it returns is why it
/// was not carried out, for the reader of the status.
pub(super) fn apply(status: &mut BackupReplicationStatus, annotation: Option<&str>, now: Timestamp) -> Option<String> {
    let value = annotation?;
    let refused = |why: String| Some(format!("The annotation {DECISION_ANNOTATION} is ignored: {why}."));
    // The value is kept in the status, whose bound it must fit.
    if value.len() > crate::resource::bounds::NAME {
        return refused("it is too long to be a decision".to_owned());
    }
    if status.decision.as_deref() == Some(value) {
        return None;
    }
    let (named, word) = match parse(value) {
        Ok(parsed) => parsed,
        Err(why) => return refused(why),
    };
    if let Some(record) = adopted(status).filter(|record| *record == named) {
        if word != Word::CallAnew {
            return refused(format!("record {record} was adopted; about it only call-anew can be said"));
        }
        let_go(status);
        status.decision = Some(value.to_owned());
        return None;
    }
    let Some(attempt) = status.attempts.first_mut() else {
        return refused("there is no attempt yet to decide about".to_owned());
    };
    if attempt.id.as_str() != named {
        return refused(format!("it names another attempt than the one in force, {}", attempt.id));
    }
    let accepted = match (attempt.outcome, word) {
        (None, _) => {
            return refused("the call may still be under way; it will be heeded once that is over".to_owned());
        }
        (Some(Outcome::Unknown), Word::NotAccepted) => {
            settle(attempt, Outcome::NotAccepted, "Settled as not accepted by a human's decision.", now);
            None
        }
        (Some(Outcome::Unknown), Word::Accepted(record)) => {
            settle(attempt, Outcome::Accepted, "Settled as accepted by a human's decision.", now);
            Some(record)
        }
        (Some(Outcome::Rejected), Word::CallAnew) => None,
        (Some(Outcome::Unknown), Word::CallAnew) => {
            return refused("the outcome is unknown: say not-accepted or accepted".to_owned());
        }
        (Some(Outcome::Rejected), Word::NotAccepted | Word::Accepted(_))
        | (Some(Outcome::NotSent | Outcome::NotAccepted | Outcome::Accepted), _) => {
            return refused("the outcome of that attempt is known".to_owned());
        }
    };
    status.decision = Some(value.to_owned());
    if let Some(record) = accepted {
        status.origin = Some(Origin::Declared);
        status.accepted_at.get_or_insert(Time(now));
        if status.replication_record_id.is_none() {
            status.replication_record_id = record;
        }
    }
    None
}

fn adopted(status: &BackupReplicationStatus) -> Option<&str> {
    status.replication_record_id.as_deref().filter(|_| status.origin == Some(Origin::Adopted))
}

/// Whether the last decision carried out was to call anew after this attempt, or after a record that was adopted since:
/// an attempt made for the decision has that record among those that it saw before.
pub(super) fn calls_anew(status: &BackupReplicationStatus, attempt: &Attempt) -> bool {
    let saw = |id: &str| attempt.records_before.iter().flatten().any(|record| record == id);
    let is_attempt = |id: &str| status.attempts.iter().any(|attempt| attempt.id.as_str() == id);
    record_called_anew(status).is_some_and(|id| id == attempt.id.as_str() || !is_attempt(id) && !saw(id))
}

/// What the last decision carried out called anew after: an attempt, or a record that is not to be adopted again.
pub(super) fn record_called_anew(status: &BackupReplicationStatus) -> Option<&str> {
    match parse(status.decision.as_deref()?) {
        Ok((named, Word::CallAnew)) => Some(named),
        Ok((_, Word::NotAccepted | Word::Accepted(_))) | Err(_) => None,
    }
}

/// The three commands for an attempt of unknown outcome, ready to paste.
pub(super) fn commands(namespace: &str, name: &str, attempt: &Attempt) -> String {
    let command = |word: &str| {
        format!("kubectl annotate brep -n {namespace} {name} --overwrite {DECISION_ANNOTATION}={}:{word}", attempt.id)
    };
    format!(
        "if it was not accepted (the operator then calls again): {}; \
         if it was accepted: {} ; if it was accepted and its record is not known: {}",
        command("not-accepted"),
        command("accepted:RECORD_ID"),
        command("accepted"),
    )
}
