//! Look-ups shared by the resources of a backup. Shared among callers with the identical endpoint,
//! project and credential value alone: one tenant neither sees nor slows another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Mutex as AsyncMutex;

use crate::cbr::BackupId;
use crate::controller::state::permits::RoundPermit;
use crate::controller::state::viewers::ViewerKey;
use crate::protocol::Lookup;

/// No look-up older than this is asked for.
const KEPT: Duration = Duration::from_secs(5 * 60);
/// So much is kept for one viewer, and for all of them. What finds no room is looked up again.
const BYTES_OF_ONE: usize = 2 * 1024 * 1024;
const BYTES_OF_ALL: usize = 32 * 1024 * 1024;
/// So many wait for one look-up that another one makes. More come again later, and hold nothing
/// meanwhile.
const WAITING: usize = 16;
const LATER: Duration = Duration::from_secs(2);

type Key = (ViewerKey, BackupId);
type Cell = Arc<AsyncMutex<Option<SeenLookup>>>;

/// What was seen lately.
#[derive(Default)]
pub(crate) struct LookupCache(Mutex<HashMap<Key, KeptLookup>>);

struct KeptLookup {
    cell: Cell,
    /// How much room what is in the cell takes, and when it was seen. `None`: there is nothing.
    holds: Option<(usize, Instant)>,
}

struct SeenLookup {
    started: Instant,
    lookup: Lookup,
}

impl LookupCache {
    /// A look-up that is at most so old, made by another resource or by `look_up`. One that must be
    /// made now is shared with nobody, before or after.
    pub(crate) async fn look(
        &self,
        viewer: &ViewerKey,
        backup: &BackupId,
        permit: &RoundPermit,
        max_age: Duration,
        look_up: impl AsyncFnOnce() -> Lookup,
    ) -> Lookup {
        if max_age.is_zero() {
            return look_up().await;
        }
        let key = (viewer.clone(), backup.clone());
        let cell = self.cell(&key);
        if Arc::strong_count(&cell) > WAITING {
            let now = Timestamp::now();
            return Lookup::Deferred { until: now.checked_add(LATER).unwrap_or(now) };
        }
        // A caller that waited here for another's look-up finds it made.
        let mut last = permit.lock(&cell).await;
        if let Some(SeenLookup { started, lookup }) =
            last.as_ref().filter(|seen| seen.started.elapsed() <= max_age)
        {
            tracing::trace!(age = ?started.elapsed(), "Served by another's look");
            return lookup.clone();
        }
        let started = Instant::now();
        let lookup = look_up().await;
        let bytes = lookup.bytes();
        let tells = !matches!(lookup, Lookup::Deferred { .. } | Lookup::Throttled { .. });
        *last = None;
        self.note(&key, None);
        if tells && self.make_room(&key, bytes) {
            *last = Some(SeenLookup { started, lookup: lookup.clone() });
            self.note(&key, Some((bytes, started)));
        }
        lookup
    }

    fn cell(&self, key: &Key) -> Cell {
        let mut all = lock(&self.0);
        all.retain(|_, kept| {
            let is_fresh = kept.holds.is_some_and(|(_, seen)| seen.elapsed() < KEPT);
            is_fresh || Arc::strong_count(&kept.cell) > 1
        });
        let kept = all
            .entry(key.clone())
            .or_insert_with(|| KeptLookup { cell: Cell::default(), holds: None });
        kept.cell.clone()
    }

    fn note(&self, key: &Key, holds: Option<(usize, Instant)>) {
        if let Some(kept) = lock(&self.0).get_mut(key) {
            kept.holds = holds;
        }
    }

    /// Forgets the oldest until there is room: of this viewer, then of the one that has most.
    fn make_room(&self, key: &Key, bytes: usize) -> bool {
        let mut all = lock(&self.0);
        let mut of_viewers: HashMap<ViewerKey, usize> = HashMap::new();
        for ((viewer, _), kept) in all.iter() {
            let taken = kept.holds.map_or(0, |(bytes, _)| bytes);
            *of_viewers.entry(viewer.clone()).or_default() += taken;
        }
        let taken = |of: &HashMap<ViewerKey, usize>, viewer| of.get(viewer).copied().unwrap_or(0);
        if bytes > BYTES_OF_ONE {
            return false;
        }
        loop {
            let own = taken(&of_viewers, &key.0);
            let in_all: usize = of_viewers.values().sum();
            let of_whom = if own + bytes > BYTES_OF_ONE {
                key.0.clone()
            } else if in_all + bytes > BYTES_OF_ALL {
                let most = of_viewers.iter().max_by_key(|(_, taken)| **taken);
                match most {
                    Some((viewer, _)) => viewer.clone(),
                    None => return false,
                }
            } else {
                return true;
            };
            let oldest = all
                .iter()
                .filter(|((viewer, _), _)| *viewer == of_whom)
                .filter_map(|(key, kept)| kept.holds.map(|(bytes, seen)| (seen, bytes, key)))
                .min_by_key(|(seen, _, _)| *seen)
                .map(|(_, bytes, key)| (bytes, key.clone()));
            let Some((freed, oldest)) = oldest else { return false };
            // Who waits for it has it still.
            all.remove(&oldest);
            if let Some(taken) = of_viewers.get_mut(&of_whom) {
                *taken = taken.saturating_sub(freed);
            }
        }
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "lookup_cache_tests.rs"]
mod tests;
