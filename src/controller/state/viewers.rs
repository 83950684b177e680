//! What this process remembers of each credential value that looks. Bounded for each namespace: one
//! tenant cannot make the operator forget what it knows of another's.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cbr::CredentialId;
use crate::protocol::{ViewerMemory, names_answered_record};
use crate::resource::{BackupReplication, Outcome};

/// Viewers kept of one namespace. Of more, those that have not looked for the longest time are
/// forgotten.
const OF_A_NAMESPACE: usize = 256;
/// A viewer that has not looked for so long is forgotten.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// One credential value at one endpoint and project, as a namespace shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ViewerKey {
    pub(crate) namespace: String,
    pub(crate) endpoint: String,
    pub(crate) project_id: String,
    pub(crate) credential: CredentialId,
}

/// A credential value that a status names as shown a record of an accepted call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoredViewer {
    pub(crate) namespace: String,
    pub(crate) endpoint: String,
    pub(crate) project_id: String,
    pub(crate) viewer: String,
}

impl StoredViewer {
    /// The one that this status names.
    pub(crate) fn of(resource: &BackupReplication) -> Option<Self> {
        let status = resource.status.as_ref()?;
        let viewer = status.record_shown_to.clone().filter(|_| names_answered_record(status))?;
        let accepted =
            status.attempts.iter().find(|attempt| attempt.outcome == Some(Outcome::Accepted))?;
        Some(Self {
            namespace: resource.metadata.namespace.clone().unwrap_or_default(),
            endpoint: accepted.endpoint.clone(),
            project_id: resource.spec.project_id.clone(),
            viewer,
        })
    }
}

/// What is known of each, and when it last looked.
type OfANamespace = HashMap<ViewerKey, (ViewerMemory, Duration)>;

/// All viewers.
#[derive(Debug, Default)]
pub(crate) struct Viewers {
    known: Mutex<HashMap<String, OfANamespace>>,
    /// The newest last.
    stored: Mutex<HashMap<String, VecDeque<StoredViewer>>>,
}

impl Viewers {
    /// What is remembered of a viewer, to read or to add to.
    pub(crate) fn with<T>(
        &self,
        key: &ViewerKey,
        now: Duration,
        work: impl FnOnce(&mut ViewerMemory) -> T,
    ) -> T {
        let mut known = lock(&self.known);
        let is_new = known.get(&key.namespace).is_none_or(|of_it| !of_it.contains_key(key));
        if is_new {
            known.values_mut().for_each(|of_it| {
                of_it.retain(|_, (_, last)| now.saturating_sub(*last) < KEPT);
            });
            known.retain(|_, of_it| !of_it.is_empty());
        }
        let of_it = known.entry(key.namespace.clone()).or_default();
        if is_new && of_it.len() >= OF_A_NAMESPACE {
            let oldest =
                of_it.iter().min_by_key(|(_, (_, last))| *last).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| of_it.remove(&oldest));
        }
        let (memory, last) = of_it.entry(key.clone()).or_default();
        *last = now;
        work(memory)
    }

    /// Notes what a stored status says of a viewer.
    pub(crate) fn note_stored(&self, resource: &BackupReplication) {
        let Some(viewer) = StoredViewer::of(resource) else { return };
        let mut stored = lock(&self.stored);
        let of_it = stored.entry(viewer.namespace.clone()).or_default();
        if !of_it.contains(&viewer) {
            let surplus = (of_it.len() + 1).saturating_sub(OF_A_NAMESPACE);
            of_it.drain(..surplus);
            of_it.push_back(viewer);
        }
    }

    /// Whether a stored status says that this viewer was shown the record of an accepted call.
    pub(crate) fn is_stored(&self, viewer: &StoredViewer) -> bool {
        let stored = lock(&self.stored);
        stored.get(&viewer.namespace).is_some_and(|of_it| of_it.contains(viewer))
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(namespace: &str, number: usize) -> ViewerKey {
        ViewerKey {
            namespace: namespace.to_owned(),
            endpoint: "https://cbr.example".to_owned(),
            project_id: "p".to_owned(),
            credential: CredentialId::of(&[&number.to_string()]),
        }
    }

    fn is_known(viewers: &Viewers, key: &ViewerKey, now: Duration) -> bool {
        viewers.with(key, now, |memory| memory.records_shown)
    }

    #[test]
    fn a_tenant_with_ever_new_credentials_makes_nobody_else_forgotten() {
        let viewers = Viewers::default();
        let quiet = key("quiet", 0);
        viewers.with(&quiet, Duration::ZERO, |memory| memory.records_shown = true);
        for number in 0..10_000 {
            let second = Duration::from_secs(number);
            viewers.with(&key("noisy", number as usize), second, |memory| {
                memory.records_shown = true;
            });
        }
        assert!(is_known(&viewers, &quiet, Duration::from_secs(10_000)));
        assert_eq!(lock(&viewers.known)["noisy"].len(), OF_A_NAMESPACE);
        assert!(is_known(&viewers, &key("noisy", 9_999), Duration::from_secs(10_000)));
        assert!(!is_known(&viewers, &key("noisy", 0), Duration::from_secs(10_000)));
    }

    #[test]
    fn who_has_not_looked_for_a_day_is_forgotten() {
        let viewers = Viewers::default();
        viewers.with(&key("a", 0), Duration::ZERO, |memory| memory.records_shown = true);
        viewers.with(&key("b", 0), KEPT, |_| ());
        assert!(!lock(&viewers.known).contains_key("a"));
    }
}
