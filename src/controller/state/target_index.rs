//! Which resources hold which target, by what the watches say: asked before each claim, so it must
//! not depend on how many resources there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher::Event;

use crate::controller::watch::entry::WatchEntry;
use crate::protocol::{CallTarget, LockedTarget};

/// A target of one namespace.
pub(crate) type TargetKey = (Option<String>, CallTarget);

/// Who holds what. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct TargetIndex(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    by_target: HashMap<TargetKey, HashMap<ObjectRef<WatchEntry>, LockedTarget>>,
    of_resource: HashMap<ObjectRef<WatchEntry>, TargetKey>,
}

impl TargetIndex {
    /// Notes what a watch says. `is_there`: whether a resource is one of what this watch has listed,
    /// or another watch's matter.
    pub(crate) fn note(
        &self,
        event: &Event<WatchEntry>,
        is_there: impl Fn(&ObjectRef<WatchEntry>) -> bool,
    ) {
        let mut held = self.lock();
        match event {
            Event::Apply(entry) | Event::InitApply(entry) => held.set(entry),
            Event::Delete(entry) => held.remove(&ObjectRef::from_obj(entry)),
            // What went while nobody watched has brought no event.
            Event::InitDone => {
                let gone: Vec<_> =
                    held.of_resource.keys().filter(|key| !is_there(key)).cloned().collect();
                gone.iter().for_each(|key| held.remove(key));
            }
            Event::Init => {}
        }
    }

    /// Another resource than this one whose call for the target is not settled.
    pub(crate) fn another(
        &self,
        key: &TargetKey,
        than: &ObjectRef<WatchEntry>,
        settling_time: Duration,
    ) -> Option<ObjectRef<WatchEntry>> {
        let now = Timestamp::now();
        let held = self.lock();
        let (other, _) = held
            .by_target
            .get(key)?
            .iter()
            .find(|(other, locked)| *other != than && locked.is_held(now, settling_time))?;
        Some(other.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // A panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn set(&mut self, entry: &WatchEntry) {
        let resource = ObjectRef::from_obj(entry);
        self.remove(&resource);
        if let Some(locked) = entry.held.as_deref() {
            let key = (resource.namespace.clone(), locked.target.clone());
            self.of_resource.insert(resource.clone(), key.clone());
            self.by_target.entry(key).or_default().insert(resource, locked.clone());
        }
    }

    fn remove(&mut self, resource: &ObjectRef<WatchEntry>) {
        let Some(key) = self.of_resource.remove(resource) else { return };
        if let Some(holders) = self.by_target.get_mut(&key) {
            holders.remove(resource);
            if holders.is_empty() {
                self.by_target.remove(&key);
            }
        }
    }
}
