//! Whether a claimed call may still start.

use std::time::Duration;

use jiff::Timestamp;

/// Two clocks read together. A process that sleeps, or a machine that is suspended, shows on at
/// least one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// The wall clock.
    pub wall: Timestamp,
    /// Time since boot, suspension included.
    pub boot: Duration,
}

/// The window of one claim. It opens *before* the claim is first sent, so that whatever the claim's
/// way took counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    opened: Clocks,
    window: Duration,
}

impl Fence {
    /// A window that opens at `opened`.
    pub fn new(opened: Clocks, window: Duration) -> Self {
        Self { opened, window }
    }

    /// The same, over after `window` at the latest.
    pub fn narrowed_to(self, window: Duration) -> Self {
        Self { opened: self.opened, window: self.window.min(window) }
    }

    /// Whether the call may start at `now`. A clock that went backwards proves nothing, and closes
    /// the fence.
    pub fn is_open(&self, now: Clocks) -> bool {
        let wall = Duration::try_from(now.wall.duration_since(self.opened.wall));
        let boot = now.boot.checked_sub(self.opened.boot);
        match (wall, boot) {
            (Ok(wall), Some(boot)) => wall < self.window && boot < self.window,
            (Err(_), _) | (_, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(wall: i64, boot: u64) -> Clocks {
        Clocks {
            wall: Timestamp::from_second(1_000 + wall).unwrap(),
            boot: Duration::from_secs(50 + boot),
        }
    }

    #[test]
    fn open_only_while_both_clocks_are_within_the_window() {
        let fence = Fence::new(clocks(0, 0), Duration::from_secs(10));
        assert!(fence.is_open(clocks(0, 0)));
        assert!(fence.is_open(clocks(9, 9)));
        assert!(!fence.is_open(clocks(10, 9)), "wall clock at the window's end");
        assert!(!fence.is_open(clocks(9, 10)), "boot clock at the window's end");
        assert!(!fence.is_open(clocks(600, 1)), "wall clock ahead: the process was frozen");
        assert!(!fence.is_open(clocks(1, 600)), "boot clock ahead: the wall clock was set back");
        assert!(!fence.is_open(clocks(-1, 1)), "wall clock set back below the claim");
    }

    #[test]
    fn a_window_of_nothing_is_never_open() {
        assert!(!Fence::new(clocks(0, 0), Duration::ZERO).is_open(clocks(0, 0)));
    }
}
