//! Whether a restart would help. What the operator only waits for is no matter of its health.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::controller::Heartbeat;

/// The controller's task does nothing that takes a second without a pause. So long a silence is a
/// bug, not a busy machine.
const SILENCE: Duration = Duration::from_secs(60);

/// The health of the process. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Health {
    controller: Heartbeat,
    broken: Arc<OnceLock<&'static str>>,
}

impl Health {
    pub(super) fn new(controller: Heartbeat) -> Self {
        Self { controller, broken: Arc::default() }
    }

    /// A part has ended that must not, by a bug.
    pub(super) fn broken(&self, what: &'static str) {
        // Whichever broke first is reason enough.
        let _another_is_said = self.broken.set(what);
    }

    /// What a restart would fix.
    pub(super) fn complaint(&self) -> Option<String> {
        complaint(self.broken.get().copied(), self.controller.silence())
    }
}

fn complaint(broken: Option<&'static str>, silence: Duration) -> Option<String> {
    match broken {
        Some(what) => Some(format!("a bug ended the {what}")),
        None if silence > SILENCE => {
            Some(format!("a bug has blocked the controller for {} s", silence.as_secs()))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bugs_are_complained_of() {
        assert_eq!(complaint(None, Duration::ZERO), None);
        assert_eq!(complaint(None, SILENCE), None);
        assert!(complaint(None, SILENCE * 2).is_some_and(|words| words.contains("120 s")));
        let health = Health::new(Heartbeat::default());
        assert_eq!(health.complaint(), None);
        health.broken("election");
        assert!(health.complaint().is_some_and(|words| words.contains("election")));
    }
}
