//! The CEL rules on the status (`src/resource/guards.rs`), restated over the production types.
//! `tests/it/guards.rs` holds the rules themselves against a real API server; here no write of the
//! operator may ever be refused by them.

use backup_replication_operator::resource::{Attempt, BackupReplicationStatus, Origin, Outcome};

/// Why the API server would refuse the change.
pub(crate) fn refusal(
    old: &BackupReplicationStatus,
    new: &BackupReplicationStatus,
) -> Option<&'static str> {
    let adopted = old.origin == Some(Origin::Adopted)
        && old.attempts.iter().all(|attempt| attempt.outcome != Some(Outcome::Accepted));
    let written_once = |kept: bool| kept || adopted;
    let rules = [
        (
            old.origin.is_none_or(|origin| origin == Origin::Adopted || new.origin == Some(origin)),
            "the origin of a call or a decision never changes",
        ),
        (
            written_once(
                old.replication_record_id.is_none()
                    || new.replication_record_id == old.replication_record_id,
            ),
            "replicationRecordId is written once and never changes",
        ),
        (
            written_once(old.accepted_at.is_none() || new.accepted_at == old.accepted_at),
            "acceptedAt is written once and never changes",
        ),
        (
            old.chosen_backup_id.is_none() || new.chosen_backup_id == old.chosen_backup_id,
            "chosenBackupId is written once and never changes",
        ),
        (old.attempts.is_empty() || !new.attempts.is_empty(), "attempts cannot be removed"),
        (
            old.additional_records.iter().all(|record| new.additional_records.contains(record)),
            "a record cannot be removed from additionalRecords",
        ),
        (
            no_attempt_after_acceptance(old, new, adopted),
            "no further attempt once a call was accepted",
        ),
        (
            follows(&old.attempts, &new.attempts),
            "a new attempt may follow only one that is known or settled as not accepted, with a \
             higher number",
        ),
        (none_removed(&old.attempts, &new.attempts), "an attempt cannot be removed"),
        (new.attempts.len() <= 5, "the schema's bound of attempts"),
    ];
    let broken = rules.into_iter().find(|(kept, _)| !kept).map(|(_, rule)| rule);
    broken.or_else(|| {
        let pairs = new
            .attempts
            .iter()
            .filter_map(|n| Some((old.attempts.iter().find(|o| o.id == n.id)?, n)));
        pairs.filter_map(|(old, new)| attempt_refusal(old, new)).next()
    })
}

fn not_accepted(attempt: &Attempt) -> bool {
    matches!(attempt.outcome, Some(Outcome::NotSent | Outcome::Rejected | Outcome::NotAccepted))
}

fn no_attempt_after_acceptance(
    old: &BackupReplicationStatus,
    new: &BackupReplicationStatus,
    adopted: bool,
) -> bool {
    let accepted = old.accepted_at.is_some()
        || old.replication_record_id.is_some()
        || old.attempts.iter().any(|attempt| attempt.outcome == Some(Outcome::Accepted));
    let Some(head) = new.attempts.first() else {
        return true;
    };
    !accepted
        || adopted
        || old.attempts.first().is_some_and(|before| before.id == head.id)
        || head.outcome == Some(Outcome::Accepted)
}

fn follows(old: &[Attempt], new: &[Attempt]) -> bool {
    let Some(before) = old.first() else {
        return true;
    };
    new.first().is_some_and(|head| {
        head.id == before.id || (not_accepted(before) && head.number > before.number)
    })
}

fn none_removed(old: &[Attempt], new: &[Attempt]) -> bool {
    let may_go = |o: &Attempt| {
        new.len() == 5
            && old.first().is_some_and(|head| head.id != o.id)
            && not_accepted(o)
            && old.iter().all(|p| p.number >= o.number || !not_accepted(p))
    };
    old.iter().all(|o| new.iter().any(|n| n.id == o.id) || may_go(o))
}

fn attempt_refusal(old: &Attempt, new: &Attempt) -> Option<&'static str> {
    let claim = |a: &Attempt| {
        (
            (a.number, a.generation, a.endpoint.clone(), a.claimed_at.clone()),
            (
                a.claimed_by.clone(),
                a.window,
                a.limit,
                a.secret_version.clone(),
                a.request_digest.clone(),
            ),
        )
    };
    if claim(old) != claim(new) {
        return Some("what a claim wrote down never changes");
    }
    if old.records_before != new.records_before {
        return Some("the records seen before a claim never change");
    }
    let final_enough = match old.outcome {
        None | Some(Outcome::Unknown) => old.outcome.is_none() || new.outcome.is_some(),
        Some(_) if new.outcome == old.outcome => true,
        Some(_) => not_accepted(old) && new.outcome == Some(Outcome::Accepted),
    };
    (!final_enough).then_some(
        "an outcome is final: only Unknown may be settled, and only an acceptance may come late",
    )
}
