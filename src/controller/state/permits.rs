//! How many resources are worked on at a time, in all and for one namespace.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Where there are several namespaces, each has at most half of the permits, so that one whose
/// endpoint hangs leaves room for the others.
pub(crate) struct Permits {
    all: Arc<Semaphore>,
    of_namespace: Mutex<HashMap<String, Arc<Semaphore>>>,
    share: usize,
}

/// Held while a resource is worked on.
pub(crate) struct Permit {
    _share: OwnedSemaphorePermit,
    _one: OwnedSemaphorePermit,
}

impl Permits {
    /// So many in all, for one namespace or for any number of them.
    pub(crate) fn new(concurrency: u16, one_namespace: bool) -> Self {
        let all = usize::from(concurrency);
        let share = if one_namespace { all } else { all.div_ceil(2) };
        Self { all: Arc::new(Semaphore::new(all)), of_namespace: Mutex::default(), share }
    }

    /// Waits for its turn. `None` where there is none to come any more.
    pub(crate) async fn acquire(&self, namespace: &str) -> Option<Permit> {
        let share = self.share_of(namespace).acquire_owned().await.ok()?;
        let one = self.all.clone().acquire_owned().await.ok()?;
        Some(Permit { _share: share, _one: one })
    }

    fn share_of(&self, namespace: &str) -> Arc<Semaphore> {
        let mut shares = self.of_namespace.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody holds or waits for are made again when they are needed.
        shares.retain(|_, share| {
            Arc::strong_count(share) > 1 || share.available_permits() < self.share
        });
        shares
            .entry(namespace.to_owned())
            .or_insert_with(|| Arc::new(Semaphore::new(self.share)))
            .clone()
    }
}
