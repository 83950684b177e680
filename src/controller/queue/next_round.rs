//! When the next round of a resource is due without any event.

use std::time::Duration;

/// What a round says of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NextRound(Option<Duration>);

impl NextRound {
    /// After so long.
    pub(crate) const fn requeue(after: Duration) -> Self {
        Self(Some(after))
    }

    /// When the resource changes.
    pub(crate) const fn await_change() -> Self {
        Self(None)
    }

    pub(super) fn after(self) -> Option<Duration> {
        self.0
    }
}
