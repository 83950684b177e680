//! What the watches hold, seen together.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use kube::runtime::reflector::Store;

use super::tracked::Tracked;

/// The stores of all watches. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Stores(Arc<Mutex<Vec<Store<Tracked>>>>);

impl Stores {
    /// One more watch's.
    pub(super) fn add(&self, store: Store<Tracked>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(store);
    }

    /// The first that is as wanted.
    pub(super) fn find(&self, wanted: impl Fn(&Tracked) -> bool) -> Option<Arc<Tracked>> {
        self.all().iter().find_map(|store| store.find(&wanted))
    }

    /// Shows each.
    pub(super) fn for_each(&self, mut look: impl FnMut(&Tracked)) {
        for store in self.all() {
            store.state().iter().for_each(|tracked| look(tracked));
        }
    }

    fn all(&self) -> Vec<Store<Tracked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stores").field(&self.all().len()).finish()
    }
}
