//! The newest version of each object that this process knows: what the watch delivered, or what a
//! write or a reading of its own returned and the watch has not delivered yet.
//!
//! It may be stale, and that is harmless: whatever is written tests the uid and the resourceVersion
//! that it was decided on, and no call is made but by such a write.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::runtime::watcher::Event;

use crate::controller::key::ResourceKey;
use crate::controller::watch::entry::WatchEntry;
use crate::controller::watch::kept::{Room, metadata_bytes};
use crate::controller::watch::stores::Stores;
use crate::protocol::essential;
use crate::resource::BackupReplication;

/// What is known of an object.
pub(crate) enum Known {
    /// All that a decision rests on.
    Object(Box<KnownObject>),
    /// That it is there. To decide, it must be read.
    ByName,
    /// That nothing is to be done for it.
    Finished,
    /// That it is not there.
    Gone,
}

/// One version of an object, as far as decisions rest on it.
pub(crate) struct KnownObject {
    pub(crate) object: BackupReplication,
    /// How much room the metadata of the whole object take.
    pub(crate) metadata_bytes: usize,
    /// The same for versions that decide alike.
    pub(crate) fingerprint: u64,
}

/// All objects in their newest known versions.
pub(crate) struct Newest {
    stores: Stores,
    settling_time: Duration,
    room: Room,
    ahead: Mutex<Ahead>,
}

/// What is known from elsewhere than the watch, and counts until the watch has caught up.
#[derive(Default)]
struct Ahead {
    objects: HashMap<ResourceKey, (Arc<WatchEntry>, u64)>,
    /// Numbers them in the order in which they came.
    count: u64,
    /// For each watch, the count when its last list began: that list shows whatever was there
    /// before.
    lists: HashMap<Option<String>, u64>,
}

impl Newest {
    /// Over what these stores hold.
    pub(crate) fn new(stores: Stores, settling_time: Duration, room: Room) -> Self {
        Self { stores, settling_time, room, ahead: Mutex::default() }
    }

    /// What is known of an object.
    pub(crate) fn get(&self, key: &ResourceKey) -> Known {
        let Some(entry) = self.entry(key) else { return Known::Gone };
        if entry.finished {
            return Known::Finished;
        }
        let object = entry.kept.as_ref().and_then(|kept| kept.object(&entry.version));
        match (object, &entry.kept) {
            (Some(object), Some(kept)) => Known::Object(Box::new(KnownObject {
                object,
                metadata_bytes: kept.metadata_bytes(),
                fingerprint: kept.fingerprint(),
            })),
            (None, _) | (_, None) => Known::ByName,
        }
    }

    /// The same for versions that decide alike; `None` of what is not there.
    pub(crate) fn fingerprint(&self, key: &ResourceKey) -> Option<u64> {
        self.entry(key).map(|entry| fingerprint(&entry))
    }

    /// The newest known resourceVersion.
    pub(crate) fn version(&self, key: &ResourceKey) -> Option<Box<str>> {
        self.entry(key).map(|entry| entry.version.clone())
    }

    /// An own write returned this. It counts until the watch delivers it, or what came after it.
    pub(crate) fn wrote(&self, key: &ResourceKey, returned: BackupReplication) -> KnownObject {
        let entry = Arc::new(WatchEntry::of(&returned, self.settling_time, &self.room, None));
        let known = known(returned, &entry);
        let mut ahead = self.lock();
        let delivered = self.stores.get(key);
        // What the watch no longer has is gone: it was there when the round began.
        if delivered.is_some_and(|delivered| is_newer(&entry.version, &delivered.version)) {
            ahead.add(key, entry);
        }
        known
    }

    /// An own reading returned this. `before`: the newest known version when the reading began. If
    /// nothing has come since, what was read counts, whatever its number: the store may have been
    /// restored to an earlier day.
    pub(crate) fn read(
        &self,
        key: &ResourceKey,
        before: Option<&str>,
        returned: BackupReplication,
    ) -> KnownObject {
        let entry = Arc::new(WatchEntry::of(&returned, self.settling_time, &self.room, None));
        let known = known(returned, &entry);
        let mut ahead = self.lock();
        let newest = ahead
            .objects
            .get(key)
            .map(|(entry, _)| entry.version.clone())
            .or_else(|| self.stores.get(key).map(|delivered| delivered.version.clone()));
        let nothing_came = newest.as_deref() == before;
        if nothing_came || newest.is_some_and(|newest| is_newer(&entry.version, &newest)) {
            ahead.add(key, entry);
        }
        known
    }

    /// Takes note of what a watch of this namespace, or of all, has delivered. Called when its store
    /// shows it.
    pub(crate) fn note(&self, watched: Option<&str>, event: &Event<Arc<WatchEntry>>) {
        match event {
            Event::Apply(entry) | Event::Delete(entry) => self.delivered(entry),
            Event::Init => self.list_begins(watched),
            Event::InitApply(_) => {}
            Event::InitDone => self.list_ends(watched),
        }
    }

    fn delivered(&self, entry: &WatchEntry) {
        let mut ahead = self.lock();
        let caught_up = |(own, _): &(Arc<WatchEntry>, u64)| !is_newer(&own.version, &entry.version);
        if ahead.objects.get(&entry.key).is_some_and(caught_up) {
            ahead.objects.remove(&entry.key);
        }
    }

    fn list_begins(&self, watched: Option<&str>) {
        let mut ahead = self.lock();
        let count = ahead.count;
        ahead.lists.insert(watched.map(str::to_owned), count);
    }

    fn list_ends(&self, watched: Option<&str>) {
        let mut ahead = self.lock();
        let began = ahead.lists.get(&watched.map(str::to_owned)).copied().unwrap_or_default();
        ahead.objects.retain(|key, (own, number)| {
            let of_others = watched.is_some_and(|watched| key.namespace() != watched);
            let is_ahead = || {
                let delivered = self.stores.get(key);
                delivered.is_some_and(|delivered| is_newer(&own.version, &delivered.version))
            };
            of_others || (*number >= began && is_ahead())
        });
    }

    fn entry(&self, key: &ResourceKey) -> Option<Arc<WatchEntry>> {
        let ahead = self.lock().objects.get(key).map(|(entry, _)| entry.clone());
        ahead.or_else(|| self.stores.get(key))
    }

    fn lock(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ahead {
    fn add(&mut self, key: &ResourceKey, entry: Arc<WatchEntry>) {
        self.objects.insert(key.clone(), (entry, self.count));
        self.count = self.count.saturating_add(1);
    }
}

fn known(object: BackupReplication, entry: &WatchEntry) -> KnownObject {
    KnownObject {
        metadata_bytes: entry
            .kept
            .as_ref()
            .map_or_else(|| metadata_bytes(&object), |kept| kept.metadata_bytes()),
        object: essential(object),
        fingerprint: fingerprint(entry),
    }
}

/// Of what is not kept, each version is another.
fn fingerprint(entry: &WatchEntry) -> u64 {
    match &entry.kept {
        Some(kept) => kept.fingerprint(),
        None => {
            let mut hasher = DefaultHasher::new();
            (&entry.version, entry.finished).hash(&mut hasher);
            hasher.finish()
        }
    }
}

/// Whether one resourceVersion is known to come after another. The API server counts them up. What
/// is no number comes after nothing: then the watch has the last word.
fn is_newer(version: &str, than: &str) -> bool {
    match (version.parse::<u64>(), than.parse::<u64>()) {
        (Ok(version), Ok(than)) => version > than,
        (Err(_), _) | (_, Err(_)) => false,
    }
}

#[cfg(test)]
#[path = "newest_tests.rs"]
mod tests;
