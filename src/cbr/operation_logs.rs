//! What `GET operation-logs` shows: the project's replications, as the cloud has logged them. An
//! entry is a second witness where a backup's own records are not reported.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::begun_by::BegunBy;
use super::cloud_value::CloudValue;
use super::credential::Credential;
use super::ids::OperationLogId;
use super::json::{line, scalar};
use super::records::open_enum;
use super::redaction::Redact;
use super::timestamp;

/// How many entries one page has at most. A thousand would be more than one answer may have.
pub(super) const PAGE: usize = 200;

/// The operation that is asked for. Services may list others nevertheless.
pub(super) const REPLICATION: &str = "replication";

/// One page, as one request showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// The replications that could be read.
    pub entries: Vec<OperationLog>,
    /// Whether a further page may follow.
    pub may_continue: bool,
    /// How many items it has, of whatever kind.
    pub items: usize,
}

/// One replication as the cloud has logged it. Only the id is promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationLog {
    /// The entry.
    pub id: OperationLogId,
    /// How far it is.
    pub status: LogStatus,
    /// When it was begun, by the cloud's own clock: the earlier of its two times.
    pub began_at: Option<Timestamp>,
    /// Who began it (`policy_id`).
    pub begun_by: BegunBy,
    /// Source backup.
    pub source_backup_id: Option<CloudValue>,
    /// Destination region.
    pub destination_region: Option<CloudValue>,
    /// Destination project.
    pub destination_project_id: Option<CloudValue>,
    /// The replica, once it exists.
    pub destination_backup_id: Option<CloudValue>,
    /// Percent, 0 to 100.
    pub progress: Option<u8>,
    /// Why it failed.
    pub fail_code: Option<String>,
    /// Why it failed, in words.
    pub fail_reason: Option<String>,
}

open_enum!(
    /// How far a logged operation is. `Other` with an empty text where the cloud gave no state.
    LogStatus {
        /// Not begun.
        Waiting = "waiting",
        /// Under way.
        Running = "running",
        /// Done.
        Success = "success",
        /// Not done, since not needed.
        Skipped = "skipped",
        /// Failed.
        Failed = "failed",
        /// Given up by the cloud.
        Timeout = "timeout",
    }
);

impl LogPage {
    /// Reads `{"operation_logs": […]}`; nothing where the answer is no such thing.
    pub(super) fn read(body: &Value, credential: &Credential) -> Option<Self> {
        let items = body.get("operation_logs")?.as_array()?;
        let entries = items
            .iter()
            .filter_map(|item| OperationLog::read(item.as_object()?, credential))
            .collect();
        Some(Self { entries, may_continue: items.len() >= PAGE, items: items.len() })
    }
}

impl OperationLog {
    /// Nothing for what is no replication.
    fn read(members: &Map<String, Value>, credential: &Credential) -> Option<Self> {
        let kind = scalar(members.get("operation_type"))?;
        if !kind.trim().eq_ignore_ascii_case(REPLICATION) {
            return None;
        }
        let id = OperationLogId::parse(scalar(members.get("id"))?.trim()).ok()?;
        // Never an echo of the credential.
        if credential.redact(id.as_str()) != id.as_str() {
            return None;
        }
        let part = |part: &str| members.get("extra_info").and_then(|extra| extra.get(part));
        let value = |key| {
            let replication = part("replication").and_then(|replication| replication.get(key));
            CloudValue::read(replication, credential)
        };
        let error = |key| members.get("error_info").and_then(|error| error.get(key));
        let time = |key: &str| scalar(members.get(key)).and_then(|time| timestamp::parse(&time));
        Some(Self {
            id,
            status: LogStatus::read(members.get("status"), credential)
                .unwrap_or(LogStatus::Other(String::new())),
            began_at: time("created_at").into_iter().chain(time("started_at")).min(),
            begun_by: BegunBy::of_policy_id(members.get("policy_id")),
            source_backup_id: value("source_backup_id"),
            destination_region: value("destination_region"),
            destination_project_id: value("destination_project_id"),
            destination_backup_id: value("destination_backup_id"),
            progress: scalar(part("common").and_then(|common| common.get("progress")))
                .and_then(|percent| percent.parse().ok())
                .filter(|percent| *percent <= 100),
            fail_code: line(error("code"), credential),
            fail_reason: line(error("message"), credential),
        })
    }
}

#[cfg(test)]
#[path = "operation_logs_tests.rs"]
mod tests;
