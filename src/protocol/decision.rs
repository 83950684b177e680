//! A human's decision, given by an annotation that names the attempt, or the adopted record, that
//! it is about.
//!
//! `ATTEMPT:not-accepted`, `ATTEMPT:accepted:RECORD`, `ATTEMPT:accepted`, `ATTEMPT:retry`,
//! `RECORD:retry` (`call-anew` is another word for `retry`).

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

use crate::cbr::{RecordId, same_spelling};
use crate::protocol::facts::settle::{add_record, let_go, settle};
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationStatus, DECISION_ANNOTATION, Origin, Outcome,
    RejectionKind,
};

/// What a human may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The call was not accepted.
    NotAccepted,
    /// It was, with this replication record, where it is known.
    Accepted(Option<RecordId>),
    /// Call once more.
    Retry,
}

impl Decision {
    /// The annotation's value that says this word about an attempt, or an adopted record.
    pub fn about(&self, named: &str) -> String {
        match self {
            Self::NotAccepted => format!("{named}:not-accepted"),
            Self::Accepted(None) => format!("{named}:accepted"),
            Self::Accepted(Some(record)) => format!("{named}:accepted:{record}"),
            Self::Retry => format!("{named}:retry"),
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
    /// It is carried out: the status is then this, and the round continues with it.
    CarriedOut(Box<BackupReplicationStatus>),
}

/// What would come of a decision if it were given now.
pub fn evaluate(status: &BackupReplicationStatus, value: &str, now: Timestamp) -> Verdict {
    let mut after = status.clone();
    match carry_out(&mut after, value, now) {
        Err(why) => Verdict::Refused(why),
        Ok(_) if status.decision.as_deref() == Some(value) => Verdict::Before,
        Ok(Done::Yes) => Verdict::CarriedOut(Box::new(after)),
        Ok(Done::Later) => {
            settle_not_accepted(&mut after, value, now);
            Verdict::CarriedOut(Box::new(after))
        }
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
        (Some("retry" | "call-anew"), None) => Decision::Retry,
        (_, _) => {
            return Err(
                "it must be ATTEMPT:not-accepted, ATTEMPT:accepted:RECORD, ATTEMPT:accepted \
                or ATTEMPT:retry"
                    .to_owned(),
            );
        }
    };
    Ok((attempt, word))
}

/// What the annotation comes to in a round.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Applied {
    /// There is none, or it is carried out.
    Nothing,
    /// It is not carried out, for this reason.
    Refused(String),
    /// `not-accepted`, said of an attempt of unknown outcome. It leads to a further call, so it is
    /// carried out only once no call can be in flight and a look-up since has shown no record.
    NotAcceptedLater(String),
    /// It was on the object when this record was adopted: it was given for an earlier object.
    OfAnEarlierObject,
}

impl Applied {
    /// Whether its note is true for as long as the annotation is there.
    pub(super) fn stands(&self) -> bool {
        match self {
            Self::OfAnEarlierObject => true,
            Self::Nothing | Self::Refused(_) | Self::NotAcceptedLater(_) => false,
        }
    }

    /// What the reader of the status is told.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Refused(why) => {
                Some(format!("The annotation {DECISION_ANNOTATION} is ignored: {why}."))
            }
            Self::NotAcceptedLater(_) => Some(
                "The decision not-accepted is carried out once no call can be in flight any more \
                 and the records have been checked once more."
                    .to_owned(),
            ),
            Self::OfAnEarlierObject => Some(format!(
                "The annotation {DECISION_ANNOTATION} was there when the record was adopted, and \
                 counts as carried out. To decide now, remove it and set it again."
            )),
        }
    }
}

/// Carries the annotation out on the status. Once: its value is kept in `status.decision`.
pub(super) fn apply(
    status: &mut BackupReplicationStatus,
    annotation: Option<&str>,
    now: Timestamp,
) -> Applied {
    let Some(value) = annotation else {
        take_back(status);
        return Applied::Nothing;
    };
    if status.decision.as_deref() == Some(value) {
        let names_adopted =
            matches!(parse(value), Ok((named, Decision::Retry)) if adopted(status) == Some(named));
        return if names_adopted { Applied::OfAnEarlierObject } else { Applied::Nothing };
    }
    match carry_out(status, value, now) {
        Ok(Done::Yes) => Applied::Nothing,
        Ok(Done::Later) => Applied::NotAcceptedLater(value.to_owned()),
        Err(why) => Applied::Refused(why),
    }
}

/// A decision to call that is taken back before its call was claimed.
fn take_back(status: &mut BackupReplicationStatus) {
    let Some(value) = status.decision.clone() else { return };
    if calls_anew(status) {
        if let Ok((named, _)) = parse(&value) {
            status.declined_records.retain(|record| record != named);
        }
        status.decision = None;
        status.decision_attempt = None;
    } else if adopted(status).is_some() {
        // It counted as carried out; from now on it can be given to this object.
        status.decision = None;
        status.decision_attempt = None;
    }
}

/// Whether a decision is carried out.
enum Done {
    Yes,
    /// When the round has looked.
    Later,
}

/// The same, with the bare reason why it was not carried out.
fn carry_out(
    status: &mut BackupReplicationStatus,
    value: &str,
    now: Timestamp,
) -> Result<Done, String> {
    // The value is kept in the status, whose bound it must fit.
    if value.len() > crate::resource::bounds::NAME {
        return Err("it is too long to be a decision".to_owned());
    }
    if status.decision.as_deref() == Some(value) {
        return Ok(Done::Yes);
    }
    let (named, decision) = parse(value)?;
    if let Some(record) = adopted(status).filter(|record| *record == named) {
        if decision != Decision::Retry {
            return Err(format!(
                "record {record} was adopted; the only decision possible is retry"
            ));
        }
        let_go(status)?;
        carried_out(status, value);
        return Ok(Done::Yes);
    }
    let accepted_before = status.is_accepted();
    let Some(attempt) = status.attempts.first_mut() else {
        return Err("there is no attempt yet to decide about".to_owned());
    };
    if attempt.id.as_str() != named {
        return Err(format!("it names another attempt than the one in force, {}", attempt.id));
    }
    let already_replicated = attempt.rejection == Some(RejectionKind::AlreadyReplicated);
    match (attempt.outcome, decision) {
        (None, _) => {
            return Err(
                "the call may still be in flight; the decision is carried out once that is over"
                    .to_owned(),
            );
        }
        (Some(Outcome::Unknown), Decision::NotAccepted) if accepted_before => {
            settle(attempt, Outcome::NotAccepted, SETTLED_NOT_ACCEPTED, now);
        }
        (Some(Outcome::Unknown), Decision::NotAccepted) => return Ok(Done::Later),
        // After a 1009 it may be an earlier call of the resource's own that was accepted.
        (Some(Outcome::Rejected), Decision::Accepted(_)) if !already_replicated => {
            return Err("the cloud rejected that attempt".to_owned());
        }
        (Some(Outcome::Unknown | Outcome::Rejected), Decision::Accepted(record)) => {
            settle(attempt, Outcome::Accepted, "Settled as accepted by a human's decision.", now);
            declare(status, record, accepted_before, now);
        }
        (Some(Outcome::Rejected), Decision::Retry) => {}
        (Some(Outcome::Unknown), Decision::Retry) => {
            return Err("the outcome is unknown: say not-accepted or accepted".to_owned());
        }
        (Some(Outcome::Rejected), Decision::NotAccepted)
        | (Some(Outcome::NotSent | Outcome::NotAccepted | Outcome::Accepted), _) => {
            return Err("the outcome of that attempt is known".to_owned());
        }
    }
    carried_out(status, value);
    Ok(Done::Yes)
}

const SETTLED_NOT_ACCEPTED: &str = "Settled as not accepted by a human's decision.";

/// Carries out `not-accepted` on the attempt in force, when that is due.
pub(super) fn settle_not_accepted(
    status: &mut BackupReplicationStatus,
    value: &str,
    now: Timestamp,
) {
    if let Some(attempt) = status.attempts.first_mut() {
        settle(attempt, Outcome::NotAccepted, SETTLED_NOT_ACCEPTED, now);
    }
    carried_out(status, value);
}

fn carried_out(status: &mut BackupReplicationStatus, value: &str) {
    status.decision = Some(value.to_owned());
    status.decision_attempt = status.attempts.first().map(|attempt| attempt.id.clone());
}

/// The record of a declared acceptance: the resource's own, or, where one is accepted already, a
/// further one.
fn declare(
    status: &mut BackupReplicationStatus,
    record: Option<RecordId>,
    accepted_before: bool,
    now: Timestamp,
) {
    let record = record.map(|record| record.as_str().to_owned());
    if accepted_before {
        let own = status.replication_record_id.as_deref();
        if let Some(record) =
            record.filter(|record| own.is_none_or(|own| !same_spelling(own, record)))
        {
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

/// Whether a human has ordered a call, and no attempt has followed since.
pub(super) fn calls_anew(status: &BackupReplicationStatus) -> bool {
    matches!(status.decision.as_deref().map(parse), Some(Ok((_, Decision::Retry))))
        && status.decision_attempt.as_ref() == status.attempts.first().map(|attempt| &attempt.id)
}

/// The command that gives a decision about an attempt or a record. It can be pasted as it is; one
/// that still holds a placeholder is refused by the shell.
pub(super) fn command(resource: &BackupReplication, named: &str, word: &str) -> String {
    let namespace = resource.namespace().unwrap_or_default();
    let name = resource.name_any();
    let named = quoted(named);
    format!(
        "kubectl annotate brep -n {namespace} {name} --overwrite \
         {DECISION_ANNOTATION}={named}:{word}"
    )
}

/// A word of a shell, whatever is in it: ids in a status may have been written by anybody.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The three commands for an attempt of unknown outcome.
pub(super) fn commands(resource: &BackupReplication, attempt: &Attempt) -> String {
    let command = |word| command(resource, attempt.id.as_str(), word);
    format!(
        "if it was not accepted (the operator then calls again): {} ; if it was accepted: {} ; if \
         it was accepted and its record is not known: {}",
        command("not-accepted"),
        command("accepted:<RECORD_ID>"),
        command("accepted"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was_meant() {
        let record = RecordId::parse("r-1").unwrap();
        for word in [
            Decision::NotAccepted,
            Decision::Accepted(None),
            Decision::Accepted(Some(record)),
            Decision::Retry,
        ] {
            assert_eq!(parse(&word.about("a-1")), Ok(("a-1", word.clone())));
        }
    }
}
