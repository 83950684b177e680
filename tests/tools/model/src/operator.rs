//! The steps of an operator process for one resource: the shell of `src/controller/` around the
//! production functions.

use std::time::Duration;

use backup_replication_operator::protocol::{Clocks, Fence, ViewerMemory};
use backup_replication_operator::resource::Outcome;

use crate::cloud::{Listed, Looked};
use crate::explorer::{Kind, Rest};
use crate::label::{Label, Unusual};
use crate::memory::first_seen;
use crate::production::{POLICY, Round, Sight, Written};
use crate::promises::{follows_only, names};
use crate::scenario::{Broken, Records, Spelling, View};
use crate::state::{
    Age, Call, Claim, Decision, End, Process, Record, Replica, Resource, Seen, Slot, State, Word,
    Write,
};
use crate::tables::{now, stored};
use crate::world::{Steps, World};

pub(crate) fn steps(steps: &mut Steps<'_>, process: usize, resource: usize) {
    let from = steps.from;
    match &from.processes[process].slots[resource] {
        Slot::Idle => rounds(steps, process, resource),
        Slot::Settling(write) => settling(steps, process, resource, write),
        Slot::Staking(write, claim) => staking(steps, process, resource, write, claim),
        Slot::Finding(claim) => find(steps, process, resource, claim),
        Slot::Claimed(claim) => start(steps, process, resource, claim),
        Slot::Calling(claim) => {
            steps.fault(Label::ConnectionLost { process, resource }, |to| {
                to.process(process).end(resource, claim, End::Unknown);
                Ok(())
            });
        }
        Slot::Recording(claim, end) => recording(steps, process, resource, claim, *end),
    }
}

/// Reads the object, sees what the decision asks for, and decides.
fn rounds(steps: &mut Steps<'_>, process: usize, resource: usize) {
    let world = steps.world;
    let object = &steps.from.resources[resource];
    let usual = Label::Round { process, resource, unusual: Unusual::No };
    if let Some(before) = &steps.from.before[resource]
        && !world.production.facts(resource, before).finished
    {
        stale_round(steps, process, resource, before);
    }
    if !object.exists || world.production.facts(resource, object).finished {
        return;
    }
    let sibling = sibling_uses_target(world, steps.from, resource);
    let mine = uses_target(world, &steps.from.processes[process], resource, object.uid);
    let look = look(world, steps.from, resource);
    steps.fair(usual, |to| round(world, to, process, resource, look.clone(), mine || sibling));
    if world.scenario.looks_fail {
        let label = Label::Round { process, resource, unusual: Unusual::LookFails };
        steps.fault(label, |to| {
            round(world, to, process, resource, Looked::Failed, mine || sibling)
        });
        let label = Label::Round { process, resource, unusual: Unusual::LookRefused };
        steps.fault(label, |to| {
            round(world, to, process, resource, Looked::NoLookUp, mine || sibling)
        });
    }
    if world.scenario.odd_answers {
        for odd in [Looked::NoLookUp, Looked::NoSuchBackup, Looked::Unauthorized] {
            let label = Label::Round { process, resource, unusual: Unusual::OddAnswer };
            steps.fault(label, |to| round(world, to, process, resource, odd, mine || sibling));
        }
    }
    // A process that is alone knows its own calls, and its predecessor's were there to be listed
    // when it began.
    if sibling && !mine && world.scenario.processes > 1 {
        // The watch may not have reported it yet.
        let label = Label::Round { process, resource, unusual: Unusual::SiblingNotSeen };
        steps.fault(label, |to| round(world, to, process, resource, look.clone(), false));
    }
}

/// Decides on what a cache that lags shows: what it comes to is void, and whatever it looks at is
/// as it is now.
fn stale_round(steps: &mut Steps<'_>, process: usize, resource: usize, before: &Resource) {
    let world = steps.world;
    let sibling = sibling_uses_target(world, steps.from, resource);
    let mine = uses_target(world, &steps.from.processes[process], resource, before.uid);
    let look = look(world, steps.from, resource);
    let label = Label::Round { process, resource, unusual: Unusual::CacheLags };
    steps.fault(label, |to| {
        let version = Version { object: before.clone(), newest: false };
        round_on(world, to, process, resource, look, mine || sibling, version)
    });
}

/// A version of an object, as a round has it.
struct Version {
    object: Resource,
    newest: bool,
}

fn round(
    world: &World,
    to: &mut State,
    process: usize,
    resource: usize,
    look: Looked,
    target_in_use: bool,
) -> Result<(), String> {
    let version = Version { object: to.resources[resource].clone(), newest: true };
    round_on(world, to, process, resource, look, target_in_use, version)
}

fn round_on(
    world: &World,
    to: &mut State,
    process: usize,
    resource: usize,
    look: Looked,
    target_in_use: bool,
    version: Version,
) -> Result<(), String> {
    let Version { object, newest } = version;
    let fresh = world.fresh_attempt(to);
    let (credential, newest_backup) = (to.credential, to.newest);
    let viewer = world.viewer(resource, credential);
    let shown_to = |other: usize, object: &Resource| {
        let shown_to = world.production.facts(other, object).shown_to;
        object.exists
            && shown_to.is_some_and(|credential| world.viewer(other, credential) == viewer)
    };
    let stored_viewer =
        to.resources.iter().enumerate().any(|(other, object)| shown_to(other, object));
    let logged: Vec<_> =
        to.replicas.iter().filter(|replica| replica.logged).map(|replica| replica.no).collect();
    let own = to.process(process);
    own.sees(world, resource, &object);
    let seen = own.seen[resource];
    let age = seen.map_or(Age::Held, |seen| seen.age);
    let unknown = seen.is_some_and(|seen| seen.outcome == Some(outcome_number(Outcome::Unknown)));
    let at_once = unknown && world.scenario.has(Broken::DecidedAtOnce);
    let at_least = if at_once { Age::PastHold } else { Age::Held };
    let given_up = seen.is_some_and(|seen| own.given_up.contains(&seen.attempt));
    let sight = Sight {
        age: if world.scenario.has(Broken::AgeIgnored) {
            Age::PastSettling
        } else {
            age.max(at_least)
        },
        never_called: given_up
            || (world.scenario.has(Broken::StaleTakenAsNotSent) && age >= Age::PastHold),
        look,
        logged: logged.clone(),
        credential,
        refused: own.refused[resource],
        target_in_use,
        own: own.lookups[resource].unwrap_or_else(|| first_seen(world.may_be_young(&object))),
        viewer: ViewerMemory {
            records_shown: own.viewers[viewer].records_shown || stored_viewer,
            ..own.viewers[viewer]
        },
        fresh,
        newest: newest_backup,
    };
    let adoptable = {
        let declined = &world.production.status(object.status).declined_records;
        sight.look.is_adoptable(world.scenario.spelling, declined)
    };
    let wanted = |decision: Decision| matches!(decision.word, Word::Retry | Word::LetGo);
    let retry =
        object.decision.is_some_and(|decision| wanted(decision) && decision.given_to == object.uid);
    let listed = match &sight.look {
        Looked::Records { ours, another: _, others: _ } => {
            ours.iter().map(|listed| listed.no).collect()
        }
        Looked::NoList
        | Looked::NoLookUp
        | Looked::NoSuchBackup
        | Looked::Unauthorized
        | Looked::Failed => Vec::new(),
    };
    let write = |status, claims| Write {
        resource: u8::try_from(resource).unwrap_or(u8::MAX),
        uid: object.uid,
        current: newest,
        status,
        claims,
        shows: Vec::new(),
    };
    let rounded = world.production.round(resource, &object, sight);
    own.lookups[resource] = Some(rounded.own);
    own.viewers[viewer] = rounded.viewer;
    if world.scenario.has(Broken::ViewersMixedUp) {
        own.viewers
            .iter_mut()
            .for_each(|viewer| viewer.records_shown |= rounded.viewer.records_shown);
    }
    // What a look-up has shown since the acceptance is to be told by what is written.
    let tells = rounded.looked && world.production.facts(resource, &object).accepted;
    let shown =
        if tells && world.scenario.spelling != Spelling::OtherVault { listed } else { Vec::new() };
    match rounded.round {
        Round::Settle { status, again: _ } if status != object.status => {
            follows_only(world, &object, status)?;
            own.slots[resource] = Slot::Settling(Write { shows: shown, ..write(status, false) });
        }
        // Nothing wakes it but a change of the object.
        Round::Settle { again: false, .. } if world.rest_of(&object) == Rest::Under => {
            return Err(format!(
                "a round waits for nothing, while something is to be done for resource {resource}"
            ));
        }
        // Another round follows, when the cache has caught up.
        Round::Settle { .. } if !newest => {}
        Round::Settle { .. } => to.note_shown(resource, object.uid, &shown),
        Round::Claim { .. } if adoptable && !retry && world.scenario.broken.is_empty() => {
            return Err(format!(
                "a claim for resource {resource}, though a live record of its target is listed"
            ));
        }
        Round::Claim { status, attempt } => {
            let write = write(status, true);
            if world.scenario.targets_matter() {
                own.target = Some((write.resource, write.uid));
            }
            let backup = world.production.chosen(status);
            let claim = Claim { uid: object.uid, no: fresh, attempt, backup, late: false };
            own.slots[resource] = Slot::Staking(write, claim);
        }
    }
    Ok(())
}

fn look(world: &World, state: &State, resource: usize) -> Looked {
    match world.scenario.records {
        Records::Shown { another: _ } if world.view(state) == View::Empty => {
            Looked::Records { ours: Vec::new(), another: false, others: Vec::new() }
        }
        Records::Shown { another } => {
            let asked = world.production.chosen(state.resources[resource].status);
            let here = |replica: &&Replica| {
                let listed = !matches!(replica.record, Record::NotYet | Record::Gone);
                let of_it = replica.backup == asked;
                listed
                    && of_it
                    && (!world.scenario.own_backups || usize::from(replica.resource) == resource)
            };
            let object = &state.resources[resource];
            let status = world.production.status(object.status);
            let ours = state.replicas.iter().filter(here).map(|replica| Listed {
                no: replica.no,
                record: replica.record,
                earlier: usize::from(replica.resource) == resource
                    && replica.uid != object.uid
                    && !names(&status, replica.no),
            });
            Looked::Records { ours: ours.collect(), another, others: state.others.clone() }
        }
        Records::Empty => Looked::Records { ours: Vec::new(), another: false, others: Vec::new() },
        Records::Missing => Looked::NoList,
        Records::NoLookUp => Looked::NoLookUp,
    }
}

/// Another resource's call of this process is in flight, or too young to show; also that of a
/// predecessor of the same name.
fn uses_target(world: &World, process: &Process, resource: usize, uid: u8) -> bool {
    process.target.is_some_and(|(by, by_uid)| {
        let by = usize::from(by);
        (by, by_uid) != (resource, uid) && world.production.same_target(by, resource)
    })
}

/// By its status another resource's call is in flight or unknown.
fn sibling_uses_target(world: &World, state: &State, resource: usize) -> bool {
    let mut others = state
        .resources
        .iter()
        .enumerate()
        .filter(|(other, object)| *other != resource && object.exists);
    others.any(|(other, object)| {
        let young = object.young && !world.scenario.has(Broken::HeldTargetForgotten);
        let uses_target =
            world.production.facts(other, &Resource { young, ..object.clone() }).uses_target;
        uses_target && world.production.same_target(other, resource)
    })
}

fn settling(steps: &mut Steps<'_>, process: usize, resource: usize, write: &Write) {
    let world = steps.world;
    let ended = |to: &mut State| {
        to.process(process).slots[resource] = Slot::Idle;
    };
    steps.fair(Label::StatusWritten { process, resource }, |to| {
        ended(to);
        world.write(to, write).map(|_| ())
    });
    steps.fault(Label::StatusWriteDelayed { process, resource }, |to| {
        ended(to);
        to.late_writes.push(write.clone());
        Ok(())
    });
}

fn staking(steps: &mut Steps<'_>, process: usize, resource: usize, write: &Write, claim: &Claim) {
    let world = steps.world;
    steps.fair(Label::ClaimAnswered { process, resource }, |to| {
        // Its own write leaves the slot first, so that it does not void itself.
        to.process(process).slots[resource] = Slot::Idle;
        let written = world.write(to, write)?;
        let stored = stored_claim(world, to, resource, claim);
        let own = to.process(process);
        match (written, stored) {
            (true, Some(stored)) => own.slots[resource] = Slot::Claimed(stored),
            (true, None) if world.scenario.has(Broken::ClaimNotKeptCalled) => {
                own.slots[resource] = Slot::Claimed(held(world, claim));
            }
            (true, None) => {
                own.refused[resource] = true;
                own.gives_up(claim);
            }
            (false, _) => own.target = None,
        }
        Ok(())
    });
    steps.fault(Label::ClaimWrittenAnswerLost { process, resource }, |to| {
        to.process(process).slots[resource] = Slot::Finding(claim.clone());
        world.write(to, write).map(|_| ())
    });
    steps.fault(Label::ClaimDelayed { process, resource }, |to| {
        to.process(process).slots[resource] = Slot::Finding(claim.clone());
        to.late_writes.push(write.clone());
        Ok(())
    });
}

/// A claim whose write had no answer is held if it is there, and otherwise given up.
fn find(steps: &mut Steps<'_>, process: usize, resource: usize, claim: &Claim) {
    let world = steps.world;
    steps.fair(Label::ClaimReadAgain { process, resource }, |to| {
        let stored = stored_claim(world, to, resource, claim);
        let own = to.process(process);
        match stored {
            Some(stored) => own.slots[resource] = Slot::Claimed(stored),
            None => {
                own.slots[resource] = Slot::Idle;
                own.gives_up(claim);
            }
        }
        Ok(())
    });
}

/// The claim as it is stored, if it is in force there. (`Claim::stored` of the controller.)
fn stored_claim(world: &World, state: &State, resource: usize, claim: &Claim) -> Option<Claim> {
    let object = &state.resources[resource];
    let attempt = world.production.stored_attempt(object.status, claim.no)?;
    (object.exists && object.uid == claim.uid).then(|| Claim { attempt, ..held(world, claim) })
}

/// A claim whose answer has come. Its fence was opened before.
fn held(world: &World, claim: &Claim) -> Claim {
    Claim { late: claim.late && !world.scenario.has(Broken::FenceOpenedByAnswer), ..claim.clone() }
}

/// Asks the fence, and lets the call's body leave.
fn start(steps: &mut Steps<'_>, process: usize, resource: usize, claim: &Claim) {
    let opened = Clocks { wall: stored(), boot: Duration::ZERO };
    let asked = match claim.late {
        true => Clocks { wall: now(), boot: POLICY.window },
        false => Clocks { wall: stored(), boot: POLICY.window - Duration::from_nanos(1) },
    };
    let world = steps.world;
    let open = Fence::new(opened, POLICY.window).is_open(asked)
        || world.scenario.has(Broken::FenceIgnored);
    steps.fair(Label::CallStarts { process, resource }, |to| {
        if open {
            let resource_number = u8::try_from(resource).unwrap_or(u8::MAX);
            let (uid, no, backup) = (claim.uid, claim.no, claim.backup);
            to.calls.push(Call { resource: resource_number, uid, no, backup });
            to.process(process).slots[resource] = Slot::Calling(claim.clone());
        } else {
            to.process(process).end(resource, claim, End::NotSent);
        }
        Ok(())
    });
}

/// Reads, folds the end in and writes, again and again. After a conflict it only
/// begins again, so reading and writing are one step here.
fn recording(steps: &mut Steps<'_>, process: usize, resource: usize, claim: &Claim, end: End) {
    let world = steps.world;
    let object = &steps.from.resources[resource];
    let over = |to: &mut State| {
        to.process(process).slots[resource] = Slot::Idle;
    };
    let gone = !object.exists || object.uid != claim.uid;
    if gone {
        return steps.fair(Label::EndGivenUp { process, resource }, |to| {
            over(to);
            Ok(())
        });
    }
    let written = world.production.record(resource, object, claim, end);
    let accepted = matches!(end, End::Accepted | End::AcceptedWithoutId);
    let note = |to: &mut State| {
        if let Some(replica) =
            to.replicas.iter_mut().find(|replica| accepted && replica.no == claim.no)
        {
            replica.recorded = Some(end);
        }
    };
    let patch = |status| Write {
        resource: u8::try_from(resource).unwrap_or(u8::MAX),
        uid: claim.uid,
        current: true,
        status,
        claims: false,
        shows: Vec::new(),
    };
    steps.fair(Label::EndRecorded { process, resource }, |to| {
        over(to);
        note(to);
        match written {
            Written::Write(status) => world.write(to, &patch(status)).map(|_| ()),
            Written::AlreadyThere => Ok(()),
            Written::Superseded if accepted => {
                Err(format!("the acceptance of attempt {} is dropped", claim.no))
            }
            Written::Superseded => Ok(()),
        }
    });
    let Written::Write(status) = written else {
        return;
    };
    steps.fault(Label::EndWrittenAnswerLost { process, resource }, |to| {
        world.write(to, &patch(status)).map(|_| ())
    });
    steps.fault(Label::EndWriteDelayed { process, resource }, |to| {
        to.late_writes.push(patch(status));
        Ok(())
    });
    if world.scenario.has(Broken::EndWrittenOnce) {
        steps.push(Label::EndGivenUp { process, resource }, Kind::Fault, 1, |to| {
            over(to);
            note(to);
            Ok(())
        });
    }
}

impl Process {
    pub(crate) fn end(&mut self, resource: usize, claim: &Claim, end: End) {
        self.slots[resource] = Slot::Recording(claim.clone(), end);
        match end {
            // Nothing of it will show.
            End::NotSent
            | End::Rejected
            | End::RejectedForGood
            | End::RejectedForNow
            | End::AlreadyReplicated => self.target = None,
            End::Accepted
            | End::AcceptedWithoutId
            | End::Unknown
            | End::Unreadable2xx
            | End::Undocumented
            | End::Codeless => {}
        }
    }

    /// The claim may be there or not, and is never called.
    fn gives_up(&mut self, claim: &Claim) {
        self.target = None;
        self.given_up.push(claim.no);
        self.given_up.sort_unstable();
    }

    /// Notes when the attempt in force was first seen in its present state.
    fn sees(&mut self, world: &World, resource: usize, object: &Resource) {
        let status = world.production.status(object.status);
        let in_force = status.attempts.first().map(|head| head.outcome.map(outcome_number));
        let attempt = world.production.attempts_in(object.status).first().copied();
        let (Some(outcome), Some(attempt)) = (in_force, attempt) else {
            return;
        };
        let known = self.seen[resource]
            .is_some_and(|seen| (seen.attempt, seen.outcome) == (attempt, outcome));
        if !known {
            self.seen[resource] = Some(Seen { attempt, outcome, age: Age::Held });
        }
    }
}

fn outcome_number(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Accepted => 0,
        Outcome::NotSent => 1,
        Outcome::Rejected => 2,
        Outcome::Unknown => 3,
        Outcome::NotAccepted => 4,
    }
}
