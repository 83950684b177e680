//! The model: the state at the start, all steps from a state, and what means the same.

use std::rc::Rc;

use backup_replication_operator::protocol::ViewerMemory;
use backup_replication_operator::resource::{Origin, Outcome, Phase};

use crate::explorer::{Kind, Model, Rest, Step};
use crate::label::Label;
use crate::memory::{first_seen, worth_keeping};
use crate::production::Production;
use crate::promises::names;
use crate::scenario::{Broken, Records, Scenario, View};
use crate::state::{
    AttemptNo, Backup, CredentialNo, Process, Replica, Resource, Slot, State, Write,
};
use crate::{environment, operator, people, promises};

pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) production: Production,
}

/// The steps from one state, as they are gathered.
pub(crate) struct Steps<'a> {
    pub(crate) world: &'a World,
    pub(crate) from: &'a State,
    steps: Vec<Step<Label, State>>,
}

impl Steps<'_> {
    pub(crate) fn fair(
        &mut self,
        label: Label,
        change: impl FnOnce(&mut State) -> Result<(), String>,
    ) {
        self.push(label, Kind::Fair, 0, change);
    }

    /// A fault that uses up a part of the bound.
    pub(crate) fn fault(
        &mut self,
        label: Label,
        change: impl FnOnce(&mut State) -> Result<(), String>,
    ) {
        self.push(label, Kind::Fault, 1, change);
    }

    pub(crate) fn push(
        &mut self,
        label: Label,
        kind: Kind,
        cost: u8,
        change: impl FnOnce(&mut State) -> Result<(), String>,
    ) {
        let Some(faults_left) = self.from.faults_left.checked_sub(cost) else {
            return;
        };
        let mut to = State { faults_left, ..self.from.clone() };
        let to = change(&mut to).map(|()| {
            if self.world.scenario.lags {
                to.note_versions(self.from);
            }
            self.world.tidy(&mut to);
            to
        });
        self.steps.push(Step { label, kind, to });
    }
}

impl Model for World {
    type State = State;
    type Label = Label;

    fn start(&self) -> State {
        let resource = Resource {
            uid: 0,
            exists: true,
            generation: 1,
            status: self.production.fresh_status(),
            decision: None,
            restored: false,
            to_restore: None,
            young: false,
        };
        let resources = usize::from(self.scenario.resources);
        State {
            resources: vec![resource; resources],
            before: vec![None; resources],
            processes: (0..self.scenario.processes)
                .map(|_| Rc::new(Process::new(resources)))
                .collect(),
            late_writes: Vec::new(),
            calls: Vec::new(),
            replicas: Vec::new(),
            others: Vec::new(),
            newest: 0,
            credential: 0,
            admission: self.scenario.admission.is_some(),
            backup: Backup::NotTaken,
            faults_left: self.scenario.faults,
            recreations_left: self.scenario.recreations,
        }
    }

    fn steps(&self, state: &State) -> Vec<Step<Label, State>> {
        let mut steps = Steps { world: self, from: state, steps: Vec::new() };
        for process in 0..state.processes.len() {
            for resource in 0..state.resources.len() {
                operator::steps(&mut steps, process, resource);
            }
        }
        environment::steps(&mut steps);
        people::steps(&mut steps);
        steps.steps
    }

    fn invariant(&self, state: &State) -> Result<(), String> {
        promises::hold(self, state)
    }

    fn rest(&self, state: &State) -> Rest {
        if state.processes.iter().flat_map(|process| &process.slots).any(|slot| *slot != Slot::Idle)
        {
            return Rest::Under;
        }
        let rests = state.resources.iter().map(|resource| self.rest_of(resource));
        rests.fold(Rest::Over, |all, one| match (all, one) {
            (Rest::Under, _) | (_, Rest::Under) => Rest::Under,
            (Rest::Asked, _) | (_, Rest::Asked) => Rest::Asked,
            (Rest::Over, Rest::Over) => Rest::Over,
        })
    }

    fn show(&self, state: &State) -> String {
        let statuses = state.resources.iter().enumerate().map(|(number, resource)| {
            let status = self.production.status(resource.status);
            let json = serde_json::to_string_pretty(&*status).unwrap_or_default();
            format!("resource {number} (exists: {}): {json}\n", resource.exists)
        });
        statuses.collect::<String>() + &format!("{state:?}\n")
    }
}

impl World {
    pub(crate) fn new(scenario: Scenario) -> Self {
        Self { production: Production::new(&scenario), scenario }
    }

    /// Whether the cloud shows the record of this call within the settling time.
    pub(crate) fn is_listed_in_time(&self, replica: &Replica) -> bool {
        let never = self.scenario.has(Broken::OursNeverListed)
            || (self.scenario.has(Broken::SomeNeverListed) && replica.resource > 0);
        matches!(self.scenario.records, Records::Shown { .. }) && !never
    }

    /// Whether the acceptance is written down where it belongs.
    pub(crate) fn is_in_its_status(&self, state: &State, replica: &Replica) -> bool {
        let resource = &state.resources[usize::from(replica.resource)];
        let status = self.production.status(resource.status);
        names(&status, replica.no) && resource.exists && resource.uid == replica.uid
    }

    pub(crate) fn rest_of(&self, resource: &Resource) -> Rest {
        let status = self.production.status(resource.status);
        let open =
            status.attempts.iter().any(|a| matches!(a.outcome, None | Some(Outcome::Unknown)));
        let in_flight = status.attempts.first().is_some_and(|head| head.outcome.is_none());
        let stalled = status.conditions.iter().any(|c| c.type_ == "Stalled" && c.status == "True");
        let followed = status.is_accepted() && status.tracking_end.is_none();
        match (status.is_accepted() && !open, stalled) {
            _ if !resource.exists => Rest::Over,
            (true, _) if followed => Rest::Under,
            (true, _) => Rest::Over,
            // It is tried again, in silence.
            (false, true) if status.retry_at.is_some() || in_flight => Rest::Under,
            (false, true) if status.phase == Some(Phase::Failed) => Rest::Over,
            (false, true) => Rest::Asked,
            (false, false) => Rest::Under,
        }
    }

    /// The store takes a write, or answers with a conflict (`false`).
    pub(crate) fn write(&self, state: &mut State, write: &Write) -> Result<bool, String> {
        let at = usize::from(write.resource);
        let resource = &state.resources[at];
        let guarded = resource.exists
            && resource.uid == write.uid
            && (write.current || !self.scenario.version_tested());
        if !guarded {
            return Ok(false);
        }
        let mut status = write.status;
        if let Some(admission) = self.scenario.admission.filter(|_| state.admission) {
            status = self.production.admitted(status, admission);
        }
        let mut young = false;
        if !self.scenario.has(Broken::VersionNotTestedNoGuards) {
            let (old, new) =
                (self.production.status(resource.status), self.production.status(status));
            promises::keeps_the_rules(&old, &new)?;
            young = self.scenario.targets_matter()
                && old.accepted_at.is_none()
                && new.accepted_at.is_some();
            let open =
                old.attempts.iter().any(|a| matches!(a.outcome, None | Some(Outcome::Unknown)));
            let lets_go = old.origin == Some(Origin::Adopted);
            if write.claims && (open || (old.is_accepted() && !lets_go)) {
                return Err(
                    "a claim beside an attempt that is in flight, unknown or accepted".to_owned()
                );
            }
        }
        let status = self.production.stored(status);
        // What a policy removes is written again, without effect.
        if status == resource.status && write.current && !state.admission {
            return Err(
                "a status is written that says nothing new: that would never end".to_owned()
            );
        }
        state.resources[at].status = status;
        state.resources[at].young |= young;
        state.note_shown(at, write.uid, &write.shows);
        state.changed(at);
        Ok(true)
    }

    /// Where what is remembered of a credential stands: what it is shown at one endpoint is not
    /// known of another.
    pub(crate) fn viewer(&self, resource: usize, credential: CredentialNo) -> usize {
        let endpoint = if self.scenario.two_endpoints { resource } else { 0 };
        2 * endpoint + usize::from(credential)
    }

    /// What the credential in the Secret is shown.
    pub(crate) fn view(&self, state: &State) -> View {
        match state.credential {
            0 => View::All,
            _ => self.scenario.second_view.unwrap_or(View::All),
        }
    }

    /// Whether it matters since when the object has been known.
    pub(crate) fn may_be_young(&self, object: &Resource) -> bool {
        object.exists
            && self.production.attempts_in(object.status).is_empty()
            && self.scenario.youth_matters()
    }

    /// The lowest number that names no attempt anywhere.
    pub(crate) fn fresh_attempt(&self, state: &State) -> AttemptNo {
        let mut used = self.attempts_that_may_show(state);
        used.extend(state.replicas.iter().map(|replica| replica.no));
        used.extend(state.calls.iter().map(|call| call.no));
        used.extend(
            state
                .resources
                .iter()
                .filter_map(|resource| resource.decision)
                .map(|decision| decision.attempt),
        );
        for process in &state.processes {
            used.extend(process.slots.iter().filter_map(Slot::claim).map(|claim| claim.no));
            used.extend(process.seen.iter().flatten().map(|seen| seen.attempt));
        }
        (1..AttemptNo::MAX).find(|no| !used.contains(no)).expect("a bounded exploration")
    }

    /// The attempts that are, or may come to be, in a status.
    fn attempts_that_may_show(&self, state: &State) -> Vec<AttemptNo> {
        let backup = match &state.backup {
            Backup::Taken(resources) => resources.as_slice(),
            Backup::NotTaken | Backup::Restored => &[],
        };
        let before = state.before.iter().flatten().map(|resource| resource.status);
        let kept = state.resources.iter().chain(backup).map(|resource| resource.status);
        let kept = kept.chain(before);
        let slots = state.processes.iter().flat_map(|process| &process.slots);
        let written =
            slots.filter_map(Slot::write).chain(&state.late_writes).map(|write| write.status);
        kept.chain(written)
            .flat_map(|status| self.production.attempts_in(status).to_vec())
            .collect()
    }

    /// Gives what means the same one form.
    fn tidy(&self, state: &mut State) {
        if self.scenario.version_tested() {
            state.late_writes.retain(|write| write.current);
        }
        if state.processes.iter().any(|process| !process.given_up.is_empty()) {
            let may_show = self.attempts_that_may_show(state);
            for process in state.processes.iter_mut().map(Rc::make_mut) {
                process.given_up.retain(|no| may_show.contains(no));
            }
        }
        for (at, resource) in state.resources.iter().enumerate() {
            let over = !resource.exists || self.production.facts(at, resource).finished;
            let known_for_long = !self.may_be_young(resource);
            for process in &mut state.processes {
                let (seen, own) = (process.seen[at], process.lookups[at]);
                let kept = own.filter(|_| !over).map(|own| worth_keeping(own, known_for_long));
                let kept = kept.filter(|own| !known_for_long || *own != first_seen(false));
                if (over && seen.is_some()) || kept != own {
                    let process = Rc::make_mut(process);
                    process.lookups[at] = kept;
                    process.seen[at] = seen.filter(|_| !over);
                }
            }
        }
        let calls_no_more = |(at, resource): (usize, &Resource)| {
            resource.exists && self.production.facts(at, resource).accepted
        };
        let no_more_calls =
            state.recreations_left == 0 && state.resources.iter().enumerate().all(calls_no_more);
        let records_known_matters = self.scenario.records_known_matters();
        for process in &mut state.processes {
            let kept = |viewer: &ViewerMemory| ViewerMemory {
                records_shown: viewer.records_shown && records_known_matters,
                no_lookup_since: viewer.no_lookup_since.filter(|_| !no_more_calls),
                no_logs_since: viewer.no_logs_since,
                refused: viewer.refused && !no_more_calls,
            };
            if process.viewers.iter().any(|viewer| kept(viewer) != *viewer) {
                Rc::make_mut(process).viewers.iter_mut().for_each(|viewer| *viewer = kept(viewer));
            }
        }
        for (at, resource) in
            state.resources.iter_mut().enumerate().filter(|(_, resource)| resource.young)
        {
            resource.young = self.production.facts(at, resource).uses_target;
        }
        state.late_writes.sort();
        state.calls.sort();
        state.processes.sort();
    }
}
