//! What is kept in memory of each resource: of a finished one its name, of another one what
//! decisions rest on.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, ObjectMeta};
use kube::core::DeserializeGuard;

use crate::controller::key::ResourceKey;
use crate::controller::watch::kept::{Kept, Room};
use crate::protocol::{LockedTarget, LoggedCalls, is_finished, locked_target, logged_calls};
use crate::resource::{
    BackupReplication, BackupReplicationStatus, ConditionType, Outcome, Phase, Reason,
};

/// A resource reduced to what the watch must remember.
#[derive(Clone, Debug)]
pub(crate) struct WatchEntry {
    pub(crate) key: ResourceKey,
    /// Its resourceVersion.
    pub(crate) version: Box<str>,
    /// What decisions rest on. `None` where it is finished, or too large to be kept.
    pub(crate) kept: Option<Arc<Kept>>,
    /// Nothing to do until the object changes.
    pub(crate) finished: bool,
    pub(crate) phase: Phase,
    /// Why it waits for a human.
    pub(crate) stalled: Option<Reason>,
    /// What it waits for, where no human is asked.
    pub(crate) waiting: Option<Reason>,
    /// Since when it is unknown whether its call was accepted.
    pub(crate) unknown_since: Option<Timestamp>,
    /// When what is under way was accepted.
    pub(crate) under_way_since: Option<Timestamp>,
    /// What others must not call for meanwhile.
    pub(crate) held: Option<Arc<LockedTarget>>,
    /// What others must know of its calls before they take an entry of the logs for their own.
    pub(crate) calls: Option<Box<LoggedCalls>>,
}

impl WatchEntry {
    /// Reduces a watched object. One that cannot be decoded is logged and left alone: nothing is
    /// known that could be done for it, and the others go on.
    pub(crate) fn new(
        watched: DeserializeGuard<BackupReplication>,
        settling_time: Duration,
        room: &Room,
        before: impl FnOnce(&ResourceKey) -> Option<Arc<Self>>,
    ) -> Self {
        match watched.0 {
            Ok(resource) => {
                let before = before(&ResourceKey::of(&resource.metadata));
                Self::of(&resource, settling_time, room, before.as_deref())
            }
            Err(invalid) => {
                tracing::error!(
                    namespace = invalid.metadata.namespace,
                    name = invalid.metadata.name,
                    error = invalid.error,
                    "This BackupReplication cannot be decoded and is left alone. Compare the \
                     installed CRD with the one of this version (backup-replication-operator crd)."
                );
                Self {
                    key: ResourceKey::of(&invalid.metadata),
                    version: version(&invalid.metadata),
                    kept: None,
                    finished: true,
                    phase: Phase::Pending,
                    stalled: None,
                    waiting: None,
                    unknown_since: None,
                    under_way_since: None,
                    held: None,
                    calls: None,
                }
            }
        }
    }

    /// Reduces an object. `before`: an earlier version of the same name.
    pub(crate) fn of(
        resource: &BackupReplication,
        settling_time: Duration,
        room: &Room,
        before: Option<&Self>,
    ) -> Self {
        let status = resource.status.as_ref();
        let finished = is_finished(resource);
        let kept_before = before.and_then(|before| before.kept.as_ref());
        let kept = if finished { None } else { Kept::new(resource, room, kept_before) };
        Self {
            // The one that others point to already.
            key: before
                .map_or_else(|| ResourceKey::of(&resource.metadata), |before| before.key.clone()),
            version: version(&resource.metadata),
            kept,
            finished,
            phase: status.and_then(|status| status.phase).unwrap_or(Phase::Pending),
            stalled: status.and_then(stalled),
            waiting: status.and_then(waiting),
            unknown_since: status.and_then(unknown_since),
            under_way_since: status.and_then(under_way_since),
            held: locked_target(resource)
                .filter(|held| held.is_held(Timestamp::now(), settling_time))
                .map(Arc::new),
            calls: logged_calls(resource).map(Box::new),
        }
    }
}

fn version(full: &ObjectMeta) -> Box<str> {
    full.resource_version.as_deref().unwrap_or_default().into()
}

fn condition(status: &BackupReplicationStatus, kind: ConditionType) -> Option<&Condition> {
    status.conditions.iter().find(|condition| condition.type_ == kind.as_str())
}

fn stalled(status: &BackupReplicationStatus) -> Option<Reason> {
    Reason::parse(&condition(status, ConditionType::Stalled)?.reason)
}

/// Of what is not ready, the reason for that; of what is ready and still followed, what keeps the
/// looks from being made.
fn waiting(status: &BackupReplicationStatus) -> Option<Reason> {
    if condition(status, ConditionType::Stalled).is_some() {
        return None;
    }
    let ready = condition(status, ConditionType::Ready)?;
    if ready.status != "True" {
        return Reason::parse(&ready.reason);
    }
    let replicated = condition(status, ConditionType::Replicated)?;
    (replicated.status == "Unknown" && status.tracking_end.is_none())
        .then(|| Reason::parse(&replicated.reason))?
}

fn unknown_since(status: &BackupReplicationStatus) -> Option<Timestamp> {
    let unknown =
        status.attempts.iter().filter(|attempt| attempt.outcome == Some(Outcome::Unknown));
    unknown.map(|attempt| attempt.claimed_at.0).min()
}

fn under_way_since(status: &BackupReplicationStatus) -> Option<Timestamp> {
    status.accepted_at.as_ref().map(|at| at.0).filter(|_| status.tracking_end.is_none())
}

#[cfg(test)]
#[path = "alerted_tests.rs"]
mod alerted_tests;
