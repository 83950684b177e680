//! What the operator answers. Facts first; phase and conditions are derived from them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::{Attempt, AttemptId, Outcome, PRINTABLE_ID, bounds};

/// Status of a `BackupReplication`. Field names of the answer are those of the API's page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupReplicationStatus {
    /// The `metadata.generation` that this status speaks of; -1 until the operator has seen the
    /// resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// A summary for display and for selection. Decisions never rest on it. Default: `Pending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Where the acceptance comes from. Absent until a call is known to be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// ID of the replication record (`replication_record_id`). Written once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID), regex(pattern = PRINTABLE_ID))]
    pub replication_record_id: Option<String>,
    /// ID of the entry in the cloud's operation logs that shows this resource's own call, where the
    /// backup's records do not. Written once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID), regex(pattern = PRINTABLE_ID))]
    pub operation_log_id: Option<String>,
    /// Replication source region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::NAME))]
    pub source_region: Option<String>,
    /// ID of the backup that the operator chose by `spec.backupSelector`, before the first call.
    /// Written once: every call and every look-up is about this backup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"))]
    pub chosen_backup_id: Option<String>,
    /// ID of the source backup, as the cloud answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub backup_id: Option<String>,
    /// ID of the project where the replication is performed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub project_id: Option<String>,
    /// Resource type ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub provider_id: Option<String>,
    /// ID of the replication destination project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub destination_project_id: Option<String>,
    /// Replication destination region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::NAME))]
    pub destination_region: Option<String>,
    /// ID of the vault in the replication destination region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub destination_vault_id: Option<String>,
    /// Records of further accepted calls, if there ever were any. Needs a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::RECORDS), inner(length(max = bounds::NAME), regex(pattern = PRINTABLE_ID)))]
    pub additional_records: Vec<String>,
    /// Records to the same destination that were known when a person ordered a `retry`. They are
    /// not adopted, and not taken for the record of a later call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::RECORDS), inner(length(max = bounds::ID), regex(pattern = PRINTABLE_ID)))]
    pub declined_records: Vec<String>,
    /// The newest five attempts, newest first: the first is the one in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = bounds::ATTEMPTS))]
    pub attempts: Vec<Attempt>,
    /// When the operator makes the next attempt without any change. Absent while it waits for
    /// something else, or for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Time>,
    /// The value of the decision annotation that was last carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::NAME))]
    pub decision: Option<String>,
    /// The attempt that was in force when that decision was carried out; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_attempt: Option<AttemptId>,
    /// When the acceptance was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Time>,
    /// When the replication record began, where a look-up showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_created_at: Option<Time>,
    /// How far the replication record is, in the cloud's own words, as the last look-up
    /// showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub record_status: Option<String>,
    /// Whose look-up has shown the record of this resource's own call: Secret, key and
    /// `resourceVersion`. The absence of a record proves something to
    /// that credential only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::VIEWER))]
    pub record_shown_to: Option<String>,
    /// Percent of the copy, where the cloud reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub progress: Option<u8>,
    /// ID of the copy in the destination region, once it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub replica_backup_id: Option<String>,
    /// The cloud's code for why the replication failed (`fail_code`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub fail_code: Option<String>,
    /// Why the replication failed, in the cloud's words (`fail_reason`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::MESSAGE))]
    pub fail_reason: Option<String>,
    /// When a look-up first showed that the replication had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Time>,
    /// Why the operator no longer follows the record. Absent before an acceptance, and while the
    /// record is followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_end: Option<TrackingEnd>,
    /// What keeps the operator from checking the record. Absent while nothing does. When it is
    /// fixed, the checks resume automatically.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_issue: Option<TrackingIssue>,
    /// `Ready`, `Replicated`, and, only while True, `Reconciling` and `Stalled`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

impl BackupReplicationStatus {
    /// Whether the cloud is known to have accepted a call for this resource. Judged by facts alone.
    pub fn is_accepted(&self) -> bool {
        self.accepted_at.is_some()
            || self.replication_record_id.is_some()
            || self.attempts.iter().any(|a| a.outcome == Some(Outcome::Accepted))
    }
}

/// The resource at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// No call is in flight. The operator makes one when what it waits for is there (see the
    /// message of `Ready`).
    Pending,
    /// A call is claimed, and may be in flight.
    Submitting,
    /// It is unknown whether the cloud accepted the call.
    OutcomeUnknown,
    /// Accepted; the cloud is copying.
    Replicating,
    /// Accepted; the copy exists, or the cloud does not tell whether it does.
    Succeeded,
    /// The cloud rejected the call, or the replication failed.
    Failed,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Submitting,
        Self::OutcomeUnknown,
        Self::Replicating,
        Self::Succeeded,
        Self::Failed,
    ];

    /// The phase as it stands in a status.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Submitting => "Submitting",
            Self::OutcomeUnknown => "OutcomeUnknown",
            Self::Replicating => "Replicating",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// Why a replication record is not followed any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TrackingEnd {
    /// The copy exists (`success`).
    Replicated,
    /// The replication failed (`fail`).
    Failed,
    /// The cloud did not carry it out (`skip`).
    Skipped,
    /// The service reports no records, or never this one.
    NotReported,
    /// The record was there, and no longer is.
    RecordGone,
    /// The source backup no longer exists.
    BackupGone,
    /// The operator followed it for as long as the administrator allows (`--tracking-limit`).
    LimitReached,
}

/// What keeps the operator from checking a record that it follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TrackingIssue {
    /// The administrator no longer allows the endpoint.
    EndpointRefused,
    /// The Secret or service account no longer exists.
    CredentialNotFound,
    /// The Secret no longer has a key, or it is empty.
    CredentialMissing,
    /// What the Secret holds cannot be used.
    CredentialUnusable,
    /// The operator may not read the Secret, or create a token of the service account.
    CredentialNotPermitted,
    /// The cloud rejects the credential.
    CredentialRejected,
    /// IAM refuses to issue a token.
    LoginRefused,
    /// IAM issues no token at the moment.
    LoginFailed,
    /// The checks have been failing for a while.
    LookUpFailed,
}

/// Where an acceptance comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Origin {
    /// The operator's own call.
    Called,
    /// A replication that the cloud already had when the operator looked, adopted without a call.
    Adopted,
    /// Declared by a person (`status.decision`).
    Declared,
}
