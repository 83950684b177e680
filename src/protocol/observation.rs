//! What was seen, as plain values.

use crate::protocol::credential::CredentialReading;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use super::list_reading::ListReading;
use super::logged_calls::LoggedCalls;
use super::lookup::{Lookup, LookupHistory};
use super::witness::LogReading;
use crate::resource::{AttemptId, BackupReplication, DECISION_ANNOTATION};

/// Everything that a decision rests on.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    /// The object that the decision is about; its version guards every write that follows.
    pub resource: &'a BackupReplication,
    /// Wall clock.
    pub now: Timestamp,
    /// How long ago this process first saw the attempt in force in its present state, by its own
    /// monotonic clock.
    pub unchanged_for: Duration,
    /// Whether this process claimed the attempt in force and knows that it never starts its call.
    pub never_called: bool,
    /// Whether the spec names something that may be called.
    pub target: TargetReading,
    /// The Secret as read in this round; `None` where nothing asked for it yet.
    pub credential: Option<CredentialReading>,
    /// What a look-up gave in this round; `None` where nothing asked for it yet.
    pub lookup: Option<Lookup>,
    /// What the operation logs gave in this round; `None` where nothing asked for them yet.
    pub logs: Option<LogReading>,
    /// The calls of other resources for the same target, as far as no record shows which is which;
    /// with `logs`.
    pub others_calls: Vec<LoggedCalls>,
    /// What must be added to `now` to have the cloud's time; `None` where it is not known.
    pub cloud_offset: Option<SignedDuration>,
    /// What a list of the backups gave in this round; `None` where nothing asked for it yet.
    pub backups: Option<ListReading>,
    /// What this process remembers of its look-ups.
    pub history: LookupHistory,
    /// Whether a look-up with this very credential, at this endpoint and project, has shown the
    /// record of a call that the operator made.
    pub records_known: bool,
    /// Whether this very credential was refused at this endpoint and project when it was last used.
    pub credential_refused: bool,
    /// Another resource whose call for the same target is out, unknown, or too young to show in the
    /// records.
    pub same_target_in_use: Option<String>,
    /// Until when this endpoint asked callers with this credential to wait.
    pub throttled_until: Option<Timestamp>,
    /// The last claim of this process for the resource, if the API server did not keep it.
    pub refused_claim: Option<RefusedClaim>,
    /// How many bytes the object's metadata take as JSON.
    pub metadata_bytes: usize,
    /// Id and claimant for the attempt that may be claimed in this round.
    pub fresh: &'a FreshAttempt,
}

impl Observation<'_> {
    /// The decision that a human has written on the object.
    pub(super) fn decision(&self) -> Option<&str> {
        self.resource.annotations().get(DECISION_ANNOTATION).map(String::as_str)
    }

    /// Whether the object carries the marks of a restore: what it had in its status may follow.
    pub(super) fn is_restored(&self) -> bool {
        let mut keys = self.resource.labels().keys().chain(self.resource.annotations().keys());
        keys.any(|key| is_restore_mark(key))
    }
}

/// Whether a label or annotation of this name may tell of a restore.
pub(super) fn is_restore_mark(key: &str) -> bool {
    RESTORE_MARKS.iter().any(|mark| key.starts_with(mark))
}

/// Labels and annotations that tools for restores leave on an object, and the annotation of a
/// decision that was given for an earlier object.
const RESTORE_MARKS: [&str; 4] = [
    "velero.io/restore-name",
    "velero.io/backup-name",
    "kubectl.kubernetes.io/restored",
    DECISION_ANNOTATION,
];

/// What a new attempt is called, and who claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshAttempt {
    /// A new one for each round.
    pub id: AttemptId,
    /// This process.
    pub claimant: String,
}

/// A claim that the API server refused, or did not keep as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedClaim {
    /// Why, in words that do not vary from one refusal to the next of its kind.
    pub why: String,
    /// When the next try is made, for a reader. It stays the same for as long as the wait does:
    /// what varied from round to round would have the status written again and again.
    pub until: Timestamp,
    /// What is left until then, by the process's monotonic clock.
    pub wait: Duration,
}

/// Whether what the spec names may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetReading {
    /// It may; the endpoint in its normal form.
    Callable {
        /// Scheme, host and port.
        endpoint: String,
    },
    /// It may, once the backup is chosen; the endpoint in its normal form.
    BackupToChoose {
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
    /// Whether it is this endpoint that may be called: what another one does not show proves
    /// nothing about a call to this one.
    pub(super) fn is_at(&self, endpoint: &str) -> bool {
        match self {
            Self::Callable { endpoint: here } => here == endpoint,
            Self::BackupToChoose { .. }
            | Self::NoEndpoint
            | Self::EndpointRefused(_)
            | Self::Invalid(_) => false,
        }
    }

    /// Whether the target may be called.
    pub fn is_callable(&self) -> bool {
        match self {
            Self::Callable { .. } => true,
            Self::BackupToChoose { .. }
            | Self::NoEndpoint
            | Self::EndpointRefused(_)
            | Self::Invalid(_) => false,
        }
    }
}
