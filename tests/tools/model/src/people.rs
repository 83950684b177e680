//! The steps of people, and of the tools that they use: decisions, edits, restores.

use std::rc::Rc;

use backup_replication_operator::resource::{Origin, Outcome, RejectionKind};

use crate::explorer::Kind;
use crate::guards;
use crate::label::Label;
use crate::scenario::{Broken, Scenario};
use crate::state::{Backup, Decision, Slot, Word};
use crate::tables::{StatusRef, number};
use crate::world::Steps;

pub(crate) fn steps(steps: &mut Steps<'_>) {
    for resource in 0..steps.from.resources.len() {
        human(steps, resource);
        unasked(steps, resource);
        edits(steps, resource);
    }
    store(steps);
}

/// A human answers what a status asks: about an unknown outcome, once no call can be on its way any
/// more, or after a rejection.
fn human(steps: &mut Steps<'_>, resource: usize) {
    let world = steps.world;
    let object = &steps.from.resources[resource];
    let status = world.production.status(object.status);
    let stalled = status.conditions.iter().any(|c| c.type_ == "Stalled" && c.status == "True");
    if !object.exists || !stalled {
        return;
    }
    // The message of the status names this attempt: the newest that is unknown, or else the one in
    // force.
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
        (Some(Outcome::Rejected), _) => &[Word::Retry],
        (None | Some(Outcome::Accepted | Outcome::NotSent | Outcome::NotAccepted), _) => &[],
    };
    for word in words {
        let decision = Decision { attempt, word: *word, given_to: object.uid };
        if object.decision != Some(decision) {
            steps.push(Label::HumanDecides { resource, decision }, Kind::Human, 0, |to| {
                to.resources[resource].decision = Some(decision);
                to.changed(resource);
                Ok(())
            });
        }
    }
}

/// A human decides without being asked: while the call is in flight, too soon, about an adopted record;
/// and takes it back.
fn unasked(steps: &mut Steps<'_>, resource: usize) {
    let object = &steps.from.resources[resource];
    let Scenario { decides_any_time, lets_go, .. } = steps.world.scenario;
    if !object.exists || !(decides_any_time || lets_go) {
        return;
    }
    let status = steps.world.production.status(object.status);
    let named = status.attempts.first().and_then(|attempt| number(attempt.id.as_str()));
    let adopted =
        status.replication_record_id.as_deref().filter(|_| status.origin == Some(Origin::Adopted));
    let adopted = adopted.and_then(number);
    let words = [
        (named.filter(|_| decides_any_time), Word::NotAccepted),
        (adopted.filter(|_| lets_go), Word::LetGo),
    ];
    let decisions = words.into_iter().filter_map(|(named, word)| Some((named?, word)));
    for (attempt, word) in decisions.filter(|_| object.decision.is_none()) {
        let decision = Decision { attempt, word, given_to: object.uid };
        steps.push(Label::HumanDecides { resource, decision }, Kind::Fault, 0, |to| {
            to.resources[resource].decision = Some(decision);
            to.changed(resource);
            Ok(())
        });
    }
    if object.decision.is_some() && !steps.world.scenario.doubles {
        steps.push(Label::DecisionTakenBack { resource }, Kind::Fault, 0, |to| {
            to.resources[resource].decision = None;
            to.changed(resource);
            Ok(())
        });
    }
}

/// Others edit, delete and create the resource.
fn edits(steps: &mut Steps<'_>, resource: usize) {
    let fresh = steps.world.production.fresh_status();
    let object = &steps.from.resources[resource];
    let decisions_stay = steps.world.scenario.decisions_stay;
    let recreations_left = steps.from.recreations_left;
    if !object.exists {
        let restores = steps.world.scenario.restores;
        for choice in [false, true] {
            let with_status = choice && !restores;
            steps.push(Label::Created { resource, with_status }, Kind::Fault, 0, |to| {
                let object = &mut to.resources[resource];
                object.exists = true;
                object.uid += 1;
                object.generation = 1;
                if restores {
                    object.to_restore = Some(object.status);
                    object.restored = choice;
                }
                // A status that comes with the object tells what was decided of it.
                let decision = object.decision.as_mut().filter(|_| with_status);
                decision.into_iter().for_each(|decision| decision.given_to = object.uid);
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
    let writing =
        |slot: &Slot| slot.write().is_some_and(|write| usize::from(write.resource) == resource);
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
    if let Some(saved) = object.to_restore {
        restored(steps, resource, saved);
        return;
    }
    if let Some(left) = recreations_left.checked_sub(1) {
        steps.push(Label::Deleted { resource }, Kind::Fault, 0, |to| {
            to.recreations_left = left;
            let object = &mut to.resources[resource];
            object.exists = false;
            if !decisions_stay {
                object.decision = None;
            }
            to.changed(resource);
            // Another one of the name is another object.
            to.processes
                .iter_mut()
                .map(Rc::make_mut)
                .for_each(|process| process.lookups[resource] = None);
            Ok(())
        });
    }
}

/// The second write of a restore, which the guards may refuse.
fn restored(steps: &mut Steps<'_>, resource: usize, saved: StatusRef) {
    let world = steps.world;
    let refused = {
        let (old, new) = (
            world.production.status(steps.from.resources[resource].status),
            world.production.status(saved),
        );
        guards::refusal(&old, &new).is_some()
    };
    let label = if refused {
        Label::RestoreRefused { resource }
    } else {
        Label::StatusRestored { resource }
    };
    steps.fair(label, |to| {
        let object = &mut to.resources[resource];
        object.to_restore = None;
        if !refused {
            object.status = saved;
            to.changed(resource);
        }
        Ok(())
    });
}

/// The store is restored to an earlier state, and all who watch it begin again.
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
            for replica in &mut to.replicas {
                (replica.recorded, replica.shown) = (None, false);
            }
            (0..resources.len()).for_each(|resource| to.changed(resource));
            Ok(())
        }),
        Backup::Restored => {}
    }
}
