//! What `GET operation-logs` shows.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the operation logs show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Logs {
    pub api: OperationLogs,
    /// Entries of others and of policies, newest first: they come before those of calls.
    pub others: Vec<Value>,
    /// The service ignores where a page is to begin.
    pub deaf_to_offset: bool,
}

/// Whether there are any, and of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationLogs {
    /// 404 `APIG.0101` of the gateway.
    #[default]
    Absent,
    /// Each call has its entry from its acceptance on.
    Present,
    /// From this long after its acceptance on.
    Late { milliseconds: u64 },
    /// No call ever has an entry.
    Silent,
    /// 403: the token is good, but not for this API.
    Forbidden,
}
