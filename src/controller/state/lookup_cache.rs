//! Looks shared by the resources of a backup, and their pace. Shared among callers with the
//! identical endpoint, project and credential value alone: one tenant neither sees nor slows
//! another.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Mutex as AsyncMutex;

use crate::cbr::BackupId;
use crate::controller::state::throttle::RateLimitKey;
use crate::protocol::Lookup;

/// A turn that nobody came for is given away after this.
const TURN_KEPT: Duration = Duration::from_secs(60);
/// No look-up older than this is asked for.
const KEPT: Duration = Duration::from_secs(5 * 60);

type Key = (RateLimitKey, BackupId);
type Cell = Arc<AsyncMutex<Option<(Instant, Lookup)>>>;

/// What was seen lately, and who may look next.
pub(crate) struct LookupCache {
    seen: Mutex<HashMap<Key, Cell>>,
    turns: Mutex<HashMap<RateLimitKey, Turns>>,
    /// Between two looks at records that are followed.
    gap: Duration,
}

/// The order in which the backups of one caller are looked at.
struct Turns {
    next: Instant,
    of_backup: HashMap<BackupId, Instant>,
}

impl LookupCache {
    /// So many looks a minute at records that are followed, for each endpoint, project and
    /// credential.
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        Self {
            seen: Mutex::default(),
            turns: Mutex::default(),
            gap: Duration::from_secs(60) / per_minute.get(),
        }
    }

    /// A look-up that is at most so old. One that must be made now waits for nobody; another waits
    /// for its turn.
    ///
    /// `look_up` makes it.
    pub(crate) async fn look(
        &self,
        viewer: &RateLimitKey,
        backup: &BackupId,
        max_age: Duration,
        look_up: impl AsyncFnOnce() -> Lookup,
    ) -> Lookup {
        let key = (viewer.clone(), backup.clone());
        let cell = self.cell(&key);
        if max_age.is_zero() {
            let started = Instant::now();
            let seen = look_up().await;
            *cell.lock().await = Some((started, seen.clone()));
            return seen;
        }
        // A caller that waited here for another's look-up finds it made.
        let mut last = cell.lock().await;
        if let Some((started, seen)) =
            last.as_ref().filter(|(started, _)| started.elapsed() <= max_age)
        {
            tracing::trace!(age = ?started.elapsed(), "Served by another's look");
            return seen.clone();
        }
        if let Err(wait) = self.take_turn(key) {
            let now = Timestamp::now();
            return Lookup::Deferred { until: now.checked_add(wait).unwrap_or(now) };
        }
        let started = Instant::now();
        let seen = look_up().await;
        *last = Some((started, seen.clone()));
        seen
    }

    fn cell(&self, key: &Key) -> Cell {
        let mut cells = lock(&self.seen);
        let is_fresh = |cell: &Cell| match cell.try_lock() {
            Ok(last) => last.as_ref().is_some_and(|(started, _)| started.elapsed() < KEPT),
            Err(_) => true,
        };
        cells.retain(|_, cell| Arc::strong_count(cell) > 1 || is_fresh(cell));
        cells.entry(key.clone()).or_default().clone()
    }

    /// Whether it is this backup's turn; else, how long until it is.
    fn take_turn(&self, (rate_key, backup): Key) -> Result<(), Duration> {
        let now = Instant::now();
        let mut all = lock(&self.turns);
        all.retain(|_, turns| turns.next > now || !turns.of_backup.is_empty());
        let turns =
            all.entry(rate_key).or_insert_with(|| Turns { next: now, of_backup: HashMap::new() });
        turns.of_backup.retain(|_, turn| turn.elapsed() < TURN_KEPT);
        let turn = match turns.of_backup.remove(&backup) {
            Some(turn) => turn,
            None => {
                let turn = turns.next.max(now);
                turns.next = turn.checked_add(self.gap).unwrap_or(turn);
                turn
            }
        };
        if turn <= now {
            return Ok(());
        }
        turns.of_backup.insert(backup, turn);
        Err(turn - now)
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
