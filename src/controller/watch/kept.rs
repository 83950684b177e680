//! What is kept of an unfinished object: all that decisions read, as bytes, within a bound for one
//! object and a bound for all.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::protocol::{METADATA_BYTES, essential};
use crate::resource::BackupReplication;

/// The largest object that is kept. Of an ordinary one some 2 kB are left. A larger one is kept by
/// name, and read when it is its turn.
const LARGEST: usize = 16 * 1024;

/// What all objects may take together: those of some 30,000 unfinished resources. What does not
/// find room is kept by name, too.
const ALL: usize = 64 * 1024 * 1024;

/// The room that is left for objects. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    taken: Arc<AtomicUsize>,
    largest: usize,
    all: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { taken: Arc::default(), largest: LARGEST, all: ALL }
    }
}

impl Room {
    fn take(&self, bytes: usize) -> Option<Place> {
        if bytes > self.largest {
            return None;
        }
        let taken = self.taken.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let place = Place { taken: self.taken.clone(), bytes };
        (taken <= self.all).then_some(place)
    }
}

/// Room that is given back with what takes it.
#[derive(Debug)]
struct Place {
    taken: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// An object as it is kept. It does not hold its resourceVersion, so that two versions that decide
/// alike are alike.
#[derive(Debug)]
pub(crate) struct Kept {
    json: Box<[u8]>,
    metadata_bytes: usize,
    _place: Place,
}

impl Kept {
    /// `None` where there is no room for it. What is kept already, and is the same, is kept once: a
    /// list that shows what was there before takes no room.
    pub(crate) fn new(
        object: &BackupReplication,
        room: &Room,
        before: Option<&Arc<Self>>,
    ) -> Option<Arc<Self>> {
        let metadata_bytes = metadata_bytes(object);
        let mut object = essential(object.clone());
        object.metadata.resource_version = None;
        let json = serde_json::to_vec(&object).ok()?.into_boxed_slice();
        let same =
            |before: &&Arc<Self>| before.json == json && before.metadata_bytes == metadata_bytes;
        if let Some(before) = before.filter(same) {
            return Some(before.clone());
        }
        let place = room.take(json.len())?;
        Some(Arc::new(Self { json, metadata_bytes, _place: place }))
    }

    /// The object, of this version.
    pub(crate) fn object(&self, version: &str) -> Option<BackupReplication> {
        let mut object: BackupReplication = serde_json::from_slice(&self.json).ok()?;
        object.metadata.resource_version = Some(version.to_owned());
        Some(object)
    }

    /// How much room the metadata of the whole object take.
    pub(crate) fn metadata_bytes(&self) -> usize {
        self.metadata_bytes
    }

    /// The same for versions that decide alike.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.json.hash(&mut hasher);
        (self.metadata_bytes > METADATA_BYTES).hash(&mut hasher);
        hasher.finish()
    }
}

/// How much room the metadata take in a request.
pub(crate) fn metadata_bytes(object: &BackupReplication) -> usize {
    serde_json::to_vec(&object.metadata).map_or(0, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(version: &str, note: &str) -> BackupReplication {
        serde_json::from_value(json!({
            "apiVersion": "cbr.replication.dev/v1alpha1",
            "kind": "BackupReplication",
            "metadata": {
                "name": "db", "namespace": "n", "uid": "u", "resourceVersion": version,
                "annotations": {"note": note},
            },
            "spec": {
                "projectId": "p", "backupId": "b", "destinationProjectId": "dp",
                "destinationRegion": "eu-nl", "destinationVaultId": "v",
                "auth": {"tokenSecretRef": {"name": "t"}},
            },
            "status": {
                "observedGeneration": 1, "phase": "Submitting",
                "attempts": [{
                    "id": "a-1", "number": 1, "generation": 1, "endpoint": "https://cbr.example",
                    "claimedAt": "2026-11-23T10:00:00Z", "claimedBy": "me", "window": "10s",
                    "limit": "1m", "recordsBefore": [],
                }],
                "conditions": [{
                    "type": "Ready", "status": "False", "reason": "Submitting", "message": "m",
                    "observedGeneration": 1, "lastTransitionTime": "2026-11-23T10:00:00Z",
                }],
            },
        }))
        .unwrap()
    }

    #[test]
    fn what_was_kept_comes_back_as_it_was() {
        let full = object("7", "");
        let kept = Kept::new(&full, &Room::default(), None).unwrap();
        let back = kept.object("7").unwrap();
        assert_eq!((&back.spec, &back.status), (&full.spec, &full.status));
        assert_eq!(back.metadata.uid.as_deref(), Some("u"));
        assert_eq!(back.metadata.resource_version.as_deref(), Some("7"));
        assert_eq!(kept.metadata_bytes(), metadata_bytes(&full));
    }

    #[test]
    fn versions_that_decide_alike_are_alike() {
        let room = Room::default();
        let print =
            |object: &BackupReplication| Kept::new(object, &room, None).unwrap().fingerprint();
        let first = print(&object("7", ""));
        assert_eq!(first, print(&object("8", "another note")));
        assert_ne!(first, print(&object("9", &"x".repeat(METADATA_BYTES))), "too large to claim");
        let mut other = object("7", "");
        other.status.as_mut().unwrap().attempts.clear();
        assert_ne!(first, print(&other));
    }

    #[test]
    fn there_is_a_bound_for_one_and_for_all() {
        let one = Kept::new(&object("7", ""), &Room::default(), None).unwrap().json.len();
        let room = |largest, all| Room { largest, all, ..Room::default() };
        assert!(Kept::new(&object("7", ""), &room(one - 1, usize::MAX), None).is_none());
        let two = room(one, 2 * one);
        let kept = [(); 2].map(|()| Kept::new(&object("7", ""), &two, None).unwrap());
        assert!(Kept::new(&object("7", ""), &two, None).is_none(), "a third finds no room");
        let again = Kept::new(&object("8", ""), &two, Some(&kept[0])).unwrap();
        assert!(Arc::ptr_eq(&again, &kept[0]), "what has not changed needs none");
        drop((kept, again));
        assert_eq!(two.taken.load(Ordering::Relaxed), 0, "room comes back");
        assert!(Kept::new(&object("7", ""), &two, None).is_some());
    }
}
