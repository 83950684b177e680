//! `GET /v3/{project_id}/operation-logs`.

use std::time::{Duration, Instant};

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Service;
use super::error::Refusal;
use super::record::Record;
use super::stage::Stage;
use crate::behaviour::OperationLogs;
use crate::clock::later;
use crate::log::Verdict;

/// Where the request does not say.
const PAGE: usize = 1000;

impl Service {
    pub(super) fn logs_are_available(&self) -> Result<(), Refusal> {
        match self.behaviour.logs.api {
            OperationLogs::Absent => Err(Refusal::no_such_api()),
            OperationLogs::Present
            | OperationLogs::Late { milliseconds: _ }
            | OperationLogs::Silent
            | OperationLogs::Forbidden => Ok(()),
        }
    }

    pub(super) fn logs_are_allowed(&self) -> Result<(), Refusal> {
        match self.behaviour.logs.api {
            OperationLogs::Forbidden => Err(Refusal::auth(
                self.behaviour.auth_errors,
                StatusCode::FORBIDDEN,
                "APIGW.0302",
                "Policy does not allow cbr:tasks:list to be performed.",
            )),
            OperationLogs::Absent
            | OperationLogs::Present
            | OperationLogs::Late { milliseconds: _ }
            | OperationLogs::Silent => Ok(()),
        }
    }

    /// Newest first, those of the project that began at the wanted time or later.
    pub(super) fn operation_logs(
        &mut self,
        project_id: &str,
        uri: &str,
        now: Instant,
    ) -> (Value, Verdict) {
        let asked = |name: &str| parameter(uri, name);
        let number = |name: &str| asked(name).and_then(|text| text.parse::<usize>().ok());
        let since: Option<Timestamp> = asked("start_time").and_then(|text| text.parse().ok());
        let ahead = self.clock.now().duration_since(Timestamp::now());
        let style = self.behaviour.view.timestamps;
        let api = self.behaviour.logs.api;
        let shown = |record: &&Record| match api {
            OperationLogs::Present => true,
            OperationLogs::Late { milliseconds } => {
                record.age(now) >= Duration::from_millis(milliseconds)
            }
            OperationLogs::Absent | OperationLogs::Silent | OperationLogs::Forbidden => false,
        };
        let mut of_calls = self.ledger.all(now);
        of_calls.reverse();
        let began = |record: &Record| later(record.created_at, ahead);
        let of_calls = of_calls
            .iter()
            .filter(|record| record.target.project_id == project_id)
            .filter(shown)
            .filter(|record| since.is_none_or(|since| began(record) >= since))
            .map(|record| entry(record, &style.format(began(record))));
        let all: Vec<Value> = self.behaviour.logs.others.iter().cloned().chain(of_calls).collect();
        let offset =
            if self.behaviour.logs.deaf_to_offset { 0 } else { number("offset").unwrap_or(0) };
        let page: Vec<&Value> =
            all.iter().skip(offset).take(number("limit").unwrap_or(PAGE)).collect();
        let entries = page.len();
        (json!({"operation_logs": page, "count": all.len()}), Verdict::Logs { entries })
    }
}

fn entry(record: &Record, began: &str) -> Value {
    let (status, error) = match &record.stage {
        Stage::WaitingReplicate => ("waiting", ("", "")),
        Stage::Replicating { progress: _ } => ("running", ("", "")),
        Stage::Success => ("success", ("", "")),
        Stage::Fail { code, reason } => ("failed", (code.as_str(), reason.as_str())),
        Stage::Skip => ("skipped", ("", "")),
    };
    let (replica, checkpoint) = record.replica.clone().unzip();
    let target = &record.target;
    json!({
        "id": record.log_id,
        "operation_type": "replication",
        "status": status,
        "project_id": target.project_id,
        "policy_id": null,
        "vault_id": record.source_vault_id,
        "created_at": began,
        "started_at": began,
        "updated_at": began,
        "ended_at": null,
        "error_info": {"code": error.0, "message": error.1},
        "extra_info": {
            "common": {"progress": record.stage.progress(), "request_id": "req", "task_id": null},
            "replication": {
                "source_backup_id": target.backup_id,
                "source_checkpoint_id": record.source_checkpoint_id,
                "source_project_id": target.project_id,
                "source_region": record.source_region,
                "destination_backup_id": replica,
                "destination_checkpoint_id": checkpoint,
                "destination_project_id": target.destination_project_id,
                "destination_region": target.destination_region,
            },
        },
    })
}

/// A parameter of the query, with the one escape that times need.
fn parameter(uri: &str, name: &str) -> Option<String> {
    let (_, query) = uri.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.replace("%3A", ":").replace("%3a", ":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_by_their_whole_name() {
        let uri = "/v3/p/operation-logs?xlimit=1&limit=2&start_time=2026-11-23T10%3A00%3A00Z";
        assert_eq!(parameter(uri, "limit").as_deref(), Some("2"));
        assert_eq!(parameter(uri, "start_time").as_deref(), Some("2026-11-23T10:00:00Z"));
        assert_eq!(parameter(uri, "offset"), None);
    }
}
