//! What this process remembers between two looks at a resource. Lost with the process, and safety never needs it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kube::runtime::reflector::ObjectRef;

use super::tracked::Tracked;
use crate::resource::{Attempt, AttemptId, Outcome};

/// The attempt in force and its state, as they were when they were first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    attempt: AttemptId,
    outcome: Option<Outcome>,
}

/// First sightings of attempts, and claims that were given up before their call.
#[derive(Debug, Default)]
pub(super) struct Memory {
    first_seen: Mutex<HashMap<ObjectRef<Tracked>, (Seen, Instant)>>,
    given_up: Mutex<HashSet<AttemptId>>,
    looks_failing_since: Mutex<HashMap<ObjectRef<Tracked>, Instant>>,
}

impl Memory {
    /// How long ago this attempt was first seen in its present state. The first sighting starts now.
    pub(super) fn seen_for(&self, resource: &ObjectRef<Tracked>, attempt: &Attempt) -> Duration {
        let seen = Seen { attempt: attempt.id.clone(), outcome: attempt.outcome };
        let mut first_seen = lock(&self.first_seen);
        match first_seen.get(resource) {
            Some((before, since)) if *before == seen => since.elapsed(),
            Some(_) | None => {
                first_seen.insert(resource.clone(), (seen, Instant::now()));
                Duration::ZERO
            }
        }
    }

    /// Forgets a resource that is gone or finished.
    pub(super) fn forget(&self, resource: &ObjectRef<Tracked>) {
        lock(&self.first_seen).remove(resource);
        lock(&self.looks_failing_since).remove(resource);
    }

    /// Forgets what is not there any more, as far as one watch can tell.
    pub(super) fn keep_only(&self, is_there: impl Fn(&ObjectRef<Tracked>) -> bool) {
        lock(&self.first_seen).retain(|resource, _| is_there(resource));
        lock(&self.looks_failing_since).retain(|resource, _| is_there(resource));
    }

    /// Notes whether a look gave anything, and says for how long looks have been failing.
    pub(super) fn note_look(&self, resource: &ObjectRef<Tracked>, failed: bool) -> Duration {
        let mut failing = lock(&self.looks_failing_since);
        if failed {
            failing.entry(resource.clone()).or_insert_with(Instant::now).elapsed()
        } else {
            failing.remove(resource);
            Duration::ZERO
        }
    }

    /// Notes a claim of which it is open whether it was written, and which will not be called, come what may.
    pub(super) fn note_given_up(&self, attempt: &AttemptId) {
        lock(&self.given_up).insert(attempt.clone());
    }

    /// Whether this process claimed the attempt, or tried to, and will never call it.
    pub(super) fn has_given_up(&self, attempt: &AttemptId) -> bool {
        lock(&self.given_up).contains(attempt)
    }
}

/// A panic elsewhere leaves these maps whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
