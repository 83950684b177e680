//! What the last round of each resource came to, so that nothing that a process writes makes it
//! work, and nothing else brings forward what is not due.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kube::ResourceExt;

use crate::controller::key::ResourceKey;
use crate::protocol::{MayWrite, OwnStatus, conflict_delay};
use crate::resource::{BackupReplication, BackupReplicationStatus};

/// From so many refused writes in a row on, somebody should know of it.
const WORTH_TELLING: u32 = 4;

/// The last rounds.
#[derive(Debug)]
pub(crate) struct LastRounds {
    started: Instant,
    /// Boxed: a table with room to grow is half empty.
    known: Mutex<HashMap<ResourceKey, Box<LastRound>>>,
}

#[derive(Debug, Default)]
struct LastRound {
    uid: Option<String>,
    came_to: Option<Conclusion>,
    refused: Option<Refused>,
    own_status: OwnStatus,
}

/// There is nothing to do for an object like this until then.
#[derive(Clone, Copy, Debug)]
struct Conclusion {
    fingerprint: u64,
    /// `None`: until it changes.
    due: Option<Duration>,
}

/// A version that writes in a row met no more.
#[derive(Clone, Debug)]
struct Refused {
    version: Option<String>,
    times: u32,
}

/// When a resource is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Now,
    In(Duration),
    /// When it changes.
    Later,
}

impl Default for LastRounds {
    fn default() -> Self {
        Self { started: Instant::now(), known: Mutex::default() }
    }
}

impl LastRounds {
    /// A round came to its end for an object of this fingerprint. `again`: when the next one is due
    /// without any change.
    pub(crate) fn conclude(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
        fingerprint: u64,
        again: Option<Duration>,
    ) {
        let now = self.started.elapsed();
        let due = again.map(|again| now.saturating_add(again));
        self.with(key, resource, |last| last.came_to = Some(Conclusion { fingerprint, due }));
    }

    /// When an object of this fingerprint is due.
    pub(crate) fn due(&self, key: &ResourceKey, fingerprint: u64) -> Due {
        let known = self.lock();
        let came_to = known.get(key).and_then(|last| last.came_to);
        match came_to.filter(|came_to| came_to.fingerprint == fingerprint) {
            None => Due::Now,
            Some(Conclusion { fingerprint: _, due: None }) => Due::Later,
            Some(Conclusion { fingerprint: _, due: Some(due) }) => {
                let left = due.saturating_sub(self.started.elapsed());
                if left.is_zero() { Due::Now } else { Due::In(left) }
            }
        }
    }

    /// A write did not meet the version that it was decided on. Returns how often that has happened
    /// in a row, where somebody should know of it.
    pub(crate) fn note_conflict(
        &self,
        key: &ResourceKey,
        decided_on: &BackupReplication,
    ) -> Option<u32> {
        self.with(key, decided_on, |last| {
            let before = last.refused.as_ref().map_or(0, |refused| refused.times);
            let times = before.saturating_add(1);
            last.refused = Some(Refused { version: decided_on.resource_version(), times });
            (times >= WORTH_TELLING && times.is_power_of_two()).then_some(times)
        })
    }

    /// Whether a write has shown that this version is not the newest.
    pub(crate) fn is_refused(&self, key: &ResourceKey, version: Option<&str>) -> bool {
        let known = self.lock();
        let refused = known.get(key).and_then(|last| last.refused.as_ref());
        refused.is_some_and(|refused| refused.version.as_deref() == version)
    }

    /// How long to wait after a refused write, where this version is the newest that is known: for
    /// the watch to bring another, or else for a moment.
    pub(crate) fn conflict_delay(&self, key: &ResourceKey, newest: Option<&str>) -> Duration {
        let known = self.lock();
        let refused = known.get(key).and_then(|last| last.refused.as_ref());
        let delay = conflict_delay(refused.map_or(1, |refused| refused.times));
        match refused {
            Some(refused) if refused.version.as_deref() != newest => delay / 100,
            Some(_) | None => delay,
        }
    }

    /// A round has come to its end.
    pub(crate) fn note_success(&self, key: &ResourceKey) {
        if let Some(last) = self.lock().get_mut(key) {
            last.refused = None;
        }
    }

    /// An own write left this.
    pub(crate) fn note_written(&self, key: &ResourceKey, returned: &BackupReplication) {
        self.with(key, returned, |last| last.own_status.wrote(returned.status.as_ref()));
    }

    /// Whether an own write left what there is now is open.
    pub(crate) fn note_unclear_write(&self, key: &ResourceKey) {
        if let Some(last) = self.lock().get_mut(key) {
            last.own_status = OwnStatus::default();
        }
    }

    /// Whether this status may be written over that of the object, or another writes it, too.
    pub(crate) fn may_write(
        &self,
        key: &ResourceKey,
        decided_on: &BackupReplication,
        status: &BackupReplicationStatus,
    ) -> MayWrite {
        let now = self.started.elapsed();
        self.with(key, decided_on, |last| {
            last.own_status.may_write(decided_on.status.as_ref(), status, now)
        })
    }

    /// What others came to and wrote meanwhile is theirs.
    pub(crate) fn begin_to_lead(&self) {
        for last in self.lock().values_mut() {
            last.came_to = None;
            last.own_status = OwnStatus::default();
        }
    }

    /// Forgets a resource that is gone or finished.
    pub(crate) fn forget(&self, key: &ResourceKey) {
        self.lock().remove(key);
    }

    /// Forgets what is not there any more, as far as one watch can tell.
    pub(crate) fn keep_only(&self, is_there: impl Fn(&ResourceKey) -> bool) {
        self.lock().retain(|key, _| is_there(key));
    }

    fn with<T>(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
        work: impl FnOnce(&mut LastRound) -> T,
    ) -> T {
        let mut known = self.lock();
        let last = known.entry(key.clone()).or_default();
        if last.uid != resource.metadata.uid {
            **last = LastRound { uid: resource.metadata.uid.clone(), ..LastRound::default() };
        }
        work(last)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ResourceKey, Box<LastRound>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn key() -> ResourceKey {
        ResourceKey::new("n", "db")
    }

    fn object(uid: &str, version: &str) -> BackupReplication {
        serde_json::from_value(json!({
            "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication",
            "metadata": {"name": "db", "namespace": "n", "uid": uid, "resourceVersion": version},
            "spec": {
                "projectId": "p", "backupId": "b", "destinationProjectId": "dp",
                "destinationRegion": "eu-nl", "destinationVaultId": "v", "auth": {},
            },
        }))
        .unwrap()
    }

    #[test]
    fn what_has_come_to_an_end_is_due_when_it_changes_or_its_time_has_come() {
        let rounds = LastRounds::default();
        assert_eq!(rounds.due(&key(), 1), Due::Now, "nobody has looked");
        rounds.conclude(&key(), &object("u", "7"), 1, Some(HOUR));
        assert!(matches!(rounds.due(&key(), 1), Due::In(left) if left <= HOUR));
        assert_eq!(rounds.due(&key(), 2), Due::Now, "it has changed");
        rounds.conclude(&key(), &object("u", "7"), 1, None);
        assert_eq!(rounds.due(&key(), 1), Due::Later);
        rounds.conclude(&key(), &object("u", "7"), 1, Some(Duration::ZERO));
        assert_eq!(rounds.due(&key(), 1), Due::Now);
        rounds.conclude(&key(), &object("u", "7"), 1, None);
        rounds.begin_to_lead();
        assert_eq!(rounds.due(&key(), 1), Due::Now, "others may have led meanwhile");
    }

    #[test]
    fn a_refused_version_is_read_again_later_from_time_to_time_and_told() {
        let rounds = LastRounds::default();
        let told: Vec<_> =
            (0..9).filter_map(|_| rounds.note_conflict(&key(), &object("u", "7"))).collect();
        assert_eq!(told, [4, 8]);
        assert!(rounds.is_refused(&key(), Some("7")) && !rounds.is_refused(&key(), Some("8")));
        assert_eq!(rounds.conflict_delay(&key(), Some("7")), Duration::from_secs(60));
        assert_eq!(rounds.conflict_delay(&key(), Some("8")), Duration::from_millis(600));
        rounds.note_success(&key());
        assert!(!rounds.is_refused(&key(), Some("7")));
        assert_eq!(rounds.conflict_delay(&key(), Some("7")), Duration::from_secs(1));
    }

    #[test]
    fn another_object_of_the_name_begins_without_a_past() {
        let rounds = LastRounds::default();
        rounds.note_conflict(&key(), &object("u", "7"));
        rounds.conclude(&key(), &object("u-2", "9"), 1, None);
        assert!(!rounds.is_refused(&key(), Some("7")));
        rounds.forget(&key());
        assert_eq!(rounds.due(&key(), 1), Due::Now);
    }
}
