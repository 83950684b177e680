//! What the parts of a decision hand on to each other.

use std::time::Duration;

use super::observation::{CredentialReading, Observation};
use super::situation::Situation;
use crate::protocol::evidence::Look;
use crate::resource::SecretKeyRef;

/// Where a part of the decision comes to.
pub(super) enum Step {
    /// There is nothing more to do now.
    Wait(Wait),
    /// Something must be seen first.
    See(Need),
    /// As far as the resource's history goes, a call may be made.
    MayCall,
}

/// What must be seen before it can be decided.
pub(super) enum Need {
    /// The Secret.
    Credential(SecretKeyRef),
    /// The backup's records.
    Look {
        /// How old the look may be; zero where it must be made now.
        at_most_old: Duration,
    },
}

/// A situation, and when to look again by itself.
pub(super) struct Wait {
    pub(super) situation: Box<Situation>,
    pub(super) again: Option<Duration>,
}

impl Wait {
    pub(super) fn new(situation: Situation, again: Option<Duration>) -> Self {
        Self { situation: Box::new(situation), again }
    }
}

/// A look, as far as one can be had.
pub(super) enum Sight<'a> {
    Seen(&'a Look),
    /// Nothing can be looked at: no endpoint that may be called, or no usable token.
    Blind,
    Need(Need),
}

/// What a look gives in this round, or what it takes to have one.
pub(super) fn sight<'a>(seen: &'a Observation<'_>) -> Sight<'a> {
    if !seen.target.is_callable() {
        return Sight::Blind;
    }
    let Some(reference) = &seen.resource.spec.auth.token_secret_ref else {
        return Sight::Blind;
    };
    match (&seen.credential, &seen.look) {
        (None, _) => Sight::Need(Need::Credential(reference.clone())),
        (Some(CredentialReading::Usable { .. }), None) => Sight::Need(Need::Look { at_most_old: Duration::ZERO }),
        (Some(CredentialReading::Usable { .. }), Some(look)) => Sight::Seen(look),
        (
            Some(
                CredentialReading::SecretNotFound
                | CredentialReading::TokenMissing
                | CredentialReading::TokenUnusable(_)
                | CredentialReading::NotPermitted(_),
            ),
            _,
        ) => Sight::Blind,
    }
}
