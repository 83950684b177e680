//! The steps of everything but the operator: the cloud, the network, time, humans, and who else edits resources.

use std::rc::Rc;

use backup_replication_operator::resource::{Outcome, RejectionKind};

use crate::explorer::Kind;
use crate::label::Label;
use crate::memory::{older, older_viewer};
use crate::scenario::Broken;
use crate::state::{Age, Backup, Call, Decision, End, Process, Record, Replica, Slot, State, Word, Write};
use crate::tables::number;
use crate::world::Steps;

pub(crate) fn steps(steps: &mut Steps<'_>) {
    network(steps);
    for call in &steps.from.calls {
        cloud(steps, call);
    }
    records(steps);
    time(steps, Age::PastHold);
    time(steps, Age::PastSettling);
    for process in 0..steps.from.processes.len() {
        crash(steps, process);
    }
    for resource in 0..steps.from.resources.len() {
        human(steps, resource);
        edits(steps, resource);
    }
    store(steps);
}

/// Late writes arrive, or never do.
fn network(steps: &mut Steps<'_>) {
    let world = steps.world;
    for (at, write) in steps.from.late_writes.iter().enumerate() {
        steps.fair(Label::LateWriteIsLost, |to| {
            to.late_writes.remove(at);
            Ok(())
        });
        steps.fair(Label::LateWriteArrives, |to| {
            to.late_writes.remove(at);
            world.write(to, write).map(|_| ())
        });
    }
}

/// The cloud decides on a call, and its answer arrives or not.
fn cloud(steps: &mut Steps<'_>, call: &Call) {
    let scenario = &steps.world.scenario;
    let attempt = call.no;
    let accept = |to: &mut State| {
        let &Call { resource, uid, no } = call;
        to.replicas.push(Replica { resource, uid, no, record: Record::NotYet, recorded: None });
    };
    let listens = |slot: &Slot| matches!(slot, Slot::Calling(claim) if claim.no == attempt);
    let listener = steps.from.processes.iter().position(|process| process.slots.iter().any(listens));
    let same = |replica: &Replica| !scenario.own_backups || replica.resource == call.resource;
    let refused = scenario.refuses_duplicates && steps.from.replicas.iter().any(same);
    let accepts = !refused;
    let Some(process) = listener else {
        let label = Label::CloudDecides { attempt, accepts, answer: None };
        steps.fair(label, |to| {
            to.calls.retain(|other| other.no != attempt);
            if accepts {
                accept(to);
            }
            Ok(())
        });
        if accepts {
            steps.fair(Label::CallIsLost { attempt }, |to| {
                to.calls.retain(|other| other.no != attempt);
                Ok(())
            });
        }
        return;
    };
    let answer = |to: &mut State, end| {
        to.calls.retain(|other| other.no != attempt);
        let own = to.process(process);
        let at = own.slots.iter().position(listens).expect("the listener listens");
        let claim = own.slots[at].claim().expect("a call has a claim").clone();
        own.end(at, &claim, end);
    };
    let (usual, odd): (End, &[End]) = if refused {
        (End::AlreadyReplicated, &[End::Unknown])
    } else {
        (End::Accepted, &[End::Unknown, End::Unreadable2xx, End::AcceptedWithoutId])
    };
    steps.fair(Label::CloudDecides { attempt, accepts, answer: Some(usual) }, |to| {
        if accepts {
            accept(to);
        }
        answer(to, usual);
        Ok(())
    });
    for end in odd {
        steps.fault(Label::CloudDecides { attempt, accepts, answer: Some(*end) }, |to| {
            if accepts {
                accept(to);
            }
            answer(to, *end);
            Ok(())
        });
    }
    for end in [End::Unknown, End::Rejected, End::RejectedForGood] {
        steps.fault(Label::CloudDecides { attempt, accepts: false, answer: Some(end) }, |to| {
            answer(to, end);
            Ok(())
        });
    }
}

/// Records show, are followed by their ends, and may be removed.
fn records(steps: &mut Steps<'_>) {
    let world = steps.world;
    let scenario = &world.scenario;
    for (at, replica) in steps.from.replicas.iter().enumerate() {
        let vanishes_early = scenario.has(Broken::RecordsVanishEarly);
        let vanishes = scenario.records_vanish && (vanishes_early || world.is_in_its_status(steps.from, replica));
        let mut becomes = |record, kind| {
            steps.push(Label::RecordIs { attempt: replica.no, record }, kind, 0, |to| {
                to.replicas[at].record = record;
                Ok(())
            });
        };
        match replica.record {
            Record::NotYet if world.is_listed_in_time(replica) => becomes(scenario.first_shown(), Kind::Fair),
            Record::Replicating => {
                becomes(Record::Success, Kind::Fair);
                becomes(Record::Fail, Kind::Fair);
                if vanishes {
                    becomes(Record::Gone, Kind::Fault);
                }
            }
            Record::Success | Record::Fail if vanishes => becomes(Record::Gone, Kind::Fault),
            Record::NotYet | Record::Success | Record::Fail | Record::Gone => {}
        }
    }
}

/// So much time passes that a hold, or a hold and the settling time, is over. A process that is in the middle of
/// something sleeps meanwhile, which is a fault. A call does not outlive its time limit, which the hold contains.
fn time(steps: &mut Steps<'_>, until: Age) {
    let scenario = &steps.world.scenario;
    let outlives = scenario.has(Broken::CallOutlivesLimit);
    if !steps.from.calls.is_empty() && !outlives {
        return;
    }
    let mut slots = steps.from.processes.iter().flat_map(|process| &process.slots);
    let asleep = slots.any(|slot| *slot != Slot::Idle) || !steps.from.late_writes.is_empty();
    let (kind, cost) = if asleep { (Kind::Fault, 1) } else { (Kind::Fair, 0) };
    let settled = until == Age::PastSettling;
    let world = steps.world;
    steps.push(Label::TimePasses { until }, kind, cost, |to| {
        for process in to.processes.iter_mut().map(Rc::make_mut) {
            for seen in process.seen.iter_mut().flatten() {
                seen.age = seen.age.max(until);
            }
            for slot in &mut process.slots {
                if let Some(claim) = slot.claim_mut() {
                    claim.late = true;
                }
            }
            let calling = process.slots.iter().position(|slot| matches!(slot, Slot::Calling(_)));
            if let Some((at, claim)) = calling.and_then(|at| Some((at, process.slots[at].claim()?.clone()))) {
                process.end(at, &claim, End::Unknown);
            }
            let claimed = process.slots.iter().any(|slot| slot.claim().is_some());
            if settled && !claimed {
                process.target = None;
            }
            for own in process.lookups.iter_mut().flatten() {
                *own = older(*own, until, false);
            }
            process.viewer = older_viewer(process.viewer);
        }
        if settled {
            to.resources.iter_mut().for_each(|resource| resource.young = false);
        }
        if settled && !world.scenario.has(Broken::RecordsTooLate) {
            let hidden = to.replicas.iter_mut().filter(|replica| replica.record == Record::NotYet);
            let listed = hidden.filter(|replica| world.is_listed_in_time(replica));
            listed.for_each(|replica| replica.record = world.scenario.first_shown());
        }
        Ok(())
    });
}

/// A process dies and another begins. What it had sent may yet arrive.
fn crash(steps: &mut Steps<'_>, process: usize) {
    let resources = steps.from.resources.len();
    let own = &steps.from.processes[process];
    // To forget since when something is seen is but to wait longer.
    let idle = own.slots.iter().all(|slot| *slot == Slot::Idle);
    if idle && own.given_up.is_empty() && own.target.is_none() && !own.viewer.records_shown {
        return;
    }
    steps.fault(Label::Crash { process, writes_arrive_late: false }, |to| {
        *to.process(process) = Process::new(resources);
        Ok(())
    });
    let sent: Vec<Write> = own.slots.iter().filter_map(Slot::write).cloned().collect();
    if !sent.is_empty() {
        steps.fault(Label::Crash { process, writes_arrive_late: true }, |to| {
            *to.process(process) = Process::new(resources);
            to.late_writes.extend(sent);
            Ok(())
        });
    }
}

/// A human answers what a status asks: about an unknown outcome, once no call can be on its way any more, or after a
/// rejection.
fn human(steps: &mut Steps<'_>, resource: usize) {
    let world = steps.world;
    let object = &steps.from.resources[resource];
    let status = world.production.status(object.status);
    let stalled = status.conditions.iter().any(|c| c.type_ == "Stalled" && c.status == "True");
    if !object.exists || !stalled {
        return;
    }
    // The message of the status names this attempt: the newest that is unknown, or else the one in force.
    let unknown = status.attempts.iter().find(|attempt| attempt.outcome == Some(Outcome::Unknown));
    let Some(asked) = unknown.or(status.attempts.first()) else {
        return;
    };
    let Some(attempt) = number(asked.id.as_str()) else {
        return;
    };
    let accepted = steps.from.replicas.iter().any(|replica| replica.no == attempt);
    let on_its_way = steps.from.calls.iter().any(|call| call.no == attempt);
    let words: &[Word] = match (asked.outcome, asked.rejection) {
        (Some(Outcome::Unknown), _) if on_its_way => &[],
        (Some(Outcome::Unknown), _) if accepted != world.scenario.has(Broken::HumanLies) => {
            &[Word::Accepted, Word::AcceptedAs(attempt)]
        }
        (Some(Outcome::Unknown), _) => &[Word::NotAccepted],
        (Some(Outcome::Rejected), Some(RejectionKind::AlreadyReplicated)) => &[Word::Accepted],
        (Some(Outcome::Rejected), _) => &[Word::CallAnew],
        (None | Some(Outcome::Accepted | Outcome::NotSent | Outcome::NotAccepted), _) => &[],
    };
    for word in words {
        let decision = Decision { attempt, word: *word };
        if object.decision != Some(decision) {
            steps.push(Label::HumanDecides { resource, decision }, Kind::Human, 0, |to| {
                to.resources[resource].decision = Some(decision);
                to.changed(resource);
                Ok(())
            });
        }
    }
}

/// Others edit, delete and create the resource.
fn edits(steps: &mut Steps<'_>, resource: usize) {
    let fresh = steps.world.production.fresh_status();
    let object = &steps.from.resources[resource];
    let recreations_left = steps.from.recreations_left;
    if !object.exists {
        for with_status in [false, true] {
            steps.push(Label::Created { resource, with_status }, Kind::Fault, 0, |to| {
                let object = &mut to.resources[resource];
                object.exists = true;
                object.uid += 1;
                object.generation = 1;
                if !with_status {
                    object.status = fresh;
                    object.young = false;
                }
                to.changed(resource);
                Ok(())
            });
        }
        return;
    }
    let writing = |slot: &Slot| slot.write().is_some_and(|write| usize::from(write.resource) == resource);
    let in_flight = steps.from.processes.iter().any(|process| process.slots.iter().any(writing));
    if in_flight && steps.world.scenario.edits {
        steps.fault(Label::EditedByOthers { resource }, |to| {
            to.changed(resource);
            Ok(())
        });
    }
    if object.generation == 1 && steps.world.scenario.edits {
        steps.fault(Label::SpecEdited { resource }, |to| {
            to.resources[resource].generation = 2;
            to.changed(resource);
            Ok(())
        });
    }
    if let Some(left) = recreations_left.checked_sub(1) {
        steps.push(Label::Deleted { resource }, Kind::Fault, 0, |to| {
            to.recreations_left = left;
            let object = &mut to.resources[resource];
            object.exists = false;
            object.decision = None;
            to.changed(resource);
            // Another one of the name is another object.
            to.processes.iter_mut().map(Rc::make_mut).for_each(|process| process.lookups[resource] = None);
            Ok(())
        });
    }
}

/// The store is restored to an earlier state, and all who watch it begin anew.
fn store(steps: &mut Steps<'_>) {
    if !steps.world.scenario.rollback {
        return;
    }
    match &steps.from.backup {
        Backup::NotTaken => steps.push(Label::StoreBackedUp, Kind::Fault, 0, |to| {
            to.backup = Backup::Taken(to.resources.clone());
            Ok(())
        }),
        Backup::Taken(resources) => steps.push(Label::StoreRestored, Kind::Fault, 0, |to| {
            to.resources.clone_from(resources);
            to.backup = Backup::Restored;
            to.replicas.iter_mut().for_each(|replica| replica.recorded = None);
            (0..resources.len()).for_each(|resource| to.changed(resource));
            Ok(())
        }),
        Backup::Restored => {}
    }
}
