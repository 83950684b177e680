//! What must hold in each state, and of each write.

use backup_replication_operator::cbr::same_spelling;
use backup_replication_operator::resource::{BackupReplicationStatus, Origin, Outcome};

use crate::explorer::{Model, Rest};
use crate::guards;
use crate::state::{AttemptNo, End, Replica, Resource, State, Word};
use crate::tables::{StatusRef, attempt_id, record_id};
use crate::world::World;

/// The promises of a state.
pub(crate) fn hold(world: &World, state: &State) -> Result<(), String> {
    let scenario = &world.scenario;
    for (number, replica) in state.replicas.iter().enumerate() {
        let same =
            |other: &&Replica| (other.resource, other.uid) == (replica.resource, replica.uid);
        // A store that forgets what it confirmed voids the promise, and so does a human's untimely
        // word.
        let once = scenario.one_for_the_name || (!scenario.rollback && !scenario.doubles);
        if once && state.replicas[..number].iter().any(|other| same(&other)) {
            return Err(format!(
                "two accepted calls for resource {} of uid {}",
                replica.resource, replica.uid
            ));
        }
        let asked_for =
            |resource: &Resource| resource.decision.is_some_and(|d| d.word == Word::Retry);
        if number > 0
            && scenario.one_call_for_the_target()
            && !state.resources.iter().any(asked_for)
        {
            return Err("two accepted calls for one target".to_owned());
        }
    }
    let over =
        state.late_writes.is_empty() && state.calls.is_empty() && world.rest(state) == Rest::Over;
    for (number, resource) in
        state.resources.iter().enumerate().filter(|(_, resource)| resource.exists)
    {
        let status = world.production.status(resource.status);
        let of_it = |replica: &&Replica| {
            usize::from(replica.resource) == number && replica.uid == resource.uid
        };
        for replica in state.replicas.iter().filter(of_it) {
            holds_what_is_recorded(replica, &status)?;
            let id = record_id(replica.no);
            let declined =
                status.declined_records.iter().any(|declined| same_spelling(declined, &id));
            if over && replica.shown && !declined && !names(&status, replica.no) {
                return Err(format!(
                    "an accepted call that the records show is told nowhere: attempt {}",
                    replica.no
                ));
            }
        }
        names_none_twice(&status)?;
        if scenario.selects && !world.production.calls_for_its_choice(number, resource) {
            return Err("an attempt is not for the backup that was chosen".to_owned());
        }
        // What a broken rule comes to in the end is of more interest.
        if scenario.broken.is_empty() && !scenario.doubles {
            tells_no_untruth(world, state, &status)?;
        }
    }
    Ok(())
}

/// Whether the status names the record of this attempt's call, as its own or as a further one.
pub(crate) fn names(status: &BackupReplicationStatus, no: AttemptNo) -> bool {
    let id = record_id(no);
    status
        .replication_record_id
        .iter()
        .chain(&status.additional_records)
        .any(|named| same_spelling(named, &id))
}

/// One record is one acceptance, however it is spelled.
fn names_none_twice(status: &BackupReplicationStatus) -> Result<(), String> {
    let named: Vec<&String> =
        status.replication_record_id.iter().chain(&status.additional_records).collect();
    let twice =
        |(at, id): (usize, &&String)| named[..at].iter().any(|other| same_spelling(other, id));
    if named.iter().enumerate().any(twice) {
        return Err(format!("one record is told as two: {named:?}"));
    }
    Ok(())
}

/// What the status says was not accepted was not, and is not any more; and what it says was
/// accepted was.
fn tells_no_untruth(
    world: &World,
    state: &State,
    status: &BackupReplicationStatus,
) -> Result<(), String> {
    for attempt in &status.attempts {
        let settled = match attempt.outcome {
            Some(Outcome::NotSent | Outcome::Rejected) => true,
            // With `CallAgain` the cloud's refusal of duplicates is trusted instead.
            Some(Outcome::NotAccepted) => !world.scenario.calls_again,
            None | Some(Outcome::Accepted | Outcome::Unknown) => false,
        };
        let is_it = |no: AttemptNo| attempt_id(no) == attempt.id.as_str();
        let accepted = state.replicas.iter().any(|replica| is_it(replica.no));
        // Where only one call is possible, no record and no 1009 can speak of another.
        let one_call = !world.scenario.targets_matter()
            && !world.scenario.refuses_duplicates
            && world.scenario.others.is_empty();
        if attempt.outcome == Some(Outcome::Accepted)
            && !accepted
            && one_call
            && !world.scenario.rollback
        {
            return Err(format!("attempt {} is Accepted, but it was not", attempt.id));
        }
        if settled && (accepted || state.calls.iter().any(|call| is_it(call.no))) {
            let what = if accepted { "was accepted" } else { "may yet be accepted" };
            return Err(format!("attempt {} is {:?}, but it {what}", attempt.id, attempt.outcome));
        }
    }
    Ok(())
}

/// To follow an accepted call changes neither what was called nor the name of its record. A human's
/// word may.
pub(crate) fn follows_only(
    world: &World,
    object: &Resource,
    next: StatusRef,
) -> Result<(), String> {
    let (old, new) = (world.production.status(object.status), world.production.status(next));
    let open = old.attempts.iter().any(|a| matches!(a.outcome, None | Some(Outcome::Unknown)));
    let followed = old.is_accepted() && old.replication_record_id.is_some() && !open;
    let kept = |status: &BackupReplicationStatus| {
        let BackupReplicationStatus {
            attempts, replication_record_id, accepted_at, origin, ..
        } = status;
        let kept = (attempts, replication_record_id, accepted_at, origin);
        serde_json::to_string(&kept).unwrap_or_default()
    };
    if followed && old.decision == new.decision && kept(&old) != kept(&new) {
        return Err("what follows a record changes more than what is known of it".to_owned());
    }
    Ok(())
}

/// What a process has recorded as accepted stays in the status.
fn holds_what_is_recorded(
    replica: &Replica,
    status: &BackupReplicationStatus,
) -> Result<(), String> {
    let holds = match replica.recorded {
        None => true,
        Some(End::Accepted) => names(status, replica.no),
        // Without an id there is only the attempt's own outcome to hold it.
        Some(_) => {
            let own = status
                .attempts
                .iter()
                .find(|attempt| attempt.id.as_str() == attempt_id(replica.no));
            own.is_some_and(|attempt| attempt.outcome == Some(Outcome::Accepted))
        }
    };
    if holds {
        Ok(())
    } else {
        Err(format!(
            "an acceptance that a process has seen is not in the status: attempt {}",
            replica.no
        ))
    }
}

/// The guards, and what they leave to a human's word.
pub(crate) fn keeps_the_rules(
    old: &BackupReplicationStatus,
    new: &BackupReplicationStatus,
) -> Result<(), String> {
    if let Some(rule) = guards::refusal(old, new) {
        return Err(format!("the API server refuses a write of the operator: {rule}"));
    }
    let record = &old.replication_record_id;
    let let_go = old.origin == Some(Origin::Adopted) && old.decision != new.decision;
    if record.is_some() && *record != new.replication_record_id && !let_go {
        return Err("a record id that was written has changed".to_owned());
    }
    Ok(())
}
