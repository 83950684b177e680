//! What a reader is told, and the turns of phrase that all messages share.

use jiff::Timestamp;

use crate::resource::{Attempt, Is, Phase, Reason};

/// Who has to act next. It decides which of `Reconciling` and `Stalled` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nobody: it is done.
    Nobody,
    /// The operator, by itself.
    Operator,
    /// A human.
    Human,
}

/// What a reader is told.
pub(super) struct Told {
    pub(super) phase: Phase,
    pub(super) ready: Is,
    pub(super) next: Next,
    pub(super) reason: Reason,
    pub(super) message: String,
}

/// What is known of an attempt's end, always closed by a full stop.
pub(super) fn outcome_message(attempt: &Attempt) -> String {
    let mut text = attempt.message.clone().unwrap_or_default();
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// To the second, in UTC.
pub(super) fn short(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
