//! What one watch has delivered: each resource as it is remembered, by its name.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use kube::runtime::watcher::Event;

use crate::controller::key::ResourceKey;
use crate::controller::watch::entry::WatchEntry;

type Entries = HashMap<ResourceKey, Arc<WatchEntry>>;

/// What a watch shows now. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchStore(Arc<RwLock<Entries>>);

/// The one who fills it.
#[derive(Debug, Default)]
pub(crate) struct WatchWriter {
    store: WatchStore,
    /// A list that is not whole yet. Until it is, what was there before counts.
    list: Entries,
}

impl WatchStore {
    pub(crate) fn get(&self, key: &ResourceKey) -> Option<Arc<WatchEntry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<WatchEntry>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Those that there may be something to do for, in the order of their names.
    pub(crate) fn unfinished(&self) -> Vec<ResourceKey> {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let unfinished = entries.values().filter(|entry| !entry.finished);
        let mut keys: Vec<_> = unfinished.map(|entry| entry.key.clone()).collect();
        drop(entries);
        keys.sort_unstable();
        keys
    }
}

impl WatchWriter {
    /// What it fills.
    pub(crate) fn store(&self) -> WatchStore {
        self.store.clone()
    }

    pub(crate) fn note(&mut self, event: &Event<Arc<WatchEntry>>) {
        let mut entries = self.store.0.write().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Apply(entry) => drop(entries.insert(entry.key.clone(), entry.clone())),
            Event::Delete(entry) => drop(entries.remove(&entry.key)),
            Event::Init => self.list = Entries::new(),
            Event::InitApply(entry) => {
                self.list.insert(entry.key.clone(), entry.clone());
            }
            Event::InitDone => *entries = std::mem::take(&mut self.list),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::controller::watch::kept::Room;

    fn entry(name: &str) -> Arc<WatchEntry> {
        let object = serde_json::from_value(json!({
            "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication",
            "metadata": {"name": name, "namespace": "n", "uid": name, "resourceVersion": "1"},
            "spec": {
                "projectId": "p", "backupId": "b", "destinationProjectId": "dp",
                "destinationRegion": "eu-nl", "destinationVaultId": "v", "auth": {},
            },
        }))
        .unwrap();
        Arc::new(WatchEntry::of(&object, Duration::ZERO, &Room::default(), None))
    }

    #[test]
    fn a_list_counts_when_it_is_whole_and_then_alone() {
        let mut writer = WatchWriter::default();
        let store = writer.store();
        let names = || -> Vec<String> {
            store.unfinished().iter().map(|key| key.name().to_owned()).collect()
        };
        writer.note(&Event::Init);
        writer.note(&Event::InitApply(entry("b")));
        assert!(names().is_empty() && store.all().is_empty(), "it is not whole");
        writer.note(&Event::InitApply(entry("a")));
        writer.note(&Event::InitDone);
        assert_eq!(names(), ["a", "b"]);
        writer.note(&Event::Apply(entry("c")));
        writer.note(&Event::Delete(entry("a")));
        assert_eq!(names(), ["b", "c"]);
        writer.note(&Event::Init);
        writer.note(&Event::InitApply(entry("lost")));
        writer.note(&Event::Init);
        writer.note(&Event::InitApply(entry("d")));
        assert_eq!(names(), ["b", "c"], "what was there before counts until then");
        writer.note(&Event::InitDone);
        assert_eq!(names(), ["d"], "a list that broke off is forgotten");
        assert!(store.get(&ResourceKey::new("n", "d")).is_some());
    }
}
