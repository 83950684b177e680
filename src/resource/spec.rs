//! What a user writes. Names and limits are those of the API's page "Replicating a Backup".

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::auth::Auth;
use super::selector::BackupSelector;
use super::status::BackupReplicationStatus;

/// Replicates one CBR backup to another region: one accepted call per resource.
///
/// Everything but `auth`, `readyWhen`, `onUnknownOutcome`, `onRejection` and `suspend` is frozen
/// while a call is in flight, while its outcome is unknown, and permanently once it was accepted.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "cbr.replication.dev",
    version = "v1alpha1",
    kind = "BackupReplication",
    plural = "backupreplications",
    shortname = "brep",
    category = "cbr",
    namespaced,
    status = "BackupReplicationStatus",
    derive = "PartialEq",
    selectable = ".status.phase",
    doc = "Replicates one CBR backup to another region: one accepted call per resource.",
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(name = "Destination", type_ = "string", json_path = ".spec.destinationRegion"),
    printcolumn(name = "Record", type_ = "string", json_path = ".status.replicationRecordId"),
    printcolumn(name = "Progress", type_ = "integer", json_path = ".status.progress"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        priority = 1
    ),
    printcolumn(name = "Backup", type_ = "string", json_path = ".spec.backupId", priority = 1),
    printcolumn(
        name = "Chosen",
        type_ = "string",
        json_path = ".status.chosenBackupId",
        priority = 1
    ),
    printcolumn(
        name = "Replica",
        type_ = "string",
        json_path = ".status.replicaBackupId",
        priority = 1
    ),
    printcolumn(name = "Retry", type_ = "string", json_path = ".status.retryAt", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct BackupReplicationSpec {
    /// CBR endpoint of the source region, e.g. `https://cbr.eu-de.otc.t-systems.com`. Only
    /// endpoints on the administrator's allow-list are called. Default: the operator's
    /// (`--default-endpoint`), if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub endpoint: Option<String>,
    /// ID of the project that holds the backup (`project_id`).
    #[schemars(length(min = 1, max = 64))]
    pub project_id: String,
    /// ID of the backup to replicate (`backup_id`). Exactly one of `backupId` and `backupSelector` is
    /// set. Default: the backup that `backupSelector` chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub(super) backup_id: Option<String>,
    /// Which backup to replicate, where its ID is not known beforehand: the newest `available` one
    /// of a resource or vault. It is chosen once, before the first call, and written into
    /// `status.chosenBackupId`; from then on nothing changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) backup_selector: Option<BackupSelector>,
    /// ID of the project that gets the replica (`destination_project_id`).
    #[schemars(length(min = 1, max = 64))]
    pub destination_project_id: String,
    /// Region that gets the replica (`destination_region`).
    #[schemars(length(min = 1, max = 255))]
    pub destination_region: String,
    /// ID of the replication vault in the destination region (`destination_vault_id`).
    #[schemars(length(min = 1, max = 64))]
    pub destination_vault_id: String,
    /// Name of the replica: 1 to 64 characters (letters, digits, `_`, `-`, Chinese characters).
    /// Default: what the service chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub name: Option<String>,
    /// Description of the replica: up to 255 characters, without `<` and `>`. Default: no
    /// description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub description: Option<String>,
    /// `enable_acceleration` of newer services' request. Sent only when set. Default: the service's
    /// own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_acceleration: Option<bool>,
    /// The credential for the call. Exactly one member.
    pub auth: Auth,
    /// What `Ready` waits for. Default: `Accepted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_when: Option<ReadyWhen>,
    /// What to do when it is unknown whether the cloud accepted a call, and its records do not
    /// tell. Default: `Hold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_unknown_outcome: Option<OnUnknownOutcome>,
    /// What to do when the cloud refuses the call for a reason outside the request: a missing right,
    /// a quota, a vault or backup that does not exist, the destination. Default: `Retry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_rejection: Option<OnRejection>,
    /// `true`: no new call is made. Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

impl BackupReplicationSpec {
    /// `readyWhen` with its default. Defaults live here and not in the schema, so that what a user
    /// leaves out stays out and git shows no drift.
    pub fn ready_when(&self) -> ReadyWhen {
        self.ready_when.unwrap_or(ReadyWhen::Accepted)
    }

    /// `onUnknownOutcome` with its default.
    pub fn on_unknown_outcome(&self) -> OnUnknownOutcome {
        self.on_unknown_outcome.unwrap_or(OnUnknownOutcome::Hold)
    }

    /// `onRejection` with its default.
    pub fn on_rejection(&self) -> OnRejection {
        self.on_rejection.unwrap_or(OnRejection::Retry)
    }

    /// For this backup, with everything else still to be filled in.
    pub fn of_backup(backup_id: String) -> Self {
        Self {
            endpoint: None,
            project_id: String::new(),
            backup_id: Some(backup_id),
            backup_selector: None,
            destination_project_id: String::new(),
            destination_region: String::new(),
            destination_vault_id: String::new(),
            name: None,
            description: None,
            enable_acceleration: None,
            auth: Auth::default(),
            ready_when: None,
            on_unknown_outcome: None,
            on_rejection: None,
            suspend: None,
        }
    }

    /// Which backup is meant, where the spec names none. To be told, not to be decided on: see
    /// [`BackupReplication::backup`].
    pub fn backup_selector(&self) -> Option<&BackupSelector> {
        self.backup_selector.as_ref()
    }

    /// Whether new calls are suspended.
    pub fn suspended(&self) -> bool {
        self.suspend.unwrap_or(false)
    }
}

#[cfg(test)]
impl BackupReplicationSpec {
    pub(crate) fn name_backup(&mut self, id: &str) {
        (self.backup_id, self.backup_selector) = (Some(id.to_owned()), None);
    }

    pub(crate) fn select_backup(&mut self, selector: BackupSelector) {
        (self.backup_id, self.backup_selector) = (None, Some(selector));
    }
}

/// What `Ready` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReadyWhen {
    /// The cloud accepted the call. The copy may take hours from then on, and can still fail.
    Accepted,
    /// The copy exists in the destination region.
    Replicated,
}

/// What to do with an attempt whose outcome stays unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnUnknownOutcome {
    /// No further call without a decision of yours (the message of `Ready` says what to check and
    /// what to type).
    Hold,
    /// Call again after the settling time. The cloud must refuse a second replica, or you may pay
    /// for two.
    CallAgain,
}

/// What to do after a refusal that something outside the request may cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnRejection {
    /// Call again: soon after the Secret or the spec changes, else after 10 minutes, doubling to 6
    /// hours. A refusal proves that nothing was accepted. The resource stays `Stalled` meanwhile.
    Retry,
    /// No further call before the request changes, or without a decision of yours.
    Hold,
}
