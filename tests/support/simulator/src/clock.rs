//! The clock of the service, which may be wrong.

use jiff::{SignedDuration, Timestamp};

/// The time as the service has it: the real one and how far it is off. It counts for tokens, keys,
/// signatures, locks and the `Date` of answers. Replications and the log keep the real time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    ahead: SignedDuration,
}

impl Clock {
    pub(crate) fn now(self) -> Timestamp {
        later(Timestamp::now(), self.ahead)
    }

    /// Makes it show this time now; it goes on from there.
    pub(crate) fn set(&mut self, at: Timestamp) {
        self.ahead = at.duration_since(Timestamp::now());
    }

    /// Moves it forward, or back if negative.
    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.ahead = self.ahead.saturating_add(by);
    }
}

/// The last instant there is, where it would lie beyond.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}
