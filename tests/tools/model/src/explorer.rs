//! An exhaustive explorer: every state that can be reached, nearest first, so that a path to a
//! violation is a shortest one.

use std::collections::VecDeque;
use std::fmt::{Display, Write};
use std::hash::Hash;
use std::rc::Rc;

use crate::map::Map;

/// Who or what makes a step. It matters for dead ends: nobody may count on faults, or on a human
/// who was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Happens without a fault or a person, sooner or later.
    Fair,
    /// A human does what they were asked to.
    Human,
    /// May happen or not, and so often as the bound allows.
    Fault,
}

/// One step. `Err` says which promise it breaks.
pub(crate) struct Step<L, S> {
    pub(crate) label: L,
    pub(crate) kind: Kind,
    pub(crate) to: Result<S, String>,
}

/// How far a state is from having nothing more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Something is to be done.
    Under,
    /// A human has been asked.
    Asked,
    /// Nothing is left to be done.
    Over,
}

pub(crate) trait Model {
    type State: Clone + Eq + Hash;
    type Label: Display;

    fn start(&self) -> Self::State;
    fn steps(&self, state: &Self::State) -> Vec<Step<Self::Label, Self::State>>;
    /// What must hold in each state.
    fn invariant(&self, state: &Self::State) -> Result<(), String>;
    fn rest(&self, state: &Self::State) -> Rest;
    fn show(&self, state: &Self::State) -> String;
}

/// What an exploration came to.
pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) steps: usize,
    /// A broken promise, with the path to it.
    pub(crate) violation: Option<String>,
}

/// No bound that is set by mistake may eat up the machine's memory.
const MOST_STATES: usize = 20_000_000;

pub(crate) fn explore<M: Model>(model: &M) -> Explored {
    let mut found =
        Found { model, states: Vec::new(), index: Map::default(), reached_from: Vec::new() };
    let mut edges: Vec<(u32, u32, Kind)> = Vec::new();
    let mut queue = VecDeque::from([found.add(model.start(), 0)]);
    let ended = |found: &Found<'_, M>, steps, violation| Explored {
        states: found.states.len(),
        steps,
        violation,
    };
    while let Some(at) = queue.pop_front() {
        let state = found.states[at as usize].clone();
        if let Err(broken) = model.invariant(&state) {
            return ended(&found, edges.len(), Some(format!("{broken}\n{}", found.path(at))));
        }
        for step in model.steps(&state) {
            let to = match step.to {
                Ok(to) if to == *state => continue,
                Ok(to) => to,
                Err(broken) => {
                    let path = found.path(at);
                    return ended(
                        &found,
                        edges.len(),
                        Some(format!("{broken}\n{path}then {}", step.label)),
                    );
                }
            };
            let known = found.states.len();
            let to = found.add(to, at);
            if to as usize == known {
                queue.push_back(to);
            }
            edges.push((at, to, step.kind));
        }
        assert!(
            found.states.len() < MOST_STATES,
            "more than {MOST_STATES} states: the bound is too wide"
        );
    }
    let dead_end = found.dead_end(&edges);
    ended(&found, edges.len(), dead_end)
}

struct Found<'a, M: Model> {
    model: &'a M,
    states: Vec<Rc<M::State>>,
    index: Map<Rc<M::State>, u32>,
    reached_from: Vec<u32>,
}

impl<M: Model> Found<'_, M> {
    fn add(&mut self, state: M::State, from: u32) -> u32 {
        if let Some(known) = self.index.get(&state) {
            return *known;
        }
        let new = u32::try_from(self.states.len()).expect("bounded by MOST_STATES");
        let state = Rc::new(state);
        self.states.push(state.clone());
        self.index.insert(state, new);
        self.reached_from.push(from);
        new
    }

    /// The first state from which fair steps alone lead neither to the end nor to a human, or from
    /// which, with a human who answers, they do not lead to the end.
    fn dead_end(&self, edges: &[(u32, u32, Kind)]) -> Option<String> {
        let searches: [(&str, &[Kind], &[Rest]); 2] = [
            (
                "a dead end: neither an end nor a human's help is ever reached",
                &[Kind::Fair],
                &[Rest::Over, Rest::Asked],
            ),
            (
                "a dead end: even a human's answer leads to no end",
                &[Kind::Fair, Kind::Human],
                &[Rest::Over],
            ),
        ];
        searches.into_iter().find_map(|(what, kinds, goals)| {
            let stuck = self.cannot_reach(edges, kinds, goals)?;
            Some(format!("{what}\n{}", self.path(stuck)))
        })
    }

    fn cannot_reach(
        &self,
        edges: &[(u32, u32, Kind)],
        kinds: &[Kind],
        goals: &[Rest],
    ) -> Option<u32> {
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); self.states.len()];
        for (from, to, kind) in edges {
            if kinds.contains(kind) {
                before[*to as usize].push(*from);
            }
        }
        let mut reaches: Vec<bool> =
            self.states.iter().map(|state| goals.contains(&self.model.rest(state))).collect();
        let mut queue: VecDeque<usize> = (0..self.states.len()).filter(|at| reaches[*at]).collect();
        while let Some(at) = queue.pop_front() {
            for from in &before[at] {
                if !std::mem::replace(&mut reaches[*from as usize], true) {
                    queue.push_back(*from as usize);
                }
            }
        }
        reaches.iter().position(|reaches| !reaches).and_then(|at| u32::try_from(at).ok())
    }

    /// The steps from the start to a state, and the state.
    fn path(&self, to: u32) -> String {
        let mut way = vec![to];
        while let Some(at) = way.last().copied().filter(|at| *at != 0) {
            way.push(self.reached_from[at as usize]);
        }
        way.reverse();
        let mut text = String::new();
        for (number, pair) in way.windows(2).enumerate() {
            let to = &self.states[pair[1] as usize];
            let steps = self.model.steps(&self.states[pair[0] as usize]);
            let step = steps
                .iter()
                .find(|step| step.to.as_ref() == Ok(&**to))
                .expect("a path of known steps");
            let _ = writeln!(text, "{:>3}. {}", number + 1, step.label);
        }
        text + &self.model.show(&self.states[to as usize])
    }
}
