//! A human's decision, given by an annotation that names the attempt, or the adopted record, that it is about.
//!
//! `ATTEMPT:not-accepted`, `ATTEMPT:accepted:RECORD`, `ATTEMPT:accepted`, `ATTEMPT:call-anew`, `RECORD:call-anew`.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use crate::cbr::RecordId;
use crate::protocol::facts::settle::{add_record, let_go, settle};
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationStatus, DECISION_ANNOTATION, Origin, Outcome, RejectionKind,
};

/// What a human may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The call was not accepted.
    NotAccepted,
    /// It was, with this replication record, where it is known.
    Accepted(Option<RecordId>),
    /// Call once more.
    CallAnew,
}

impl Decision {
    /// The annotation's value that says this word about an attempt, or an adopted record.
    pub fn about(&self, named: &str) -> String {
        match self {
            Self::NotAccepted => format!("{named}:not-accepted"),
            Self::Accepted(None) => format!("{named}:accepted"),
            Self::Accepted(Some(record)) => format!("{named}:accepted:{record}"),
            Self::CallAnew => format!("{named}:call-anew"),
        }
    }
}

/// What comes of a decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is refused, for this reason.
    Refused(String),
    /// It was carried out before, and is not carried out again.
    Before,
    /// It is carried out: the status is then this, and is gone on from.
    CarriedOut(Box<BackupReplicationStatus>),
}

/// What would come of a decision if it were given now.
pub fn evaluate(status: &BackupReplicationStatus, value: &str, now: Timestamp) -> Verdict {
    let mut after = status.clone();
    match carry_out(&mut after, value, now) {
        Err(why) => Verdict::Refused(why),
        Ok(()) if status.decision.as_deref() == Some(value) => Verdict::Before,
        Ok(()) => Verdict::CarriedOut(Box::new(after)),
    }
}

fn parse(value: &str) -> Result<(&str, Decision), String> {
    let mut parts = value.trim().splitn(3, ':');
    let attempt = parts.next().unwrap_or_default();
    let word = match (parts.next(), parts.next()) {
        (Some("not-accepted"), None) => Decision::NotAccepted,
        (Some("accepted"), None) => Decision::Accepted(None),
        (Some("accepted"), Some(id)) => {
            Decision::Accepted(Some(RecordId::parse(id).map_err(|error| error.to_string())?))
        }
        (Some("call-anew"), None) => Decision::CallAnew,
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
    let refused = carry_out(status, annotation?, now).err()?;
    Some(format!("The annotation {DECISION_ANNOTATION} is ignored: {refused}."))
}

/// The same, with the bare reason why it was not carried out.
fn carry_out(status: &mut BackupReplicationStatus, value: &str, now: Timestamp) -> Result<(), String> {
    // The value is kept in the status, whose bound it must fit.
    if value.len() > crate::resource::bounds::NAME {
        return Err("it is too long to be a decision".to_owned());
    }
    if status.decision.as_deref() == Some(value) {
        return Ok(());
    }
    let (named, word) = parse(value)?;
    if let Some(record) = adopted(status).filter(|record| *record == named) {
        if word != Decision::CallAnew {
            return Err(format!("record {record} was adopted; about it only call-anew can be said"));
        }
        let_go(status);
        carried_out(status, value);
        return Ok(());
    }
    let accepted_before = status.is_accepted();
    let Some(attempt) = status.attempts.first_mut() else {
        return Err("there is no attempt yet to decide about".to_owned());
    };
    if attempt.id.as_str() != named {
        return Err(format!("it names another attempt than the one in force, {}", attempt.id));
    }
    let already_replicated = attempt.rejection == Some(RejectionKind::AlreadyReplicated);
    match (attempt.outcome, word) {
        (None, _) => {
            return Err("the call may still be under way; it will be heeded once that is over".to_owned());
        }
        (Some(Outcome::Unknown), Decision::NotAccepted) => {
            settle(attempt, Outcome::NotAccepted, "Settled as not accepted by a human's decision.", now);
        }
        // After a 1009 it may be an earlier call of the resource's own that was accepted.
        (Some(Outcome::Rejected), Decision::Accepted(_)) if !already_replicated => {
            return Err("the cloud rejected that attempt".to_owned());
        }
        (Some(Outcome::Unknown | Outcome::Rejected), Decision::Accepted(record)) => {
            settle(attempt, Outcome::Accepted, "Settled as accepted by a human's decision.", now);
            declare(status, record, accepted_before, now);
        }
        (Some(Outcome::Rejected), Decision::CallAnew) => {}
        (Some(Outcome::Unknown), Decision::CallAnew) => {
            return Err("the outcome is unknown: say not-accepted or accepted".to_owned());
        }
        (Some(Outcome::Rejected), Decision::NotAccepted)
        | (Some(Outcome::NotSent | Outcome::NotAccepted | Outcome::Accepted), _) => {
            return Err("the outcome of that attempt is known".to_owned());
        }
    }
    carried_out(status, value);
    Ok(())
}

fn carried_out(status: &mut BackupReplicationStatus, value: &str) {
    status.decision = Some(value.to_owned());
    status.decision_attempt = status.attempts.first().map(|attempt| attempt.id.clone());
}

/// The record of a declared acceptance: the resource's own, or, where one is accepted already, a further one.
fn declare(status: &mut BackupReplicationStatus, record: Option<RecordId>, accepted_before: bool, now: Timestamp) {
    let record = record.map(|record| record.as_str().to_owned());
    if accepted_before {
        if let Some(record) = record.filter(|record| status.replication_record_id.as_ref() != Some(record)) {
            add_record(status, record);
        }
        return;
    }
    status.origin = Some(Origin::Declared);
    status.accepted_at.get_or_insert(Time(now));
    if status.replication_record_id.is_none() {
        status.replication_record_id = record;
    }
}

fn adopted(status: &BackupReplicationStatus) -> Option<&str> {
    status.replication_record_id.as_deref().filter(|_| status.origin == Some(Origin::Adopted))
}

/// Whether a human has said to call anew, and no attempt has followed since.
pub(super) fn calls_anew(status: &BackupReplicationStatus) -> bool {
    matches!(status.decision.as_deref().map(parse), Some(Ok((_, Decision::CallAnew))))
        && status.decision_attempt.as_ref() == status.attempts.first().map(|attempt| &attempt.id)
}

/// The command that says a word about an attempt or a record, ready to paste.
pub(super) fn command(resource: &BackupReplication, named: &str, word: &str) -> String {
    let namespace = resource.namespace().unwrap_or_default();
    let name = resource.name_any();
    format!("kubectl annotate brep -n {namespace} {name} --overwrite {DECISION_ANNOTATION}={named}:{word}")
}

/// The three commands for an attempt of unknown outcome.
pub(super) fn commands(resource: &BackupReplication, attempt: &Attempt) -> String {
    let command = |word| command(resource, attempt.id.as_str(), word);
    format!(
        "if it was not accepted (the operator then calls again): {} ; if it was accepted: {} ; if it was accepted and its \
         record is not known: {}",
        command("not-accepted"),
        command("accepted:RECORD_ID"),
        command("accepted"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was_meant() {
        let record = RecordId::parse("r-1").unwrap();
        for word in
            [Decision::NotAccepted, Decision::Accepted(None), Decision::Accepted(Some(record)), Decision::CallAnew]
        {
            assert_eq!(parse(&word.about("a-1")), Ok(("a-1", word.clone())));
        }
    }
}
