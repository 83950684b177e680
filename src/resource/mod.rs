//! The custom resource: what a user writes, what the operator answers, and the rules
//! that the API server itself keeps. The CRD in `crds/` is generated from here.

mod attempt;
mod auth;
mod called_for;
mod choice_rules;
mod conditions;
mod crd;
mod explained;
mod guarded_patch;
mod guards;
mod reasons;
mod rules;
mod selector;
#[allow(clippy::duplicated_attributes, reason = "each printcolumn is a list of its own")]
mod spec;
mod status;

pub use attempt::{Attempt, AttemptId, Outcome, RejectionKind, bounds};
pub use auth::{
    Auth, CredentialSource, DEFAULT_TOKEN_KEY, SecretKeyRef, SecretRef, ServiceAccountRef,
};
pub use called_for::{BackupSource, CalledFor};
pub use conditions::{Change, ConditionType, Is, Reason, apply as apply_conditions};
pub use crd::crd_yaml;
pub use guarded_patch::{Unguarded, decision_patch, met_its_version, status_patch};
pub use reasons::{
    Acts, Blanks, CredentialNeed, Cure, EventType, Explained, Level, Telling, WaitsFor,
};
pub use selector::BackupSelector;
pub use spec::{
    BackupReplication, BackupReplicationSpec, OnRejection, OnUnknownOutcome, ReadyWhen,
};
pub use status::{BackupReplicationStatus, Origin, Phase, TrackingEnd, TrackingIssue};

/// The annotation by which a human decides about one attempt (see `docs/decisions.md`).
pub const DECISION_ANNOTATION: &str = "cbr.replication.dev/decision";
