//! One attempt at the call, as the status keeps it. The claim writes everything down to
//! `recordsBefore`; the outcome and what follows it are written when the call has ended.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::core::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Upper bounds of the strings and lists in a status, in characters or items. The schema declares
/// them, and whatever comes from outside is cut to them before a write, so that no write is refused
/// for its length.
pub mod bounds {
    /// Attempts kept, newest first.
    pub const ATTEMPTS: usize = 5;
    /// Ids: of attempts, records, projects, vaults, requests.
    pub const ID: usize = 128;
    /// Names: regions, endpoints, process identities.
    pub const NAME: usize = 512;
    /// A Secret's name, a key in it, and its version.
    pub const VIEWER: usize = 1024;
    /// Messages of an attempt.
    pub const MESSAGE: usize = 1024;
    /// Record ids listed in `recordsBefore` and `additionalRecords`.
    pub const RECORDS: usize = 100;
}

/// Ids in a status are printed into commands.
pub(super) const PRINTABLE_ID: &str = r"^[A-Za-z0-9][A-Za-z0-9._-]*$";

/// Names one attempt among all attempts of all resources; made by the operator, a UUID.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AttemptId(
    #[schemars(length(min = 1, max = bounds::ID), regex(pattern = PRINTABLE_ID))] String,
);

impl AttemptId {
    /// An id from its text.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AttemptId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a claim's times look like. Any other text is refused, no matter who writes it: a time too long to
/// be counted would end the process that reads it.
const DURATION: &str = r"^([0-9]{1,9}(\.[0-9]{1,9})?(ns|us|µs|ms|s|m|h))+$";

/// One attempt at the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Id of the attempt, made by the operator. A human's decision names it.
    pub id: AttemptId,
    /// 1 for the first attempt, then counting up.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub number: i64,
    /// The resource's `metadata.generation` that was called for.
    pub generation: i64,
    /// Digest of the fields that say what was called for. A further attempt after a refusal needs
    /// other fields, or a reason of its own: an edit of anything else corrects nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub request_digest: Option<String>,
    /// The endpoint of the call.
    #[schemars(length(max = bounds::NAME))]
    pub endpoint: String,
    /// When the operator claimed the call.
    pub claimed_at: Time,
    /// The process that claimed the call.
    #[schemars(length(max = bounds::NAME))]
    pub claimed_by: String,
    /// How long after the claim the call may start.
    #[schemars(with = "String", length(max = 32), regex(pattern = DURATION))]
    pub window: Duration,
    /// How long the call may take in all.
    #[schemars(with = "String", length(max = 32), regex(pattern = DURATION))]
    pub limit: Duration,
    /// `metadata.resourceVersion` of the Secret that the credential came from; after a dot, where IAM
    /// issued a token for it, which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub secret_version: Option<String>,
    /// Ids of the replication records that a look-up showed before the claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::RECORDS), inner(length(max = bounds::ID), regex(pattern = PRINTABLE_ID)))]
    pub records_before: Option<Vec<String>>,
    /// The cloud's own time when the call was claimed, by the answer to the look-up before it; no
    /// later than it was. Absent where the cloud did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_time: Option<Time>,
    /// How the call ended. Absent while it is in flight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// With outcome `Rejected`: what kind of rejection. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<RejectionKind>,
    /// HTTP status of the answer, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 999))]
    pub http_status: Option<u16>,
    /// The cloud's error code, e.g. `BackupService.6120`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub code: Option<String>,
    /// The replication record that the answer to this very call named. Only such a record shows
    /// that the cloud lists the records of calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID), regex(pattern = PRINTABLE_ID))]
    pub record_id: Option<String>,
    /// The cloud's request id, for its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::ID))]
    pub request_id: Option<String>,
    /// What happened, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = bounds::MESSAGE))]
    pub message: Option<String>,
    /// When the outcome was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// The operator does not automatically try again before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Time>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Outcome {
    /// The cloud accepted the call. Final.
    Accepted,
    /// The call never left: DNS, connect or TLS failure, or the claim's window had passed.
    NotSent,
    /// The cloud answered that it did not accept the call.
    Rejected,
    /// It is unknown whether the cloud accepted the call.
    Unknown,
    /// Was unknown, and then settled as not accepted: by a person, by the cloud's records, or by
    /// `onUnknownOutcome: CallAgain`.
    NotAccepted,
}

impl Outcome {
    /// Whether a further attempt may follow: only after what is known, or settled, as not accepted.
    pub fn allows_next_attempt(self) -> bool {
        match self {
            Self::NotSent | Self::Rejected | Self::NotAccepted => true,
            Self::Accepted | Self::Unknown => false,
        }
    }
}

/// What a rejection means for the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum RejectionKind {
    /// The spec, a quota, a permission or something else in the cloud must change.
    Terminal,
    /// May succeed later without any change.
    Temporary,
    /// Too many requests: the operator calls again later.
    Throttled,
    /// The cloud rejected the credential: a new one is needed.
    Unauthorized,
    /// A replica in that region exists, or is being made (BackupService.1009).
    AlreadyReplicated,
}
