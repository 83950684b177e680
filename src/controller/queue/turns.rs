//! Who is due when, who waits for its turn, and who is worked on. What waits takes a name in a
//! list: a future for each would take a hundred times as much, and be asked each time that another
//! one moves.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::controller::key::ResourceKey;
use crate::controller::state::last_round::Due;

/// No wait is longer. Whose time has not come by then waits again.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// So many calls go before a copy that waits.
const CALLS_BEFORE_A_COPY: u32 = 8;

/// Where each resource stands that is not at rest. `W`: what is kept for each that waits for its
/// turn.
pub(super) struct Turns<W> {
    places: HashMap<ResourceKey, TurnState>,
    timed: BTreeSet<(Instant, ResourceKey)>,
    /// By namespace, so that none waits behind the many of another.
    waiting: HashMap<Box<str>, WaitingLine<W>>,
}

/// What a round is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoundKind {
    /// A call, or whatever leads to one.
    Call,
    /// To see how far a copy is, which takes minutes or hours: calls go first.
    Follow,
}

/// What waits in one namespace: who came first goes first.
struct WaitingLine<W> {
    calls: VecDeque<(ResourceKey, W)>,
    copies: VecDeque<(ResourceKey, W)>,
    /// Calls that went before the first of the copies.
    went_before: u32,
}

impl<W> Default for WaitingLine<W> {
    fn default() -> Self {
        Self { calls: VecDeque::new(), copies: VecDeque::new(), went_before: 0 }
    }
}

impl<W> WaitingLine<W> {
    fn push(&mut self, key: ResourceKey, kind: RoundKind, waiting: W) {
        match kind {
            RoundKind::Call => self.calls.push_back((key, waiting)),
            RoundKind::Follow => self.copies.push_back((key, waiting)),
        }
    }

    fn pop(&mut self) -> Option<(ResourceKey, W)> {
        if self.copies.is_empty() {
            return self.calls.pop_front();
        }
        if self.calls.is_empty() || self.went_before >= CALLS_BEFORE_A_COPY {
            self.went_before = 0;
            return self.copies.pop_front();
        }
        self.went_before += 1;
        self.calls.pop_front()
    }

    fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.copies.is_empty()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TurnState {
    DueAt(Instant),
    Waits,
    /// Never two rounds of one resource at a time.
    Runs {
        changed: bool,
    },
}

impl<W> Default for Turns<W> {
    fn default() -> Self {
        Self { places: HashMap::new(), timed: BTreeSet::new(), waiting: HashMap::new() }
    }
}

impl<W> Turns<W> {
    /// A resource may have changed. `due`: when it is due; `waits`: for what, and what is kept
    /// while it waits. Returns whether it waits for its turn since now.
    pub(super) fn changed(
        &mut self,
        key: ResourceKey,
        now: Instant,
        due: impl FnOnce(&ResourceKey) -> Due,
        waits: impl FnOnce(&ResourceKey) -> (RoundKind, W),
    ) -> bool {
        match self.places.get_mut(&key) {
            Some(TurnState::Runs { changed }) => {
                *changed = true;
                return false;
            }
            Some(TurnState::Waits) => return false,
            Some(TurnState::DueAt(_)) | None => {}
        }
        match due(&key) {
            Due::Now => {
                self.forget_time(&key);
                self.places.insert(key.clone(), TurnState::Waits);
                let (kind, waiting) = waits(&key);
                let line = self.waiting.entry(key.namespace().into()).or_default();
                line.push(key, kind, waiting);
                true
            }
            Due::In(left) => {
                self.due_after(key, now, left);
                false
            }
            // What it waits for already stays.
            Due::Later => false,
        }
    }

    /// One of this namespace, whose turn it is now.
    pub(super) fn begin(&mut self, namespace: &str) -> Option<ResourceKey> {
        let line = self.waiting.get_mut(namespace)?;
        let begun = line.pop();
        if line.is_empty() {
            self.waiting.remove(namespace);
        }
        let (key, _) = begun?;
        self.places.insert(key.clone(), TurnState::Runs { changed: false });
        Some(key)
    }

    /// Whether any of this namespace waits for its turn.
    pub(super) fn is_waited_for(&self, namespace: &str) -> bool {
        self.waiting.contains_key(namespace)
    }

    /// The round of a resource has ended; the next one is due after so long. Returns whether the
    /// resource may have changed meanwhile.
    pub(super) fn ended(
        &mut self,
        key: &ResourceKey,
        now: Instant,
        again: Option<Duration>,
    ) -> bool {
        let place = self.places.remove(key);
        if let Some(again) = again {
            self.due_after(key.clone(), now, again);
        }
        place == Some(TurnState::Runs { changed: true })
    }

    /// When the next time comes.
    pub(super) fn next_time(&self) -> Option<Instant> {
        self.timed.first().map(|(at, _)| *at)
    }

    /// One whose time has come.
    pub(super) fn whose_time_has_come(&mut self, now: Instant) -> Option<ResourceKey> {
        self.timed.first().filter(|(at, _)| *at <= now)?;
        let (_, key) = self.timed.pop_first()?;
        self.places.remove(&key);
        Some(key)
    }

    /// Nothing begins any more.
    pub(super) fn close(&mut self) {
        self.timed.clear();
        self.waiting.clear();
        self.places.retain(|_, place| matches!(place, TurnState::Runs { .. }));
    }

    fn due_after(&mut self, key: ResourceKey, now: Instant, left: Duration) {
        let Some(at) = now.checked_add(left.min(LONGEST)) else { return };
        if let Some(TurnState::DueAt(before)) = self.places.get(&key)
            && *before <= at
        {
            return;
        }
        self.forget_time(&key);
        self.places.insert(key.clone(), TurnState::DueAt(at));
        self.timed.insert((at, key));
    }

    fn forget_time(&mut self, key: &ResourceKey) {
        if let Some(TurnState::DueAt(at)) = self.places.get(key) {
            self.timed.remove(&(*at, key.clone()));
            self.places.remove(key);
        }
    }
}

#[cfg(test)]
#[path = "turns_tests.rs"]
mod tests;
