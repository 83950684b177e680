//! Which resources hold which target, by what the watches say: asked before each claim, so it must
//! not depend on how many resources there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use kube::runtime::watcher::Event;

use crate::controller::key::ResourceKey;
use crate::controller::watch::entry::WatchEntry;
use crate::protocol::{CallTarget, LockedTarget, LoggedCalls};

/// A target of one namespace.
pub(crate) type TargetKey = (Box<str>, CallTarget);

/// Who holds what. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct TargetIndex(Arc<Mutex<HeldTargets>>);

#[derive(Debug, Default)]
struct HeldTargets {
    by_target: HashMap<Arc<TargetKey>, HashMap<ResourceKey, Arc<LockedTarget>>>,
    of_resource: HashMap<ResourceKey, Arc<TargetKey>>,
    calls: HashMap<CallTarget, HashMap<ResourceKey, LoggedCalls>>,
    calls_of_resource: HashMap<ResourceKey, CallTarget>,
    /// Watches whose first list has not come.
    unlisted: usize,
}

/// A watch whose first list has not come.
pub(crate) struct FirstList(TargetIndex);

impl FirstList {
    /// It has come.
    pub(crate) fn has_come(self) {
        let mut held = self.0.lock();
        held.unlisted = held.unlisted.saturating_sub(1);
    }
}

impl TargetIndex {
    /// One more watch is going to tell what it sees.
    pub(crate) fn await_list(&self) -> FirstList {
        self.lock().unlisted += 1;
        FirstList(self.clone())
    }

    /// Notes what a watch says. `is_there`: whether a resource is one of what this watch has
    /// listed, or another watch's matter.
    pub(crate) fn note(
        &self,
        event: &Event<Arc<WatchEntry>>,
        is_there: impl Fn(&ResourceKey) -> bool,
    ) {
        let mut held = self.lock();
        match event {
            Event::Apply(entry) | Event::InitApply(entry) => held.set(entry),
            Event::Delete(entry) => held.remove(&entry.key),
            // What went while nobody watched has brought no event.
            Event::InitDone => {
                let known = held.of_resource.keys().chain(held.calls_of_resource.keys());
                let gone: Vec<_> = known.filter(|key| !is_there(key)).cloned().collect();
                gone.iter().for_each(|key| held.remove(key));
            }
            Event::Init => {}
        }
    }

    /// Another resource than this one whose call for the target is not settled.
    pub(crate) fn another(
        &self,
        key: &TargetKey,
        than: &ResourceKey,
        settling_time: Duration,
    ) -> Option<ResourceKey> {
        let now = Timestamp::now();
        let held = self.lock();
        let (other, _) = held
            .by_target
            .get(key)?
            .iter()
            .find(|(other, locked)| *other != than && locked.is_held(now, settling_time))?;
        Some(other.clone())
    }

    /// The calls of other resources for the target, in whichever namespace: the logs are those of
    /// the project. `None` until each watch has told what there is.
    pub(crate) fn calls_of_others(
        &self,
        target: &CallTarget,
        than: &ResourceKey,
    ) -> Option<Vec<LoggedCalls>> {
        let held = self.lock();
        if held.unlisted > 0 {
            return None;
        }
        let of_target = held.calls.get(target).into_iter().flatten();
        let others = of_target.filter(|(other, _)| *other != than);
        Some(others.map(|(_, calls)| calls.clone()).collect())
    }

    /// Notes a claim before the watch tells it: its call may be in the logs sooner.
    pub(crate) fn note_claim(&self, resource: &ResourceKey, calls: Option<LoggedCalls>) {
        self.lock().set_calls(resource, calls);
    }

    fn lock(&self) -> MutexGuard<'_, HeldTargets> {
        // A panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldTargets {
    fn set(&mut self, entry: &WatchEntry) {
        let resource = entry.key.clone();
        self.remove(&resource);
        if let Some(locked) = &entry.held {
            let key = Arc::new((resource.namespace().into(), locked.target.clone()));
            self.of_resource.insert(resource.clone(), key.clone());
            self.by_target.entry(key).or_default().insert(resource.clone(), locked.clone());
        }
        self.set_calls(&resource, entry.calls.as_deref().cloned());
    }

    fn set_calls(&mut self, resource: &ResourceKey, calls: Option<LoggedCalls>) {
        self.remove_calls(resource);
        if let Some(calls) = calls {
            self.calls_of_resource.insert(resource.clone(), calls.target.clone());
            self.calls.entry(calls.target.clone()).or_default().insert(resource.clone(), calls);
        }
    }

    fn remove_calls(&mut self, resource: &ResourceKey) {
        let Some(target) = self.calls_of_resource.remove(resource) else { return };
        if let Some(calls) = self.calls.get_mut(&target) {
            calls.remove(resource);
            if calls.is_empty() {
                self.calls.remove(&target);
            }
        }
    }

    fn remove(&mut self, resource: &ResourceKey) {
        self.remove_calls(resource);
        let Some(key) = self.of_resource.remove(resource) else { return };
        if let Some(holders) = self.by_target.get_mut(&key) {
            holders.remove(resource);
            if holders.is_empty() {
                self.by_target.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controller::watch::kept::Room;
    use crate::resource::BackupReplication;

    const SETTLING_TIME: Duration = Duration::from_secs(600);

    /// A resource whose call has this outcome.
    fn entry(namespace: &str, name: &str, backup: &str, outcome: &str) -> Arc<WatchEntry> {
        let text = format!(
            "
            apiVersion: cbr.replication.dev/v1alpha1
            kind: BackupReplication
            metadata: {{name: {name}, namespace: {namespace}, uid: u-{name}, resourceVersion: '7', generation: 1}}
            spec:
              projectId: p
              backupId: {backup}
              destinationProjectId: dp
              destinationRegion: eu-nl
              destinationVaultId: v
              auth: {{tokenSecretRef: {{name: cbr-token}}}}
            status:
              attempts:
                - {{id: a-1, number: 1, generation: 1, endpoint: 'https://cbr.example', claimedAt: 2026-11-23T10:00:00Z,
                   claimedBy: me, window: 10s, limit: 60s, outcome: {outcome}}}
            "
        );
        let resource: BackupReplication = serde_saphyr::from_str(&text).unwrap();
        Arc::new(WatchEntry::of(&resource, SETTLING_TIME, &Room::default(), None))
    }

    fn key(entry: &WatchEntry) -> ResourceKey {
        entry.key.clone()
    }

    fn target(of: &WatchEntry) -> TargetKey {
        let held = of.held.as_deref().unwrap();
        (of.key.namespace().into(), held.target.clone())
    }

    fn note(index: &TargetIndex, event: Event<Arc<WatchEntry>>) {
        index.note(&event, |_| true);
    }

    #[test]
    fn a_target_is_held_by_others_of_the_namespace_until_their_call_is_settled() {
        let index = TargetIndex::default();
        let unknown = entry("a", "one", "b", "Unknown");
        let (target, own) = (target(&unknown), key(&unknown));
        let another = |than: &ResourceKey| index.another(&target, than, SETTLING_TIME);
        let two = key(&entry("a", "two", "b", "Rejected"));
        assert_eq!(another(&two), None);
        for event in [Event::InitApply(unknown.clone()), Event::Apply(unknown.clone())] {
            note(&index, event);
            assert_eq!(another(&two), Some(own.clone()));
            assert_eq!(another(&own), None, "nobody waits for itself");
        }
        let elsewhere = ("b".into(), target.1.clone());
        assert_eq!(index.another(&elsewhere, &two, SETTLING_TIME), None);
        note(&index, Event::Apply(entry("a", "one", "b", "Rejected")));
        assert_eq!(another(&two), None, "it is settled");
        note(&index, Event::Apply(unknown.clone()));
        note(&index, Event::Apply(entry("a", "one", "other-backup", "Unknown")));
        assert_eq!(another(&two), None, "it calls for another");
        note(&index, Event::Apply(unknown.clone()));
        note(&index, Event::Delete(unknown));
        assert_eq!(another(&two), None, "it is deleted");
    }

    /// The logs are those of the project, whatever resource calls.
    #[test]
    fn the_calls_of_others_are_known_in_every_namespace_until_their_resource_goes() {
        let index = TargetIndex::default();
        let timed = |namespace, name, outcome| {
            let mut entry = Arc::unwrap_or_clone(entry(namespace, name, "b", outcome));
            let own = entry.calls.take();
            assert!(own.is_none(), "without the cloud's time nothing can be told");
            let target = entry.held.as_deref().unwrap().target.clone();
            entry.calls =
                Some(Box::new(LoggedCalls { target, times: Vec::new(), entry: Some("l".into()) }));
            Arc::new(entry)
        };
        let (one, two) = (timed("a", "one", "Unknown"), timed("b", "two", "Unknown"));
        let target = target(&one).1;
        let others = |of: &WatchEntry| index.calls_of_others(&target, &key(of)).unwrap().len();
        note(&index, Event::InitApply(one.clone()));
        assert_eq!((others(&one), others(&two)), (0, 1));
        note(&index, Event::Apply(two.clone()));
        assert_eq!((others(&one), others(&two)), (1, 1));
        index.note_claim(&key(&two), None);
        assert_eq!((others(&one), others(&two)), (0, 1));
        note(&index, Event::Delete(one.clone()));
        assert_eq!((others(&one), others(&two)), (0, 0));
        note(&index, Event::Apply(one.clone()));
        index.note(&Event::InitDone, |_| false);
        assert_eq!(others(&two), 0);
        let held = index.lock();
        assert!(held.calls.is_empty() && held.calls_of_resource.is_empty());
    }

    #[test]
    fn nobodys_calls_are_known_until_each_watch_has_its_first_list() {
        let index = TargetIndex::default();
        let one = entry("a", "one", "b", "Unknown");
        let (first, second) = (index.await_list(), index.await_list());
        let known = || index.calls_of_others(&target(&one).1, &key(&one)).is_some();
        assert!(!known());
        first.has_come();
        assert!(!known(), "the second watch may show another's call");
        second.has_come();
        assert!(known());
    }

    #[test]
    fn nothing_is_kept_of_what_went_while_nobody_watched() {
        let index = TargetIndex::default();
        for name in ["stays", "goes"] {
            note(&index, Event::Apply(entry("a", name, name, "Unknown")));
        }
        index.note(&Event::InitDone, |key| key.name() == "stays");
        let held = index.lock();
        assert_eq!((held.by_target.len(), held.of_resource.len()), (1, 1));
    }
}
