//! The steps of everything but the operator and people: the cloud, the network, time.

use std::rc::Rc;

use crate::explorer::Kind;
use crate::label::Label;
use crate::memory::{older, older_viewer};
use crate::scenario::Broken;
use crate::state::{Age, Call, End, Process, Record, Replica, Resource, Slot, State, Write};
use crate::world::Steps;

pub(crate) fn steps(steps: &mut Steps<'_>) {
    network(steps);
    for call in &steps.from.calls {
        cloud(steps, call);
    }
    records(steps);
    logs(steps);
    time(steps, Age::PastHold);
    time(steps, Age::PastSettling);
    for process in 0..steps.from.processes.len() {
        crash(steps, process);
    }
    others_records(steps);
    secret_and_policy(steps);
    backups(steps);
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
    let world = steps.world;
    let scenario = &world.scenario;
    let attempt = call.no;
    let accept = |to: &mut State| {
        let &Call { resource, uid, no, backup } = call;
        let mut replica = Replica {
            resource,
            uid,
            no,
            backup,
            record: Record::NotYet,
            logged: false,
            recorded: None,
            shown: false,
        };
        if scenario.shows_at_once && world.is_listed_in_time(&replica) {
            replica.record = scenario.first_shown();
        }
        to.replicas.push(replica);
    };
    let listens = |slot: &Slot| matches!(slot, Slot::Calling(claim) if claim.no == attempt);
    let listener =
        steps.from.processes.iter().position(|process| process.slots.iter().any(listens));
    let same = |replica: &Replica| {
        replica.backup == call.backup
            && (!scenario.own_backups || replica.resource == call.resource)
    };
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
    let (usual, mut odd) = if refused {
        (End::AlreadyReplicated, vec![End::Unknown])
    } else {
        (End::Accepted, vec![End::Unknown, End::Unreadable2xx, End::AcceptedWithoutId])
    };
    let mut not_accepted = vec![End::Unknown, End::Rejected, End::RejectedForGood];
    if scenario.heals {
        not_accepted.push(End::RejectedForNow);
    }
    if scenario.undocumented {
        odd.push(End::Undocumented);
        not_accepted.extend([End::Undocumented, End::Codeless]);
        let slots = steps.from.processes.iter().flat_map(|process| &process.slots);
        let claim = slots.filter(|slot| listens(slot)).find_map(Slot::claim);
        let has_looked = claim.is_some_and(|claim| world.production.has_looked(claim.attempt));
        if has_looked || scenario.has(Broken::CodelessAfterAcceptance) {
            odd.push(End::Codeless);
        }
    }
    steps.fair(Label::CloudDecides { attempt, accepts, answer: Some(usual) }, |to| {
        if accepts {
            accept(to);
        }
        answer(to, usual);
        Ok(())
    });
    for end in odd {
        steps.fault(Label::CloudDecides { attempt, accepts, answer: Some(end) }, |to| {
            if accepts {
                accept(to);
            }
            answer(to, end);
            Ok(())
        });
    }
    for end in not_accepted {
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
        let vanishes = scenario.records_vanish
            && (vanishes_early || world.is_in_its_status(steps.from, replica));
        let mut becomes = |record, kind| {
            steps.push(Label::RecordIs { attempt: replica.no, record }, kind, 0, |to| {
                to.replicas[at].record = record;
                Ok(())
            });
        };
        match replica.record {
            Record::NotYet if world.is_listed_in_time(replica) => {
                becomes(scenario.first_shown(), Kind::Fair)
            }
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

/// The operation logs show an accepted call, soon or late.
fn logs(steps: &mut Steps<'_>) {
    let shows = steps.world.scenario.logs;
    let hidden = steps.from.replicas.iter().enumerate().filter(|(_, replica)| !replica.logged);
    for (at, replica) in hidden.filter(|_| shows) {
        steps.fair(Label::CallIsLogged { attempt: replica.no }, |to| {
            to.replicas[at].logged = true;
            Ok(())
        });
    }
}

/// So much time passes that a hold, or a hold and the settling time, is over. A process that is in
/// the middle of something sleeps meanwhile, which is a fault. A call does not outlive its time
/// limit, which the hold contains.
fn time(steps: &mut Steps<'_>, until: Age) {
    let scenario = &steps.world.scenario;
    let outlives = scenario.has(Broken::CallOutlivesLimit);
    if !steps.from.calls.is_empty() && !outlives {
        return;
    }
    let awaited = |object: &Resource| object.exists && object.to_restore.is_some();
    let awaited = steps.from.resources.iter().filter(|object| awaited(object));
    // A status is restored in time: within seconds, or, where marks tell of it, minutes.
    let in_time = |object: &Resource| object.restored && until == Age::PastHold;
    if !scenario.has(Broken::RestoredTooLate) && !awaited.clone().all(in_time) {
        return;
    }
    let restored = awaited.count() > 0;
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
            if let Some((at, claim)) =
                calling.and_then(|at| Some((at, process.slots[at].claim()?.clone())))
            {
                process.end(at, &claim, End::Unknown);
            }
            let claimed = process.slots.iter().any(|slot| slot.claim().is_some());
            if settled && !claimed {
                process.target = None;
            }
            for own in process.lookups.iter_mut().flatten() {
                *own = older(*own, until, restored);
            }
            process.viewers.iter_mut().for_each(|viewer| *viewer = older_viewer(*viewer));
            process.refused.fill(false);
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
    if !steps.world.scenario.crashes {
        return;
    }
    // To forget since when something is seen is but to wait longer.
    let idle = own.slots.iter().all(|slot| *slot == Slot::Idle);
    if idle
        && own.given_up.is_empty()
        && own.target.is_none()
        && own.viewers.iter().all(|viewer| !viewer.records_shown)
    {
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

/// Records that no resource called for appear, at any time.
fn others_records(steps: &mut Steps<'_>) {
    for other in steps
        .world
        .scenario
        .others
        .iter()
        .copied()
        .filter(|other| !steps.from.others.contains(other))
    {
        steps.push(Label::OtherAppears { other }, Kind::Fault, 0, |to| {
            to.others.push(other);
            to.others.sort();
            Ok(())
        });
    }
}

/// Backups are made that a selector matches: one in the end, and another at any time after it.
fn backups(steps: &mut Steps<'_>) {
    let made = steps.from.newest;
    if !steps.world.scenario.selects || made == 2 {
        return;
    }
    let kind = if made == 0 { Kind::Fair } else { Kind::Fault };
    steps.push(Label::BackupMade, kind, 0, |to| {
        to.newest += 1;
        Ok(())
    });
}

fn secret_and_policy(steps: &mut Steps<'_>) {
    if steps.world.scenario.second_view.is_some() {
        let cost = steps.from.credential;
        steps.push(Label::SecretRotated, Kind::Fault, cost, |to| {
            to.credential = 1 - to.credential;
            Ok(())
        });
    }
    if steps.from.admission {
        steps.fair(Label::PolicyLifted, |to| {
            to.admission = false;
            Ok(())
        });
    }
}
