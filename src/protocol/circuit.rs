//! A circuit breaker: where requests with one credential to one endpoint stay without an answer,
//! one at a time finds out whether that is still so. Pure: instants are times on the caller's
//! clock.

use std::time::Duration;

/// So many requests in a row without an answer open the breaker.
const OPENS_AFTER: u32 = 3;
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(60);

/// A request without an answer says something of the endpoint if it took so long; what fails at
/// once makes nobody wait.
const LONG: Duration = Duration::from_secs(5);

/// Whether a request that came to nothing after so long was one that makes others wait. `limit`:
/// the longest that a request may take.
pub(crate) fn is_silence(took: Duration, limit: Duration) -> bool {
    took >= LONG.min(limit / 2)
}

/// What is known of one credential at one endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Circuit {
    /// Requests in a row that came to nothing.
    unanswered: u32,
    open: Option<OpenSince>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenSince {
    since: Duration,
    until: Duration,
}

/// Whether a request may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CircuitState {
    /// It may.
    Closed,
    /// One may, to find out.
    HalfOpen,
    /// None may.
    Open,
}

impl Circuit {
    /// `in_flight`: whether a request is under way.
    pub(crate) fn state(&self, at: Duration, in_flight: bool) -> CircuitState {
        match self.open {
            None => CircuitState::Closed,
            Some(open) if at < open.until || in_flight => CircuitState::Open,
            Some(_) => CircuitState::HalfOpen,
        }
    }

    /// Whether requests have stayed without an answer so often that others wait.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// An answer came, whatever it says.
    pub(crate) fn note_answer(&mut self) {
        *self = Self::default();
    }

    /// None came to a request that began at `sent`.
    pub(crate) fn note_silence(&mut self, sent: Duration, at: Duration) {
        if self.open.is_some_and(|open| sent < open.since) {
            return;
        }
        self.unanswered = self.unanswered.saturating_add(1);
        if let Some(further) = self.unanswered.checked_sub(OPENS_AFTER) {
            let rest = FIRST_REST.saturating_mul(2_u32.saturating_pow(further)).min(LONGEST_REST);
            self.open = Some(OpenSince { since: at, until: at.saturating_add(rest) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn after_three_silences_one_at_a_time_asks_and_an_answer_closes_it() {
        let mut circuit = Circuit::default();
        for at in [s(60), s(61)] {
            circuit.note_silence(at - s(60), at);
            assert_eq!(circuit.state(at, true), CircuitState::Closed);
        }
        circuit.note_silence(s(2), s(62));
        assert_eq!(circuit.state(s(62), false), CircuitState::Open);
        // Those that were under way say nothing new.
        for _ in 0..100 {
            circuit.note_silence(s(3), s(63));
        }
        assert_eq!(circuit.state(s(67), true), CircuitState::Open);
        assert_eq!(circuit.state(s(67), false), CircuitState::HalfOpen);
        circuit.note_silence(s(67), s(127));
        assert_eq!(circuit.state(s(136), false), CircuitState::Open, "twice as long");
        assert_eq!(circuit.state(s(137), false), CircuitState::HalfOpen);
        circuit.note_answer();
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn it_never_rests_for_longer_than_a_minute() {
        let mut circuit = Circuit::default();
        let mut at = Duration::ZERO;
        for _ in 0..100 {
            circuit.note_silence(at, at);
            at += LONGEST_REST;
            assert_ne!(circuit.state(at, false), CircuitState::Open);
        }
    }
}
