//! One replication: how it advances, and how `GET backup` shows it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::stage::{Advance, Stage};
use crate::behaviour::{DestinationVault, Ending, Pace, Records, Timestamps, View};

/// What a caller asked for, once it was found acceptable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub project_id: String,
    pub backup_id: String,
    pub destination_project_id: String,
    pub destination_region: String,
    pub destination_vault_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
}

/// An accepted replication.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    pub id: String,
    /// Its entry in the operation logs.
    pub log_id: String,
    #[serde(flatten)]
    pub target: Target,
    pub source_region: String,
    pub source_checkpoint_id: String,
    pub source_vault_id: String,
    pub created_at: Timestamp,
    pub stage: Stage,
    /// Shown even though records are shown late.
    pub revealed: bool,
    /// Not shown, although it exists.
    pub hidden: bool,
    /// What is merged into it where it is listed.
    pub altered: Map<String, Value>,
    /// The replica and its checkpoint, once it exists.
    pub replica: Option<(String, String)>,
    pub replica_deleted: bool,
    #[serde(skip)]
    accepted: Instant,
    #[serde(skip)]
    clock: Option<Clock>,
}

/// The time a replication takes where it advances with time, and its end.
#[derive(Clone, Debug)]
struct Clock {
    takes: Duration,
    ending: Ending,
}

impl Record {
    pub(crate) fn accept(target: Target, source: &Source, pace: &Pace, ending: &Ending) -> Self {
        let clock = match pace {
            Pace::Manual => None,
            Pace::Milliseconds(takes) => {
                Some(Clock { takes: Duration::from_millis(*takes), ending: ending.clone() })
            }
        };
        Self {
            id: Uuid::new_v4().to_string(),
            log_id: Uuid::new_v4().to_string(),
            target,
            source_region: source.region.clone(),
            source_checkpoint_id: source.checkpoint_id.clone(),
            source_vault_id: source.vault_id.clone(),
            created_at: Timestamp::now(),
            stage: Stage::WaitingReplicate,
            revealed: false,
            hidden: false,
            altered: Map::new(),
            replica: None,
            replica_deleted: false,
            accepted: Instant::now(),
            clock,
        }
    }

    /// Whether it stands in the way of another replication to its region: it is on its way, or its
    /// replica exists.
    pub fn occupies_region(&self) -> bool {
        match self.stage {
            Stage::WaitingReplicate | Stage::Replicating { progress: _ } => true,
            Stage::Success => !self.replica_deleted,
            Stage::Fail { code: _, reason: _ } | Stage::Skip => false,
        }
    }

    /// Carries the replication on by hand.
    pub(crate) fn advance(&mut self, to: Advance) -> Result<()> {
        ensure!(
            !self.stage.is_final(),
            "replication {} has ended as {}; it cannot become {to:?}",
            self.id,
            self.stage.name()
        );
        self.stage = match to {
            Advance::Replicating { progress } => {
                ensure!(
                    progress <= 100,
                    "the progress of replication {} is in percent, not {progress}",
                    self.id
                );
                let reached = self.stage.progress();
                ensure!(
                    reached <= progress,
                    "replication {} is at {reached} % already, not {progress} %",
                    self.id
                );
                Stage::Replicating { progress }
            }
            Advance::Success => {
                self.replica = Some((Uuid::new_v4().to_string(), Uuid::new_v4().to_string()));
                Stage::Success
            }
            Advance::Fail { code, reason } => Stage::Fail { code, reason },
            Advance::Skip => Stage::Skip,
        };
        Ok(())
    }

    /// Carries a timed replication on to where it is at `now`.
    pub(crate) fn catch_up(&mut self, now: Instant) {
        let Some(Clock { takes, ending }) = self.clock.clone() else { return };
        if self.stage.is_final() {
            return;
        }
        let elapsed = now.saturating_duration_since(self.accepted);
        let waiting = takes / 10;
        let next = if elapsed >= takes {
            match ending {
                Ending::Success => Advance::Success,
                Ending::Fail { code, reason } => Advance::Fail { code, reason },
                Ending::Skip => Advance::Skip,
            }
        } else if elapsed < waiting {
            return;
        } else {
            let share = (elapsed - waiting).as_secs_f64() / (takes - waiting).as_secs_f64();
            // A float cast saturates; the share is below 1.
            let by_clock = (share * 100.0) as u8;
            Advance::Replicating { progress: by_clock.max(self.stage.progress()).min(100) }
        };
        // Refused only for what was ruled out above: an end, a fall, more than 100 %.
        let _unchanged_if_refused = self.advance(next);
    }

    /// How long ago it was accepted.
    pub(crate) fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.accepted)
    }

    /// Whether `GET backup` shows it now.
    pub(crate) fn is_visible(&self, records: Records, now: Instant) -> bool {
        if self.hidden {
            return false;
        }
        match records {
            Records::Present => true,
            Records::Late { milliseconds } => {
                let old_enough = |late| {
                    now.saturating_duration_since(self.accepted) >= Duration::from_millis(late)
                };
                self.revealed || milliseconds.is_some_and(old_enough)
            }
            Records::Empty | Records::Null | Records::Absent => false,
        }
    }

    /// The `replication` object of the answer to the accepted call.
    pub(crate) fn answer(&self, provider_id: &str) -> Value {
        json!({ "replication": {
            "destination_vault_id": self.target.destination_vault_id,
            "provider_id": provider_id,
            "backup_id": self.target.backup_id,
            "destination_project_id": self.target.destination_project_id,
            "destination_region": self.target.destination_region,
            "source_region": self.source_region,
            "project_id": self.target.project_id,
            "replication_record_id": self.id,
        }})
    }

    /// An element of `replication_records`.
    pub(crate) fn show(&self, view: &View) -> Value {
        let (id, region) =
            (|id: &str| view.spelling.id(id), |name: &str| view.spelling.region(name));
        let (fail_code, fail_reason) = match &self.stage {
            Stage::Fail { code, reason } => (code.as_str(), reason.as_str()),
            Stage::WaitingReplicate
            | Stage::Replicating { progress: _ }
            | Stage::Success
            | Stage::Skip => ("", ""),
        };
        let (replica, checkpoint) = self.replica.clone().unzip();
        let mut extra_info = json!({
            "progress": self.stage.progress(),
            "fail_code": fail_code,
            "fail_reason": fail_reason,
            "auto_trigger": false,
        });
        let mut record = json!({
            "id": id(&self.id),
            "status": self.stage.name(),
            "created_at": view.timestamps.format(self.created_at),
            "source_region": region(&self.source_region),
            "source_project_id": id(&self.target.project_id),
            "source_backup_id": id(&self.target.backup_id),
            "source_checkpoint_id": self.source_checkpoint_id,
            "vault_id": id(&self.source_vault_id),
            "destination_region": region(&self.target.destination_region),
            "destination_project_id": id(&self.target.destination_project_id),
            "destination_backup_id": replica,
            "destination_checkpoint_id": checkpoint,
        });
        if view.timestamps == Timestamps::Absent
            && let Some(record) = record.as_object_mut()
        {
            record.remove("created_at");
        }
        let vault = id(&self.target.destination_vault_id);
        let (top_level, in_extra_info) = match view.destination_vault {
            DestinationVault::Both => (true, true),
            DestinationVault::TopLevel => (true, false),
            DestinationVault::ExtraInfo => (false, true),
        };
        if top_level {
            record["destination_vault_id"] = json!(vault);
        }
        if in_extra_info {
            extra_info["destination_vault_id"] = json!(vault);
        }
        record["extra_info"] = extra_info;
        merge(&mut record, &self.altered);
        record
    }

    /// When a timed replication ends.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.clock.as_ref().and_then(|clock| self.accepted.checked_add(clock.takes))
    }
}

/// As a JSON merge patch does (RFC 7396).
fn merge(into: &mut Value, fields: &Map<String, Value>) {
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in fields {
        match value {
            Value::Null => drop(into.as_object_mut().and_then(|object| object.remove(key))),
            Value::Object(fields) => merge(&mut into[key], fields),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                into[key] = value.clone()
            }
        }
    }
}

/// What a record says of the backup it started from.
pub(crate) struct Source {
    pub(crate) region: String,
    pub(crate) checkpoint_id: String,
    pub(crate) vault_id: String,
}
