//! What the parts of a decision hand on to each other.

use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::credential::CredentialReading;
use crate::protocol::describe::situation::Situation;
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::{Observation, TargetReading};

/// Where a part of the decision comes to.
pub(crate) enum Step {
    /// There is nothing more to do now.
    Wait(Wait),
    /// Something must be seen first.
    See(Need),
    /// As far as the resource's history goes, a call may be made.
    MayCall,
}

/// What must be seen before it can be decided.
pub(crate) enum Need {
    /// The credential.
    Credential,
    /// The backups of which one is to be chosen.
    Backups,
    /// The backup's records.
    Lookup {
        /// How old the look may be; zero where it must be made now.
        max_age: Duration,
    },
    /// The project's operation logs.
    Logs {
        /// From when on, by the cloud's clock.
        since: Timestamp,
        /// How old the reading may be; zero where they must be read now.
        max_age: Duration,
    },
}

/// A situation, and when to look again without an event.
pub(crate) struct Wait {
    pub(crate) situation: Box<Situation>,
    pub(crate) again: Option<Duration>,
}

impl Wait {
    pub(crate) fn new(situation: Situation, again: Option<Duration>) -> Self {
        Self { situation: Box::new(situation), again }
    }
}

/// A look-up, as far as one is possible.
pub(crate) enum Sight<'a> {
    Seen(&'a Lookup),
    /// Nothing can be looked at: no endpoint that may be called, or no usable credential.
    Blind,
    Need(Need),
}

/// What a look gives in this round, or what it takes to have one.
pub(crate) fn sight<'a>(seen: &'a Observation<'_>) -> Sight<'a> {
    if !seen.target.is_callable() {
        return Sight::Blind;
    }
    match (&seen.credential, &seen.lookup) {
        (None, _) => match seen.resource.spec.auth.source() {
            Some(_) => Sight::Need(Need::Credential),
            None => Sight::Blind,
        },
        (Some(CredentialReading::Usable { .. }), None) => {
            Sight::Need(Need::Lookup { max_age: Duration::ZERO })
        }
        (Some(CredentialReading::Usable { .. }), Some(look)) => Sight::Seen(look),
        (Some(CredentialReading::Problem(_)), _) => Sight::Blind,
    }
}

/// Why the records could not be checked, in words; `None` where they were, or will be in a moment.
/// Decides nothing.
pub(crate) fn unseen(seen: &Observation<'_>) -> Option<String> {
    match &seen.target {
        TargetReading::Callable { endpoint: _ } => {}
        TargetReading::BackupToChoose { endpoint: _ } => {
            return Some("the backup is not chosen yet".to_owned());
        }
        TargetReading::NoEndpoint => return Some("no endpoint is set".to_owned()),
        TargetReading::EndpointRefused(why) | TargetReading::Invalid(why) => {
            return Some(why.clone());
        }
    }
    let source = seen.resource.spec.auth.source()?;
    match (&seen.credential, &seen.lookup) {
        (Some(CredentialReading::Problem(problem)), _) => Some(problem.sentence(&source)),
        (_, Some(Lookup::Unauthorized(why))) => {
            Some(format!("the cloud rejects {}: {why}", source.shown()))
        }
        (_, Some(Lookup::NotAvailable(why) | Lookup::NoSuchBackup(why) | Lookup::Failed(why))) => {
            Some(why.clone())
        }
        (
            _,
            None | Some(Lookup::Backup(_) | Lookup::Throttled { .. } | Lookup::Deferred { .. }),
        ) => None,
    }
}
