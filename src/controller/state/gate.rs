//! The one gate for requests to the cloud. Each credential at each endpoint has a lane of its own,
//! with a pace, a circuit breaker and so many places: a lane that hangs holds nothing that another
//! one needs, and one tenant neither sees nor slows another. All lanes together have so many places
//! as the process has handles for, and each namespace and each endpoint a part of them.
//!
//! Nobody waits here. Who may not go on now is told when to come again, and keeps nothing meanwhile
//! but a place in the order.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::controller::state::lane::{HORIZON, LaneKey, LaneState, Ticket};
use crate::controller::state::permits::RoundPermit;
use crate::controller::state::under_way::{AllRequests, RequestPlace};
use crate::protocol::{CircuitState, deadline};

/// Whether a request may be made.
pub(crate) enum Entry {
    /// Now, and no other one takes this place.
    Go(LanePlace),
    /// Not before this has passed.
    Later(Duration),
    /// The cloud asked this credential to wait until then.
    Held(Timestamp),
    /// The endpoint does not answer; another request finds out whether that is still so.
    Shut,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// An answer, whatever it says.
    Answer,
    /// The cloud wants fewer requests, and asks to wait for so long, if it does.
    Throttled(Option<Duration>),
    /// Nothing for a long time.
    Silence,
    /// Nothing, at once.
    Nothing,
}

/// Who finds all places taken comes again after this, at the earliest.
const WHEN_FULL: Duration = Duration::from_millis(500);
/// Whose namespace or endpoint has as many requests under way as it may, comes again after this to
/// twice as long: many may be waiting.
const WHEN_SHARE_IS_TAKEN: Duration = Duration::from_secs(4);

/// All lanes.
pub(crate) struct Gate {
    lanes: Mutex<HashMap<LaneKey, Arc<Lane>>>,
    per_minute: NonZeroU32,
    places: usize,
    requests: AllRequests,
}

type Lane = Mutex<LaneState>;

/// A place in a lane, until it is dropped.
pub(crate) struct LanePlace {
    lane: Arc<Lane>,
    ticket: Ticket,
    /// Whether a call was granted with it and has not been made.
    call_granted: bool,
    _request: RequestPlace,
}

/// A wait that the cloud wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CloudWait {
    pub(crate) until: Timestamp,
    /// How much longer it is than what was known before.
    pub(crate) more: Duration,
}

/// What the lanes are like, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LaneCounts {
    pub(crate) throttled: usize,
    pub(crate) open: usize,
    pub(crate) half_open: usize,
}

impl Gate {
    /// `per_minute`: the fastest pace of a lane; `places`: so many requests at a time in each;
    /// `most`: in all of them.
    pub(crate) fn new(per_minute: NonZeroU32, places: u16, most: usize) -> Self {
        let (lanes, requests) = (Mutex::default(), AllRequests::new(most));
        Self { lanes, per_minute, places: usize::from(places), requests }
    }

    /// Asks for a place. Who gets one gives its permit back. `at`: now, on the caller's clock;
    /// `spread`: from 0 to 1.
    pub(crate) fn enter(
        &self,
        key: &LaneKey,
        ticket: Ticket,
        permit: &RoundPermit,
        at: Duration,
        spread: f64,
    ) -> Entry {
        let lane = self.lane(key, at);
        let mut state = lock(&lane);
        if state.pace.held_until(at).is_some() {
            return Entry::Held(state.held_until);
        }
        let begins = state.turn(&ticket, at);
        let wait = begins.saturating_sub(at);
        if wait > HORIZON {
            return Entry::Later(HORIZON.mul_f64(0.5 + spread / 2.0));
        }
        if !wait.is_zero() {
            state.tickets.insert(ticket, begins);
            return Entry::Later(wait);
        }
        state.tickets.remove(&ticket);
        let places = if state.pace.is_doubtful() { 1 } else { self.places };
        match state.circuit.state(at, state.in_flight > 0) {
            CircuitState::Open => {
                state.note_shut(&ticket);
                return Entry::Shut;
            }
            CircuitState::HalfOpen if state.is_for_others(&ticket) => {
                return Entry::Shut;
            }
            CircuitState::HalfOpen | CircuitState::Closed if state.in_flight < places => {}
            // To the end of the order, so that a full lane is not asked faster than an empty one.
            CircuitState::HalfOpen | CircuitState::Closed => {
                let begins = state.turn(&ticket, at).max(at + WHEN_FULL);
                state.tickets.insert(ticket, begins);
                return Entry::Later((begins - at).min(HORIZON));
            }
        }
        let Some(request) = self.requests.begin(permit.namespace(), &key.endpoint) else {
            let wait = WHEN_SHARE_IS_TAKEN.mul_f64(1.0 + spread);
            state.tickets.insert(ticket, at + wait);
            return Entry::Later(wait);
        };
        permit.leave();
        let call_granted = match &ticket {
            Ticket::Call(_) => true,
            Ticket::Follow(_) => {
                state.pace.grant(1, at);
                false
            }
        };
        state.in_flight += 1;
        state.others_were_shut = false;
        drop(state);
        Entry::Go(LanePlace { lane, ticket, call_granted, _request: request })
    }

    /// Until when the cloud asked this credential to wait, if that is after `at`.
    pub(crate) fn held_until(&self, key: &LaneKey, at: Duration) -> Option<Timestamp> {
        let lane = lock(&self.lanes).get(key).cloned()?;
        let state = lock(&lane);
        state.pace.held_until(at).map(|_| state.held_until)
    }

    /// How many requests are under way, in all lanes.
    pub(crate) fn under_way(&self) -> usize {
        self.requests.number()
    }

    /// What the lanes are like now.
    pub(crate) fn counts(&self, at: Duration) -> LaneCounts {
        let lanes: Vec<_> = lock(&self.lanes).values().cloned().collect();
        lanes.iter().fold(LaneCounts::default(), |mut counts, lane| {
            let state = lock(lane);
            counts.throttled += usize::from(state.pace.held_until(at).is_some());
            match state.circuit.state(at, state.in_flight > 0) {
                CircuitState::Closed => {}
                CircuitState::HalfOpen => counts.half_open += 1,
                CircuitState::Open => counts.open += 1,
            }
            counts
        })
    }

    fn lane(&self, key: &LaneKey, at: Duration) -> Arc<Lane> {
        let mut lanes = lock(&self.lanes);
        if !lanes.contains_key(key) {
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1 || lock(lane).is_worth_keeping(at));
        }
        let lane = lanes
            .entry(key.clone())
            .or_insert_with(|| Arc::new(Mutex::new(LaneState::new(self.per_minute, at))));
        lock(lane).used = at;
        lane.clone()
    }
}

impl LanePlace {
    /// Notes what became of a request that began at `sent`. Returns the wait that the cloud asked
    /// for, if it did.
    pub(crate) fn note(
        &self,
        heard: Heard,
        sent: Duration,
        at: Duration,
        spread: f64,
    ) -> Option<CloudWait> {
        let mut state = lock(&self.lane);
        match heard {
            Heard::Answer => {
                state.pace.note_passed();
                state.note_answer();
                None
            }
            Heard::Throttled(asked) => {
                state.note_answer();
                let before = state.pace.held_until(at).unwrap_or(at);
                let until = state.pace.note_throttled(sent, at, asked, spread);
                // The turns that were given out are of the old pace.
                state.tickets.clear();
                state.next_to_follow = until;
                let wait = until.saturating_sub(at);
                let told = deadline(Timestamp::now(), wait).unwrap_or(Timestamp::MAX);
                state.held_until = state.held_until.max(told);
                Some(CloudWait { until: state.held_until, more: until.saturating_sub(before) })
            }
            Heard::Silence => {
                state.note_silence(&self.ticket, sent, at);
                None
            }
            Heard::Nothing => None,
        }
    }

    /// The call that was granted is made now. `false`: the cloud has asked to wait meanwhile, so
    /// that none may be.
    pub(crate) fn may_call(&mut self, at: Duration) -> bool {
        let free = lock(&self.lane).pace.held_until(at).is_none();
        self.call_granted &= !free;
        free
    }
}

impl Drop for LanePlace {
    fn drop(&mut self) {
        let mut state = lock(&self.lane);
        state.in_flight = state.in_flight.saturating_sub(1);
        if self.call_granted {
            state.pace.give_back();
        }
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
