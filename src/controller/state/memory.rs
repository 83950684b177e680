//! What this process remembers between two looks at a resource. Lost with the process, and safety never needs it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kube::runtime::reflector::ObjectRef;

use crate::cbr::ProjectId;
use crate::controller::watch::entry::WatchEntry;
use crate::protocol::LookupHistory;
use crate::resource::{Attempt, AttemptId, Outcome};

/// The attempt in force and its state, as they were when they were first seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    attempt: AttemptId,
    outcome: Option<Outcome>,
}

/// What is remembered of one resource.
#[derive(Debug)]
struct Known {
    since: Instant,
    attempt: Option<(Seen, Instant)>,
    looked: Option<Instant>,
    looks_failing_since: Option<Instant>,
    not_shown_since: Option<Instant>,
}

impl Known {
    fn new() -> Self {
        Self { since: Instant::now(), attempt: None, looked: None, looks_failing_since: None, not_shown_since: None }
    }

    fn looked(&self) -> LookupHistory {
        let elapsed = |since: Option<Instant>| since.map_or(Duration::ZERO, |since| since.elapsed());
        LookupHistory {
            known_for: self.since.elapsed(),
            ago: self.looked.map(|at| at.elapsed()),
            failing_for: elapsed(self.looks_failing_since),
            not_shown_for: elapsed(self.not_shown_since),
        }
    }
}

/// First sightings, looks, and claims that were given up before their call.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    known: Mutex<HashMap<ObjectRef<WatchEntry>, Known>>,
    given_up: Mutex<HashSet<AttemptId>>,
    records_known: Mutex<HashSet<Service>>,
    look_up_known: Mutex<HashSet<Service>>,
}

/// What looks of several resources tell something about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Service {
    pub(crate) endpoint: String,
    pub(crate) project_id: ProjectId,
}

impl Memory {
    /// How long ago this attempt was first seen in its present state. The first sighting starts now.
    pub(crate) fn unchanged_for(&self, resource: &ObjectRef<WatchEntry>, attempt: &Attempt) -> Duration {
        let seen = Seen { attempt: attempt.id.clone(), outcome: attempt.outcome };
        self.with(resource, |known| match &known.attempt {
            Some((before, since)) if *before == seen => since.elapsed(),
            Some(_) | None => {
                known.attempt = Some((seen, Instant::now()));
                Duration::ZERO
            }
        })
    }

    /// What is remembered of looks for the resource.
    pub(crate) fn looked(&self, resource: &ObjectRef<WatchEntry>) -> LookupHistory {
        self.with(resource, |known| known.looked())
    }

    /// Notes a look: whether it failed, and whether it showed the resource's record (`None` where it cannot tell).
    pub(crate) fn note_look(
        &self,
        resource: &ObjectRef<WatchEntry>,
        failed: bool,
        shown: Option<bool>,
    ) -> LookupHistory {
        self.with(resource, |known| {
            let now = Instant::now();
            // What is remembered of looks before this one, and what this one adds.
            known.looks_failing_since = failed.then(|| known.looks_failing_since.unwrap_or(now));
            match shown {
                Some(true) => known.not_shown_since = None,
                Some(false) => known.not_shown_since = Some(known.not_shown_since.unwrap_or(now)),
                None => {}
            }
            known.looked = Some(now);
            known.looked()
        })
    }

    fn with<T>(&self, resource: &ObjectRef<WatchEntry>, work: impl FnOnce(&mut Known) -> T) -> T {
        work(lock(&self.known).entry(resource.clone()).or_insert_with(Known::new))
    }

    /// Forgets a resource that is gone or finished.
    pub(crate) fn forget(&self, resource: &ObjectRef<WatchEntry>) {
        lock(&self.known).remove(resource);
    }

    /// Forgets what is not there any more, as far as one watch can tell.
    pub(crate) fn keep_only(&self, is_there: impl Fn(&ObjectRef<WatchEntry>) -> bool) {
        lock(&self.known).retain(|resource, _| is_there(resource));
    }

    /// Counts anew since when looks have failed or not shown a record: what others saw meanwhile is not known here.
    pub(crate) fn begin_to_lead(&self) {
        for known in lock(&self.known).values_mut() {
            known.looks_failing_since = None;
            known.not_shown_since = None;
        }
    }

    /// Notes a claim of which it is open whether it was written, and which will not be called, come what may.
    pub(crate) fn note_given_up(&self, attempt: &AttemptId) {
        lock(&self.given_up).insert(attempt.clone());
    }

    /// Whether this process claimed the attempt, or tried to, and will never call it.
    pub(crate) fn has_given_up(&self, attempt: &AttemptId) -> bool {
        lock(&self.given_up).contains(attempt)
    }

    /// Notes that a look there showed the record of a call of the operator's own.
    pub(crate) fn note_records_known(&self, service: Service) {
        lock(&self.records_known).insert(service);
    }

    /// Whether records of accepted calls are known to be reported there.
    pub(crate) fn records_known(&self, service: &Service) -> bool {
        lock(&self.records_known).contains(service)
    }

    /// Notes that a look there showed a backup.
    pub(crate) fn note_look_up_known(&self, service: Service) {
        lock(&self.look_up_known).insert(service);
    }

    /// Whether looks there have shown a backup.
    pub(crate) fn look_up_known(&self, service: &Service) -> bool {
        lock(&self.look_up_known).contains(service)
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
