//! The pace of one credential's requests to one endpoint. It learns from the cloud: a 429 stops all
//! of them for a while and halves the pace, each success raises it a little.
//!
//! Pure: instants are times on the caller's monotonic clock, and the spread of a wait is passed in.

use std::num::NonZeroU32;
use std::time::Duration;

use super::backoff::cap_retry_after;

/// The first wait after a 429 that asks for none; also the shortest of all: a `Retry-After: 0`, or a
/// date that has passed, is no leave to go on at once.
const FIRST_HOLD: Duration = Duration::from_secs(1);
/// The longest wait of our own choice. Quotas that are known are counted over five minutes.
const LONGEST_HOLD: Duration = Duration::from_secs(5 * 60);
/// A wait of our own choice is longer than it must be by up to this part of it.
const SPREAD: f64 = 0.25;
/// So many requests must have passed, or a 429 counts as a repetition of the one before it.
const ENOUGH_PASSED: u32 = 10;
/// After that the next wait begins so many doublings below the last one: a quota that takes minutes
/// to fill again is not asked after a second.
const STEPS_BACK: u32 = 2;
const MOST_DOUBLINGS: u32 = 9;
/// By how much of the ceiling each success raises the pace.
const GAIN: f64 = 0.001;
/// The pace never falls below this part of the ceiling.
const SLOWEST: f64 = 0.0005;

/// The pace of one credential at one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pace {
    /// Requests a second.
    ceiling: f64,
    rate: f64,
    /// When the next request that is granted may begin.
    next: Duration,
    hold: Option<Hold>,
    doublings: u32,
    /// How many requests have passed since the last 429.
    passed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Hold {
    began: Duration,
    until: Duration,
}

impl Pace {
    /// As fast as it may be.
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        let ceiling = f64::from(per_minute.get()) / 60.0;
        Self { ceiling, rate: ceiling, next: Duration::ZERO, hold: None, doublings: 0, passed: 0 }
    }

    /// Until when nothing may be sent, if that is after `at`.
    pub(crate) fn held_until(&self, at: Duration) -> Option<Duration> {
        self.hold.map(|hold| hold.until).filter(|until| *until > at)
    }

    /// Whether the cloud has taken nothing since it last asked for rest: one request at a time finds
    /// out.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.hold.is_some() && self.passed == 0
    }

    /// When the next request may begin.
    pub(crate) fn next(&self, at: Duration) -> Duration {
        self.next.max(at)
    }

    /// Grants so many requests, beginning at the instant that is returned.
    pub(crate) fn grant(&mut self, requests: u32, at: Duration) -> Duration {
        let begins = self.next(at);
        self.next = begins.saturating_add(self.gap().saturating_mul(requests));
        begins
    }

    /// A request that was granted is not made.
    pub(crate) fn give_back(&mut self) {
        self.next = self.next.saturating_sub(self.gap());
    }

    /// The time from one request to the next.
    pub(crate) fn gap(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate)
    }

    /// The cloud has answered a request, and did not ask for fewer.
    pub(crate) fn note_passed(&mut self) {
        self.passed = self.passed.saturating_add(1);
        self.rate = (self.rate + self.ceiling * GAIN).min(self.ceiling);
    }

    /// The cloud asked for fewer requests, in answer to one that began at `sent`. `spread`: from 0
    /// to 1. Returns the end of the wait that follows.
    pub(crate) fn note_throttled(
        &mut self,
        sent: Duration,
        at: Duration,
        asked: Option<Duration>,
        spread: f64,
    ) -> Duration {
        let asked = cap_retry_after(asked.unwrap_or_default());
        if let Some(hold) = self.hold.as_mut().filter(|hold| sent <= hold.began) {
            // It was under way when the wait began: no further reason to slow down.
            hold.until = hold.until.max(at.saturating_add(asked));
            self.next = self.next.max(hold.until);
            return hold.until;
        }
        if self.passed >= ENOUGH_PASSED {
            self.doublings = self.doublings.saturating_sub(STEPS_BACK);
        }
        let own = FIRST_HOLD.saturating_mul(2_u32.saturating_pow(self.doublings)).min(LONGEST_HOLD);
        let wait = asked.max(own.mul_f64(1.0 + SPREAD * spread.clamp(0.0, 1.0)));
        let until = at.saturating_add(wait);
        self.doublings = self.doublings.saturating_add(1).min(MOST_DOUBLINGS);
        self.rate = (self.rate / 2.0).max(self.ceiling * SLOWEST);
        self.passed = 0;
        self.hold = Some(Hold { began: at, until });
        self.next = until;
        until
    }

    /// Whether it says no more than a new one would.
    pub(crate) fn knows_nothing(&self, at: Duration) -> bool {
        self.rate >= self.ceiling && self.next <= at && self.held_until(at).is_none()
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
