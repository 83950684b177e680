//! One call at a time for a target: what this process is calling for, or has called for too lately
//! for the cloud's records to show it. Within one namespace: one tenant neither sees nor stops
//! another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::controller::key::ResourceKey;
use crate::controller::state::target_index::{TargetIndex, TargetKey};
use crate::protocol::{CallTarget, LoggedCalls, logged_calls};
use crate::resource::BackupReplication;

/// Who calls. The uid tells a resource from its successor of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) resource: ResourceKey,
    pub(crate) uid: Option<String>,
}

#[derive(Debug)]
struct Use {
    by: Caller,
    /// `None` while the call is in flight.
    until: Option<Instant>,
}

impl Use {
    fn stops(&self, caller: &Caller) -> bool {
        self.by != *caller && self.until.is_none_or(|until| until > Instant::now())
    }
}

type Uses = Arc<Mutex<HashMap<TargetKey, Use>>>;

/// The targets in use.
pub(crate) struct TargetLocks {
    uses: Uses,
    index: TargetIndex,
}

impl TargetLocks {
    /// The index knows what resources have calls that are not settled.
    pub(crate) fn new(index: TargetIndex) -> Self {
        Self { uses: Uses::default(), index }
    }

    /// The name of another resource of the namespace that uses the target.
    pub(crate) fn used_by_another(
        &self,
        target: &CallTarget,
        caller: &Caller,
        settling_time: Duration,
    ) -> Option<String> {
        let key = (caller.resource.namespace().into(), target.clone());
        let here = lock(&self.uses)
            .get(&key)
            .filter(|used| used.stops(caller))
            .map(|used| used.by.resource.clone());
        let elsewhere = || self.index.another(&key, &caller.resource, settling_time);
        here.or_else(elsewhere).map(|other| other.name().to_owned())
    }

    /// The calls of other resources for the target, whichever namespace they are in. `None` while
    /// there may be some that no watch has told of.
    pub(crate) fn calls_of_others(
        &self,
        target: &CallTarget,
        than: &ResourceKey,
    ) -> Option<Vec<LoggedCalls>> {
        self.index.calls_of_others(target, than)
    }

    /// Notes a claim as soon as it stands.
    pub(crate) fn note_claim(&self, key: &ResourceKey, object: &BackupReplication) {
        self.index.note_claim(key, logged_calls(object));
    }

    /// Takes the target for a call, unless another resource has it.
    pub(crate) fn take(&self, target: CallTarget, caller: Caller) -> Option<TargetLock> {
        let key = (caller.resource.namespace().into(), target);
        let mut uses = lock(&self.uses);
        let now = Instant::now();
        uses.retain(|_, used| used.until.is_none_or(|until| until > now));
        if uses.get(&key).is_some_and(|used| used.stops(&caller)) {
            return None;
        }
        uses.insert(key.clone(), Use { by: caller, until: None });
        Some(TargetLock { uses: self.uses.clone(), key, free_after: Duration::ZERO })
    }
}

/// A target in use by a call. Given back when dropped: at once, or after the time that the call
/// needs to show.
pub(crate) struct TargetLock {
    uses: Uses,
    key: TargetKey,
    free_after: Duration,
}

impl TargetLock {
    /// Keeps the target for so long after the call.
    pub(crate) fn keep_for(&mut self, time: Duration) {
        self.free_after = time;
    }
}

impl Drop for TargetLock {
    fn drop(&mut self) {
        if let Some(used) = lock(&self.uses).get_mut(&self.key) {
            used.until = Instant::now().checked_add(self.free_after);
        }
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
