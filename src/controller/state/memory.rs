//! What this process remembers of each resource, and of each credential that looks. Lost with the
//! process, and safety never needs it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::controller::key::ResourceKey;
use crate::controller::state::viewers::{StoredViewer, ViewerKey, Viewers};
use crate::protocol::{
    LookupMemory, NextLookup, RefusedClaim, ViewerMemory, claim_delay, deadline, error_delay,
};
use crate::resource::{Attempt, AttemptId, BackupReplication, Outcome};

/// Claims that were given up, kept for one resource: more can only be of no use any more.
const GIVEN_UP: usize = 8;

/// The attempt in force and its state, as they were when they were first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SeenAttempt {
    attempt: AttemptId,
    outcome: Option<Outcome>,
}

/// Claims of one generation that the API server did not keep.
#[derive(Clone, Debug)]
struct Refusals {
    generation: Option<i64>,
    why: String,
    times: u32,
    last: Duration,
    /// When the next try is made.
    until: Timestamp,
}

/// What is remembered of one resource. Another one of the same name has another uid.
#[derive(Debug)]
struct ResourceMemory {
    uid: Option<String>,
    attempt: Option<(SeenAttempt, Duration)>,
    lookups: LookupMemory,
    given_up: Vec<AttemptId>,
    refusals: Option<Refusals>,
    errors: u32,
    /// When the next look-up is due.
    due: Option<NextLookup>,
}

impl ResourceMemory {
    fn new(uid: Option<String>, now: Duration) -> Self {
        let lookups = LookupMemory::new(now);
        let given_up = Vec::new();
        Self { uid, attempt: None, lookups, given_up, refusals: None, errors: 0, due: None }
    }
}

/// First sightings, look-ups, and claims that were given up before their call.
#[derive(Debug)]
pub(crate) struct Memory {
    started: Instant,
    /// Boxed: a table with room to grow is half empty.
    known: Mutex<HashMap<ResourceKey, Box<ResourceMemory>>>,
    viewers: Viewers,
}

impl Default for Memory {
    fn default() -> Self {
        Self { started: Instant::now(), known: Mutex::default(), viewers: Viewers::default() }
    }
}

impl Memory {
    /// When the clock of everything that is remembered here began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Now, on the clock of everything that is remembered here.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long ago the attempt in force was first seen in its present state. The first sighting
    /// starts now.
    pub(crate) fn unchanged_for(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
    ) -> Duration {
        let in_force = resource.status.as_ref().and_then(|status| status.attempts.first());
        let Some(Attempt { id, outcome, .. }) = in_force else { return Duration::ZERO };
        let seen = SeenAttempt { attempt: id.clone(), outcome: *outcome };
        let now = self.now();
        self.with(key, resource, |known| match &known.attempt {
            Some((before, since)) if *before == seen => now.saturating_sub(*since),
            Some(_) | None => {
                known.attempt = Some((seen, now));
                Duration::ZERO
            }
        })
    }

    /// What is remembered of look-ups for the resource, to read or to add to.
    pub(crate) fn lookups<T>(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
        work: impl FnOnce(&mut LookupMemory) -> T,
    ) -> T {
        self.with(key, resource, |known| work(&mut known.lookups))
    }

    /// When the next look-up for the resource is due; `None` where nothing is known of it.
    pub(crate) fn due(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
    ) -> Option<NextLookup> {
        self.with(key, resource, |known| known.due)
    }

    /// Notes when the next look-up for the resource is due.
    pub(crate) fn note_due(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
        due: Option<NextLookup>,
    ) {
        self.with(key, resource, |known| known.due = due);
    }

    /// What is remembered of a viewer, to read or to add to.
    pub(crate) fn viewer<T>(
        &self,
        key: &ViewerKey,
        work: impl FnOnce(&mut ViewerMemory) -> T,
    ) -> T {
        self.viewers.with(key, self.now(), work)
    }

    /// Notes what a stored status says of a viewer.
    pub(crate) fn note_stored_viewer(&self, resource: &BackupReplication) {
        self.viewers.note_stored(resource);
    }

    /// Whether a stored status says that this viewer was shown the record of an accepted call.
    pub(crate) fn is_stored_viewer(&self, viewer: &StoredViewer) -> bool {
        self.viewers.is_stored(viewer)
    }

    fn with<T>(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
        work: impl FnOnce(&mut ResourceMemory) -> T,
    ) -> T {
        let now = self.now();
        let uid = &resource.metadata.uid;
        let mut all = lock(&self.known);
        let new = || Box::new(ResourceMemory::new(uid.clone(), now));
        let known = all.entry(key.clone()).or_insert_with(new);
        if known.uid != *uid {
            *known = new();
        }
        work(known)
    }

    /// Forgets a resource that is gone or finished.
    pub(crate) fn forget(&self, key: &ResourceKey) {
        lock(&self.known).remove(key);
    }

    /// Forgets what is not there any more, as far as one watch can tell.
    pub(crate) fn keep_only(&self, is_there: impl Fn(&ResourceKey) -> bool) {
        lock(&self.known).retain(|resource, _| is_there(resource));
    }

    /// Counts from now on since when look-ups have failed or not shown a record: what others saw
    /// meanwhile is not known here.
    pub(crate) fn begin_to_lead(&self) {
        lock(&self.known).values_mut().for_each(|known| {
            known.lookups.begin_to_lead();
            known.due = None;
        });
    }

    /// Notes a claim of which it is open whether it was written, and which will not be called, come
    /// what may.
    pub(crate) fn note_given_up(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
        attempt: &AttemptId,
    ) {
        self.with(key, resource, |known| {
            known.given_up.push(attempt.clone());
            let surplus = known.given_up.len().saturating_sub(GIVEN_UP);
            known.given_up.drain(..surplus);
        });
    }

    /// Whether this process claimed the attempt in force, or tried to, and will never call it.
    pub(crate) fn has_given_up(&self, key: &ResourceKey, resource: &BackupReplication) -> bool {
        let in_force = resource.status.as_ref().and_then(|status| status.attempts.first());
        in_force.is_some_and(|attempt| {
            self.with(key, resource, |known| known.given_up.contains(&attempt.id))
        })
    }

    /// Notes that the API server did not keep a claim.
    pub(crate) fn note_refused_claim(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
        why: String,
    ) {
        let now = self.now();
        let generation = resource.metadata.generation;
        self.with(key, resource, |known| {
            let before = known.refusals.take().filter(|refusals| refusals.generation == generation);
            let times = before.map_or(1, |refusals| refusals.times.saturating_add(1));
            let until = deadline(Timestamp::now(), claim_delay(times)).unwrap_or(Timestamp::MAX);
            known.refusals = Some(Refusals { generation, why, times, last: now, until });
        });
    }

    /// Notes that a claim was kept.
    pub(crate) fn note_kept_claim(&self, key: &ResourceKey, resource: &BackupReplication) {
        self.with(key, resource, |known| known.refusals = None);
    }

    /// The last claim that was not kept, and what is left of the wait after it. A changed spec
    /// starts over.
    pub(crate) fn refused_claim(
        &self,
        key: &ResourceKey,
        resource: &BackupReplication,
    ) -> Option<RefusedClaim> {
        let now = self.now();
        self.with(key, resource, |known| {
            let refusals = known.refusals.as_ref()?;
            (refusals.generation == resource.metadata.generation).then(|| RefusedClaim {
                why: refusals.why.clone(),
                until: refusals.until,
                wait: claim_delay(refusals.times).saturating_sub(now.saturating_sub(refusals.last)),
            })
        })
    }

    /// How long the resource waits after a round that failed because of the API server: longer from
    /// one to the next.
    pub(crate) fn next_error_delay(&self, key: &ResourceKey) -> Duration {
        match lock(&self.known).get_mut(key) {
            Some(known) => {
                known.errors = known.errors.saturating_add(1);
                error_delay(known.errors)
            }
            None => error_delay(1),
        }
    }

    /// A round of the resource has come to its end.
    pub(crate) fn note_success(&self, key: &ResourceKey) {
        if let Some(known) = lock(&self.known).get_mut(key) {
            known.errors = 0;
        }
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
