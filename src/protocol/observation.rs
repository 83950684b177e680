//! What was seen, as plain values.

use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::lookup::Lookup;
use crate::protocol::lookup::LookupHistory;
use crate::resource::{AttemptId, BackupReplication};

/// Everything that a decision rests on.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    /// The live object, read from the API server in this round.
    pub resource: &'a BackupReplication,
    /// Wall clock.
    pub now: Timestamp,
    /// How long ago this process first saw the attempt in force in its present state, by its own monotonic clock.
    pub unchanged_for: Duration,
    /// Whether this process claimed the attempt in force and knows that it never starts its call.
    pub never_called: bool,
    /// Whether the spec names something that may be called.
    pub target: TargetReading,
    /// The Secret as read in this round; `None` where nothing asked for it yet.
    pub credential: Option<CredentialReading>,
    /// What a look at the backup gave in this round; `None` where nothing asked for it yet.
    pub look: Option<Lookup>,
    /// What this process remembers of its looks.
    pub looked: LookupHistory,
    /// Whether a look at this endpoint and project has shown, to this process, the record of a call that it accepted.
    pub records_known: bool,
    /// Whether a look at this endpoint and project has shown a backup to this process.
    pub look_up_known: bool,
    /// Another resource whose call for the same target is out, unknown, or too young to show in the records.
    pub same_target_in_use: Option<String>,
    /// Until when this endpoint asked callers with this credential to wait.
    pub throttled_until: Option<Timestamp>,
    /// Id and claimant for the attempt that may be claimed in this round.
    pub fresh: &'a FreshAttempt,
}

/// What a new attempt is called, and who claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshAttempt {
    /// Made anew for each round.
    pub id: AttemptId,
    /// This process.
    pub claimant: String,
}

/// Whether what the spec names may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetReading {
    /// It may; the endpoint in its normal form.
    Callable {
        /// Scheme, host and port.
        endpoint: String,
    },
    /// Neither the resource nor the operator names an endpoint.
    NoEndpoint,
    /// The endpoint is not allowed, for the reason given.
    EndpointRefused(String),
    /// A field has a shape that cannot be sent.
    Invalid(String),
}

impl TargetReading {
    /// Whether it is this endpoint that may be called: what another one does not show proves nothing about a call to this one.
    pub(super) fn is_at(&self, endpoint: &str) -> bool {
        match self {
            Self::Callable { endpoint: here } => here == endpoint,
            Self::NoEndpoint | Self::EndpointRefused(_) | Self::Invalid(_) => false,
        }
    }

    /// Whether the target may be called.
    pub fn is_callable(&self) -> bool {
        match self {
            Self::Callable { .. } => true,
            Self::NoEndpoint | Self::EndpointRefused(_) | Self::Invalid(_) => false,
        }
    }
}

/// What reading the credential gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialReading {
    /// A token.
    Usable {
        /// The Secret's `metadata.resourceVersion`.
        version: String,
    },
    /// No such Secret.
    SecretNotFound,
    /// The Secret has no such key, or nothing but white space in it.
    TokenMissing,
    /// The value cannot be a header's value, for the reason given.
    TokenUnusable(String),
    /// The operator may not read it, for the reason given.
    NotPermitted(String),
}
