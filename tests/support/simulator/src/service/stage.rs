//! The way of a replication, from acceptance to its end.

use serde::{Deserialize, Serialize};

/// How far a replication is. The names are the API's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    WaitingReplicate,
    /// Progress in percent, 0 to 100.
    Replicating {
        progress: u8,
    },
    Success,
    Fail {
        code: String,
        reason: String,
    },
    Skip,
}

impl Stage {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::WaitingReplicate => "waiting_replicate",
            Self::Replicating { progress: _ } => "replicating",
            Self::Success => "success",
            Self::Fail { code: _, reason: _ } => "fail",
            Self::Skip => "skip",
        }
    }

    pub(super) fn progress(&self) -> u8 {
        match self {
            Self::WaitingReplicate | Self::Fail { code: _, reason: _ } | Self::Skip => 0,
            Self::Replicating { progress } => *progress,
            Self::Success => 100,
        }
    }

    /// Whether this is an end, which nothing follows.
    pub fn is_final(&self) -> bool {
        match self {
            Self::WaitingReplicate | Self::Replicating { progress: _ } => false,
            Self::Success | Self::Fail { code: _, reason: _ } | Self::Skip => true,
        }
    }
}

/// What to make of a replication that is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advance {
    /// Progress in percent, 0 to 100; it never falls.
    Replicating {
        progress: u8,
    },
    Success,
    Fail {
        code: String,
        reason: String,
    },
    Skip,
}

/// What becomes of the record of a replica that is deleted; the API's documentation does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedRecord {
    /// It stays, as `success`.
    Stays,
    Vanishes,
}
