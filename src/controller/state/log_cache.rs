//! Readings of operation logs, shared by all resources of a viewer: one endpoint, project and
//! credential value. Nobody else sees them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Mutex as AsyncMutex;

use crate::controller::state::viewers::ViewerKey;
use crate::protocol::LogReading;

/// No reading older than this is asked for.
const KEPT: Duration = Duration::from_secs(60);

/// One reading.
#[derive(Clone, Debug)]
struct CachedLogs {
    started: Instant,
    since: Timestamp,
    logs: LogReading,
}

type Cell = Arc<AsyncMutex<Option<CachedLogs>>>;

/// What was read lately.
#[derive(Debug, Default)]
pub(crate) struct LogCache(Mutex<HashMap<ViewerKey, Cell>>);

impl LogCache {
    /// A reading from then on that is at most so old. One request at a time makes one; who waited
    /// for it is served by it.
    ///
    /// `read` makes it, from the time that it is given.
    pub(crate) async fn read(
        &self,
        viewer: &ViewerKey,
        since: Timestamp,
        max_age: Duration,
        read: impl AsyncFnOnce(Timestamp) -> LogReading,
    ) -> LogReading {
        let wanted = Instant::now();
        let cell = self.cell(viewer);
        let mut last = cell.lock().await;
        let kept = last.take().filter(|last| last.started.elapsed() < KEPT);
        // What began after it was wanted is as good as one's own.
        let serves = |last: &CachedLogs| {
            last.since <= since && (last.started >= wanted || last.started.elapsed() <= max_age)
        };
        if let Some(reading) = kept.as_ref().filter(|last| serves(last)) {
            let logs = reading.logs.clone();
            *last = kept;
            return logs;
        }
        // So that those who want it from other times do not take turns in reading.
        let since = kept.map_or(since, |last| last.since.min(since));
        let started = Instant::now();
        let logs = read(since).await;
        *last = Some(CachedLogs { started, since, logs: logs.clone() });
        logs
    }

    fn cell(&self, viewer: &ViewerKey) -> Cell {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |cell: &Cell| match cell.try_lock() {
            Ok(last) => last.as_ref().is_some_and(|last| last.started.elapsed() < KEPT),
            Err(_) => true,
        };
        cells.retain(|_, cell| Arc::strong_count(cell) > 1 || is_fresh(cell));
        cells.entry(viewer.clone()).or_default().clone()
    }
}

#[cfg(test)]
#[path = "log_cache_tests.rs"]
mod tests;
