//! One call at a time for a target: what this process is calling for, or has called for too lately for the cloud's
//! records to show it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kube::runtime::reflector::{ObjectRef, Store};

use super::tracked::Tracked;
use crate::protocol::CallTarget;

#[derive(Debug)]
struct Use {
    by: ObjectRef<Tracked>,
    /// `None` while the call is out.
    until: Option<Instant>,
}

/// The targets in use.
#[derive(Default)]
pub(super) struct Targets {
    uses: Mutex<HashMap<CallTarget, Use>>,
    stores: Mutex<Vec<Store<Tracked>>>,
}

impl Targets {
    /// Lets the resources that a watch sees be asked for calls of theirs that are not settled.
    pub(super) fn watch(&self, store: Store<Tracked>) {
        lock(&self.stores).push(store);
    }

    /// Another resource that uses the target.
    pub(super) fn used_by_another(&self, target: &CallTarget, asking: &ObjectRef<Tracked>) -> Option<String> {
        let here = lock(&self.uses)
            .get(target)
            .filter(|used| used.by != *asking && used.until.is_none_or(|until| until > Instant::now()))
            .map(|used| used.by.clone());
        let elsewhere = || {
            let unsettled = |tracked: &Tracked| {
                tracked.unresolved.as_deref() == Some(target) && ObjectRef::from_obj(tracked) != *asking
            };
            lock(&self.stores).iter().find_map(|store| store.find(unsettled)).map(|found| ObjectRef::from_obj(&*found))
        };
        here.or_else(elsewhere).map(|by| format!("{}/{}", by.namespace.unwrap_or_default(), by.name))
    }

    /// Takes the target for a call, unless another resource has it.
    pub(super) fn take(&self, target: &CallTarget, by: &ObjectRef<Tracked>) -> bool {
        let mut uses = lock(&self.uses);
        let now = Instant::now();
        uses.retain(|_, used| used.until.is_none_or(|until| until > now));
        if uses.get(target).is_some_and(|used| used.by != *by) {
            return false;
        }
        uses.insert(target.clone(), Use { by: by.clone(), until: None });
        true
    }

    /// Gives it back: at once, or after the time that a call needs to show.
    pub(super) fn give_back(&self, target: &CallTarget, after: Duration) {
        let until = Instant::now().checked_add(after);
        if let Some(used) = lock(&self.uses).get_mut(target) {
            used.until = until;
        }
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
