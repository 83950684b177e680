//! What a reader is told, and the turns of phrase that all messages share.

use jiff::Timestamp;

use crate::resource::{Attempt, Is, Phase, Reason};

/// Who has to act next. It decides which of `Reconciling` and `Stalled` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// Nobody: it is done.
    Nobody,
    /// The operator, automatically.
    Operator,
    /// A human.
    Human,
}

/// What a reader is told.
pub(crate) struct Summary {
    pub(crate) phase: Phase,
    pub(crate) ready: Is,
    pub(crate) actor: Actor,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// What is known of an attempt's end, always closed by a full stop.
pub(crate) fn outcome_message(attempt: &Attempt) -> String {
    sentence(attempt.message.as_deref().unwrap_or_default())
}

/// Closed by a full stop.
pub(crate) fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

/// To the second, in UTC.
pub(crate) fn short(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
