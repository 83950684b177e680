//! Folding a call's end into a status. An acceptance is never dropped.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::cbr::same_spelling;
use crate::protocol::backoff;
use crate::protocol::facts::call_result::{Acceptance, CallAnswer, CallResult};
use crate::protocol::facts::claim::keep_newest;
use crate::protocol::facts::settle::add_record;
use crate::protocol::refusal::is_passing;
use crate::resource::{Attempt, BackupReplicationStatus, Origin, Outcome, RejectionKind};

/// What recording comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// The status must be written as given here.
    Write(Box<BackupReplicationStatus>),
    /// The status says so already.
    AlreadyThere,
    /// The status says otherwise with better right (a human or an acceptance), or has forgotten the
    /// attempt: an end without acceptance changes nothing any more.
    Superseded,
}

/// `status`, as it is on the API server now, with the end of `claimed` in it.
pub fn record(
    status: &BackupReplicationStatus,
    claimed: &Attempt,
    ending: &CallResult,
    now: Timestamp,
) -> Recorded {
    let ended = ended_attempt(status, claimed, ending, now);
    match ending {
        CallResult::Accepted(acceptance, _) => record_acceptance(status, ended, acceptance, now),
        CallResult::NotSent(_) | CallResult::Rejected { .. } | CallResult::Unknown(_) => {
            record_other_end(status, ended)
        }
    }
}

fn record_acceptance(
    status: &BackupReplicationStatus,
    ended: Attempt,
    acceptance: &Acceptance,
    now: Timestamp,
) -> Recorded {
    let present = status.attempts.iter().find(|a| a.id == ended.id);
    if present.is_some_and(|a| a.outcome == Some(Outcome::Accepted)) && holds(status, acceptance) {
        return Recorded::AlreadyThere;
    }
    // Another call's acceptance stands there, or an adopted or declared one that names another
    // record.
    let of_another =
        status.attempts.iter().any(|a| a.outcome == Some(Outcome::Accepted) && a.id != ended.id);
    let another = match (&status.replication_record_id, &acceptance.replication_record_id) {
        // One record is one acceptance, whichever attempt it was taken for.
        (Some(theirs), Some(ours)) => !same_spelling(theirs, ours),
        (Some(_), None) => {
            of_another || present.is_none_or(|a| a.outcome != Some(Outcome::Accepted))
        }
        (None, _) => {
            of_another || (status.accepted_at.is_some() && status.origin != Some(Origin::Declared))
        }
    };
    let mut next = status.clone();
    let name = acceptance
        .replication_record_id
        .clone()
        .unwrap_or_else(|| format!("unnamed-of-attempt-{}", ended.id));
    place(&mut next.attempts, ended);
    if another {
        add_record(&mut next, name);
    } else {
        accept(&mut next, acceptance, now);
    }
    Recorded::Write(Box::new(next))
}

/// Whether the status already holds this acceptance's record, in one place or the other.
fn holds(status: &BackupReplicationStatus, acceptance: &Acceptance) -> bool {
    match &acceptance.replication_record_id {
        Some(id) => {
            let mut named = status.replication_record_id.iter().chain(&status.additional_records);
            named.any(|named| same_spelling(named, id))
        }
        None => status.is_accepted(),
    }
}

fn accept(status: &mut BackupReplicationStatus, acceptance: &Acceptance, now: Timestamp) {
    let Acceptance {
        replication_record_id,
        source_region,
        backup_id,
        project_id,
        provider_id,
        destination_project_id,
        destination_region,
        destination_vault_id,
    } = acceptance.clone();
    // What a human declared stays declared: the API server keeps the origin of a decision.
    if status.origin != Some(Origin::Declared) {
        status.origin = Some(Origin::Called);
    }
    status.accepted_at.get_or_insert(Time(now));
    // Written once: what is there stays.
    if status.replication_record_id.is_none() {
        status.replication_record_id = replication_record_id;
    }
    status.source_region = source_region;
    status.backup_id = backup_id;
    status.project_id = project_id;
    status.provider_id = provider_id;
    status.destination_project_id = destination_project_id;
    status.destination_region = destination_region;
    status.destination_vault_id = destination_vault_id;
}

fn record_other_end(status: &BackupReplicationStatus, ended: Attempt) -> Recorded {
    let Some(present) = status.attempts.iter().find(|a| a.id == ended.id) else {
        return record_forgotten_end(status, ended);
    };
    match (present.outcome, ended.outcome) {
        (None, _) => {}
        // Judged from outside meanwhile; the caller knows better.
        (Some(Outcome::Unknown), Some(Outcome::NotSent | Outcome::Rejected)) => {}
        (Some(before), after) if Some(before) == after => return Recorded::AlreadyThere,
        (
            Some(
                Outcome::Accepted
                | Outcome::NotSent
                | Outcome::Rejected
                | Outcome::Unknown
                | Outcome::NotAccepted,
            ),
            _,
        ) => return Recorded::Superseded,
    }
    let mut next = status.clone();
    place(&mut next.attempts, ended);
    Recorded::Write(Box::new(next))
}

/// The status has forgotten the attempt (a store restored to an earlier day). That its outcome is
/// unknown must not be forgotten with it: it is in force again, unless another attempt is.
fn record_forgotten_end(status: &BackupReplicationStatus, ended: Attempt) -> Recorded {
    let gives_way = |head: &Attempt| {
        head.number < ended.number && head.outcome.is_some_and(Outcome::allows_next_attempt)
    };
    let free = status.attempts.first().is_none_or(gives_way);
    if ended.outcome != Some(Outcome::Unknown) || status.is_accepted() || !free {
        return Recorded::Superseded;
    }
    let mut next = status.clone();
    next.attempts.insert(0, ended);
    keep_newest(&mut next.attempts);
    Recorded::Write(Box::new(next))
}

/// Puts the attempt over its own entry; where the status has forgotten it (a store restored to an
/// earlier day), behind those that stand there now.
fn place(attempts: &mut Vec<Attempt>, ended: Attempt) {
    if let Some(own) = attempts.iter_mut().find(|a| a.id == ended.id) {
        *own = ended;
        return;
    }
    let behind = attempts.iter().position(|a| a.number < ended.number).unwrap_or(attempts.len());
    // The head is the attempt in force, and has an owner who will record its end.
    attempts.insert(behind.max(usize::from(!attempts.is_empty())), ended);
    keep_newest(attempts);
}

/// The attempt as it is stored, with its end: whatever a policy of the API server has made of the
/// claim, it does not change again. Where the status has forgotten it, as it was claimed.
fn ended_attempt(
    status: &BackupReplicationStatus,
    claimed: &Attempt,
    ending: &CallResult,
    now: Timestamp,
) -> Attempt {
    let stored = status.attempts.iter().find(|a| a.id == claimed.id).unwrap_or(claimed);
    // What was waited for after a refused token says nothing of a cloud that is busy.
    let before = status.attempts.iter().find(|a| a.number < claimed.number);
    let before = before.filter(|before| is_passing(before));
    let retry_delay = |asked| backoff::retry_delay(&claimed.id, before, asked);
    let (outcome, rejection, answer, retry) = match ending {
        CallResult::Accepted(_, answer) => (Outcome::Accepted, None, answer, None),
        CallResult::NotSent(answer) => (Outcome::NotSent, None, answer, Some(retry_delay(None))),
        CallResult::Unknown(answer) => (Outcome::Unknown, None, answer, None),
        CallResult::Rejected { kind, answer, retry_after } => {
            let retry = match kind {
                RejectionKind::Temporary | RejectionKind::Throttled => {
                    Some(retry_delay(*retry_after))
                }
                RejectionKind::Unauthorized => Some(backoff::refused_token_delay(&claimed.id)),
                RejectionKind::Terminal | RejectionKind::AlreadyReplicated => None,
            };
            (Outcome::Rejected, Some(*kind), answer, retry)
        }
    };
    let CallAnswer { http_status, code, request_id, message } = answer.clone();
    let record_id = match ending {
        CallResult::Accepted(acceptance, _) => acceptance.replication_record_id.clone(),
        CallResult::NotSent(_) | CallResult::Rejected { .. } | CallResult::Unknown(_) => None,
    };
    Attempt {
        outcome: Some(outcome),
        rejection,
        http_status,
        code,
        record_id,
        request_id,
        message: Some(message),
        ended_at: Some(Time(now)),
        retry_at: retry.and_then(|delay| backoff::deadline(now, delay)).map(Time),
        ..stored.clone()
    }
}
