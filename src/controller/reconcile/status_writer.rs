//! The one place that writes a status. What is written is counted, told as Events and in the log,
//! and known to the next round: nobody can write a status and forget one of these.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Api;
use kube::ResourceExt;

use crate::controller::api::{ApiError, Unwritten, bounded, write_status};
use crate::controller::context::Context;
use crate::controller::events::announce;
use crate::controller::key::ResourceKey;
use crate::controller::watch::newest::KnownObject;
use crate::resource::{
    BackupReplication, BackupReplicationStatus, ConditionType, Level, Phase, Reason,
    met_its_version,
};

/// What a status is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To say where the resource stands.
    Settle,
    /// To claim a call.
    Claim,
    /// To record how a call ended.
    Record,
}

/// Reads and writes one resource.
pub(super) struct StatusWriter<'a> {
    context: &'a Context,
    api: Api<BackupReplication>,
    key: &'a ResourceKey,
}

impl<'a> StatusWriter<'a> {
    pub(super) fn new(context: &'a Context, key: &'a ResourceKey) -> Self {
        let api = Api::namespaced(context.kubernetes.clone(), key.namespace());
        Self { context, api, key }
    }

    /// Writes a status over the very version that it was decided on. Returns what the API server
    /// stored.
    ///
    /// # Errors
    /// `Conflict` when the object is another one by now; `NoAnswer` when the write may or may not
    /// have happened.
    pub(super) async fn write(
        &self,
        decided_on: &BackupReplication,
        status: &BackupReplicationStatus,
        purpose: Purpose,
    ) -> Result<KnownObject, ApiError> {
        match write_status(&self.api, decided_on, status).await {
            Ok(returned) => Ok(self.written(decided_on, status, purpose, returned)),
            Err(Unwritten::Certainly(error)) => {
                if let ApiError::NoAnswer(_) = &error {
                    self.context.last_rounds.note_unclear_write(self.key);
                }
                Err(error)
            }
            Err(Unwritten::ForWhat(why)) => {
                let now = self.read().await?;
                Err(if met_its_version(decided_on, &now.object) {
                    ApiError::Refused(why)
                } else {
                    ApiError::Conflict
                })
            }
        }
    }

    /// A write without an answer is found to have happened if the object as it is now shows so.
    ///
    /// # Errors
    /// The object could not be read.
    pub(super) async fn find(
        &self,
        decided_on: &BackupReplication,
        status: &BackupReplicationStatus,
        purpose: Purpose,
        shows_it: impl FnOnce(&BackupReplication) -> bool,
    ) -> Result<Option<KnownObject>, ApiError> {
        let now = self.read().await?;
        if !shows_it(&now.object) {
            return Ok(None);
        }
        self.tell(decided_on, status, purpose, &now.object);
        Ok(Some(now))
    }

    /// Reads the object, where what is known of it does not do.
    ///
    /// # Errors
    /// The object could not be read.
    pub(super) async fn read(&self) -> Result<KnownObject, ApiError> {
        let before = self.context.newest.version(self.key);
        let object = bounded(self.api.get(self.key.name())).await?;
        Ok(self.context.newest.read(self.key, before.as_deref(), object))
    }

    fn written(
        &self,
        decided_on: &BackupReplication,
        status: &BackupReplicationStatus,
        purpose: Purpose,
        returned: BackupReplication,
    ) -> KnownObject {
        self.tell(decided_on, status, purpose, &returned);
        self.context.newest.wrote(self.key, returned)
    }

    fn tell(
        &self,
        decided_on: &BackupReplication,
        status: &BackupReplicationStatus,
        purpose: Purpose,
        stored: &BackupReplication,
    ) {
        let Context { metrics, events, last_rounds, .. } = self.context;
        last_rounds.note_written(self.key, stored);
        announce(metrics, events, decided_on, status);
        match purpose {
            Purpose::Settle => log(decided_on.status.as_ref(), status),
            // The call says more.
            Purpose::Claim | Purpose::Record => {
                tracing::debug!(version = stored.resource_version(), "Status written");
            }
        }
    }
}

/// One line for each turn that a resource takes; how far a copy is, is a detail.
fn log(before: Option<&BackupReplicationStatus>, after: &BackupReplicationStatus) {
    let turn = |status: &BackupReplicationStatus| {
        let said = |c: &Condition| (c.type_.clone(), c.status.clone(), c.reason.clone());
        (status.phase, status.conditions.iter().map(said).collect::<Vec<_>>())
    };
    let Some((level, told)) = after.conditions.iter().filter_map(level_of).reduce(weightier) else {
        return;
    };
    let phase = after.phase.map(Phase::as_str);
    let (reason, message) = (&told.reason, &told.message);
    if before.map(turn) == Some(turn(after)) {
        tracing::debug!(phase, progress = after.progress, reason, "Status written");
        return;
    }
    match level {
        Level::Info => tracing::info!(phase, reason, detail = message, "Status written"),
        Level::Warn => tracing::warn!(phase, reason, detail = message, "Status written"),
        Level::Error => tracing::error!(phase, reason, detail = message, "Status written"),
    }
}

/// How much a condition matters to a reader of the log. What waits for a person is an error.
fn level_of(condition: &Condition) -> Option<(Level, &Condition)> {
    let reason = Reason::parse(&condition.reason)?;
    let is_stalled = condition.type_ == ConditionType::Stalled.as_str();
    Some((if is_stalled { Level::Error } else { reason.explained().level }, condition))
}

/// The one that matters more. `Ready` comes first, and says the most.
fn weightier<'a>(
    one: (Level, &'a Condition),
    other: (Level, &'a Condition),
) -> (Level, &'a Condition) {
    if other.0 > one.0 { other } else { one }
}
