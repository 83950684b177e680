//! What happens to one call: steps in order, then an end.

use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::hold::Hold;

/// Steps in order, then an end. The steps go on when the client has gone away, as they do in a real
/// service: a call that is held back may be committed long after its caller gave up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(default)]
    pub steps: Vec<Step>,
    #[serde(default)]
    pub end: End,
}

/// A step before the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Wait by the clock.
    Delay { milliseconds: u64 },
    /// Wait until the hold of this name lets the call pass.
    Hold { name: String },
    /// Let the service process the call: it accepts or refuses it here, once.
    Commit,
}

/// What the client gets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// What the service has to say. It processes the call now if no step did.
    #[default]
    Ordinary,
    /// Something else.
    Answer(Answer),
    /// A reset connection (RST).
    Reset,
    /// A connection closed without an answer.
    Close,
    /// Nothing, for as long as it waits.
    Hang,
}

impl Fault {
    /// A fault that strikes before the service processes the call: unless a step or the end says
    /// otherwise, the call is never committed.
    pub fn before_commit() -> Steps {
        Steps(Vec::new())
    }

    /// A fault that strikes after the service processed the call.
    pub fn after_commit() -> Steps {
        Steps(vec![Step::Commit])
    }

    pub(crate) fn check(&self) -> Result<()> {
        match &self.end {
            End::Answer(answer) => answer.check(),
            End::Ordinary | End::Reset | End::Close | End::Hang => Ok(()),
        }
    }
}

/// The steps of a [`Fault`] that has no end yet, in order of time.
#[derive(Clone, Debug)]
#[must_use = "steps become a fault by their end"]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Then wait. Counts whole milliseconds.
    pub fn delay(self, duration: Duration) -> Self {
        self.then(Step::Delay {
            milliseconds: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Then wait for a hold.
    pub fn hold(self, hold: &Hold) -> Self {
        self.then(Step::Hold { name: hold.name().to_owned() })
    }

    /// Then let the service process the call.
    pub fn commit(self) -> Self {
        self.then(Step::Commit)
    }

    /// In the end, what the service has to say.
    pub fn ordinary(self) -> Fault {
        self.end(End::Ordinary)
    }

    /// In the end, something else.
    pub fn answer(self, answer: Answer) -> Fault {
        self.end(End::Answer(answer))
    }

    /// In the end, a reset connection.
    pub fn reset(self) -> Fault {
        self.end(End::Reset)
    }

    /// In the end, a closed connection.
    pub fn close(self) -> Fault {
        self.end(End::Close)
    }

    /// In the end, nothing.
    pub fn hang(self) -> Fault {
        self.end(End::Hang)
    }

    fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    fn end(self, end: End) -> Fault {
        Fault { steps: self.0, end }
    }
}
