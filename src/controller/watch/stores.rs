//! What the watches hold, seen together.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::controller::key::ResourceKey;
use crate::controller::watch::entry::WatchEntry;
use crate::controller::watch::store::WatchStore;

/// The stores of all watches. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Stores(Arc<Mutex<Vec<WatchStore>>>);

impl Stores {
    /// One more watch's.
    pub(crate) fn add(&self, store: WatchStore) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(store);
    }

    /// The one of this name.
    pub(crate) fn get(&self, key: &ResourceKey) -> Option<Arc<WatchEntry>> {
        self.all().iter().find_map(|store| store.get(key))
    }

    /// Shows each.
    pub(crate) fn for_each(&self, mut look: impl FnMut(&WatchEntry)) {
        for store in self.all() {
            store.all().iter().for_each(|tracked| look(tracked));
        }
    }

    fn all(&self) -> Vec<WatchStore> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stores").field(&self.all().len()).finish()
    }
}
