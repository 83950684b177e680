//! Where a resource stands.

use std::time::Duration;

use jiff::Timestamp;

use crate::resource::{Attempt, SecretKeyRef};

/// Where a resource stands. `tell` has the words for each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Situation {
    BeingDeleted,
    Suspended,
    NoEndpoint,
    EndpointRefused(String),
    SpecInvalid(String),
    SecretNotFound(SecretKeyRef),
    TokenMissing(SecretKeyRef),
    TokenUnusable(SecretKeyRef, String),
    SecretNotPermitted(SecretKeyRef, String),
    TokenRejected(Attempt, SecretKeyRef),
    ThrottledByOthers(Timestamp),
    WaitingToRetry(Attempt),
    Submitting(Attempt),
    /// Not accepted as far as it is known; what follows is the next round's matter.
    CallEnded(Attempt),
    /// The cloud's records may still show it.
    UnknownLookedUp(Attempt, Duration),
    UnknownHeld(Attempt),
    UnknownThenCalledAgain(Attempt, Duration),
    AlreadyReplicatedLookedUp(Attempt),
    Rejected(Attempt),
    LooksFail(String, Duration),
    SourceNotReady,
    SameTargetInUse(String),
    Accepted,
    /// And another attempt's outcome is unknown.
    AcceptedWithUnknown(Attempt),
}
