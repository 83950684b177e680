//! What is known of one resource, as the documented JSON has it.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{Resource, ResourceExt};
use serde::Serialize;

use super::column::Column;
use crate::plugin::age::age;
use crate::plugin::color::Color;
use crate::plugin::next::{Next, condition, needs_person, next};
use crate::plugin::words::plain;
use crate::resource::{BackupReplication, ConditionType, Origin, Phase};

/// One resource.
#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    namespace: String,
    name: String,
    created_at: Option<Time>,
    phase: Phase,
    ready: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    next: Next,
    needs_me: bool,
    origin: Option<Origin>,
    backup_id: Option<String>,
    destination_region: String,
    replication_record_id: Option<String>,
    progress: Option<u8>,
    replica_backup_id: Option<String>,
}

impl Row {
    pub(super) fn new(resource: &BackupReplication) -> Self {
        let status = resource.status.clone().unwrap_or_default();
        let ready = condition(resource, ConditionType::Ready);
        Self {
            namespace: resource.namespace().unwrap_or_default(),
            name: resource.name_any(),
            created_at: resource.metadata.creation_timestamp.clone(),
            phase: status.phase.unwrap_or(Phase::Pending),
            ready: ready.map(|ready| ready.status.clone()),
            reason: ready.map(|ready| ready.reason.clone()),
            message: ready.map(|ready| ready.message.clone()),
            next: next(resource),
            needs_me: needs_person(resource),
            origin: status.origin,
            backup_id: resource.backup_id().map(str::to_owned),
            destination_region: resource.spec.destination_region.clone(),
            replication_record_id: status.replication_record_id,
            progress: status.progress,
            replica_backup_id: status.replica_backup_id,
        }
    }

    /// Which resource it is.
    pub(super) fn key(&self) -> (String, String) {
        (self.namespace.clone(), self.name.clone())
    }

    /// As `kubectl get -o name` has it.
    pub(super) fn named(&self) -> String {
        let kind = BackupReplication::kind(&()).to_ascii_lowercase();
        format!("{kind}.{}/{}", BackupReplication::group(&()), self.name)
    }

    pub(super) fn cell(&self, column: Column, now: Timestamp) -> String {
        let text = |text: &Option<String>| text.as_deref().map(plain).unwrap_or_default();
        match column {
            Column::Namespace => self.namespace.clone(),
            Column::Name => self.name.clone(),
            Column::Phase => self.phase.as_str().to_owned(),
            Column::Ready => text(&self.ready),
            Column::Reason => text(&self.reason),
            Column::Destination => plain(&self.destination_region),
            Column::Progress => {
                self.progress.map(|percent| format!("{percent}%")).unwrap_or_default()
            }
            Column::Age => self.created_at.as_ref().map(|at| age(at.0, now)).unwrap_or_default(),
            Column::Next => match self.next {
                Next::Human => "you".to_owned(),
                Next::Operator | Next::Nobody if self.needs_me => "you".to_owned(),
                Next::Operator => "operator".to_owned(),
                Next::Nobody => "nobody".to_owned(),
            },
            Column::Record => text(&self.replication_record_id),
            Column::Backup => text(&self.backup_id),
            Column::Replica => text(&self.replica_backup_id),
        }
    }

    pub(super) fn color(&self) -> Option<Color> {
        if self.next == Next::Human {
            return Some(Color::Bad);
        }
        if self.needs_me {
            return Some(Color::Doubtful);
        }
        match self.phase {
            Phase::Succeeded => Some(Color::Good),
            Phase::Submitting | Phase::Replicating => Some(Color::Moving),
            Phase::OutcomeUnknown => Some(Color::Doubtful),
            Phase::Failed => Some(Color::Bad),
            Phase::Pending => None,
        }
    }
}
