//! How many resources are worked on at a time, in all and for one namespace. A permit is for work
//! at the API server: nobody holds one while it waits for the cloud, or for somebody who does. So
//! the gate gives it back with each place that it gives, and who waits for what another one holds
//! waits in [`RoundPermit::lock`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard, OwnedSemaphorePermit, Semaphore};

/// Two pools of the same size: to begin with resources, and to go on with those that have waited
/// for the cloud. What was seen there must not grow old behind all that is due.
pub(crate) struct Permits {
    begin: Pool,
    go_on: Pool,
}

/// Where there are several namespaces, each has at most half of the permits, so that one with
/// thousands of resources leaves room for the others.
struct Pool {
    all: Arc<Semaphore>,
    of_namespace: Mutex<HashMap<String, Arc<Semaphore>>>,
    share: usize,
}

struct Permit {
    _share: OwnedSemaphorePermit,
    _one: OwnedSemaphorePermit,
}

/// One resource's permit, while it has one.
pub(crate) struct RoundPermit {
    permits: Arc<Permits>,
    namespace: String,
    permit: Mutex<Option<Permit>>,
}

impl Permits {
    /// So many in all, for one namespace or for any number of them.
    pub(crate) fn new(concurrency: u16, one_namespace: bool) -> Self {
        let pool = || Pool::new(concurrency, one_namespace);
        Self { begin: pool(), go_on: pool() }
    }

    /// Waits for its turn. `None` where there is none to come any more.
    pub(crate) async fn acquire(self: &Arc<Self>, namespace: &str) -> Option<RoundPermit> {
        let permit = self.begin.acquire(namespace).await?;
        let permit = Mutex::new(Some(permit));
        Some(RoundPermit { permits: self.clone(), namespace: namespace.to_owned(), permit })
    }
}

impl RoundPermit {
    /// Whose it is.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Waits for what another one holds, which may be waiting for the cloud: the permit is given
    /// back before.
    pub(crate) async fn lock<'a, T>(&self, shared: &'a AsyncMutex<T>) -> MutexGuard<'a, T> {
        match shared.try_lock() {
            Ok(locked) => locked,
            Err(_) => {
                self.leave();
                shared.lock().await
            }
        }
    }

    /// Gives the permit back: what follows waits for the cloud.
    pub(crate) fn leave(&self) {
        self.permit.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Waits for another one, where it was given back.
    pub(crate) async fn come_back(&self) {
        let has_one = self.permit.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if !has_one {
            let permit = self.permits.go_on.acquire(&self.namespace).await;
            *self.permit.lock().unwrap_or_else(PoisonError::into_inner) = permit;
        }
    }
}

impl Pool {
    fn new(concurrency: u16, one_namespace: bool) -> Self {
        let all = usize::from(concurrency);
        let share = if one_namespace { all } else { all.div_ceil(2) };
        Self { all: Arc::new(Semaphore::new(all)), of_namespace: Mutex::default(), share }
    }

    async fn acquire(&self, namespace: &str) -> Option<Permit> {
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

#[cfg(test)]
pub(in crate::controller) mod tests {
    use futures::FutureExt;

    use super::*;

    impl RoundPermit {
        /// One that nobody else wants.
        pub(in crate::controller) fn alone(namespace: &str) -> Self {
            let permits = Arc::new(Permits::new(1, true));
            permits.acquire(namespace).now_or_never().unwrap().unwrap()
        }

        pub(in crate::controller) fn is_left(&self) -> bool {
            self.permit.lock().unwrap_or_else(PoisonError::into_inner).is_none()
        }
    }

    #[test]
    fn who_waits_for_another_one_holds_no_permit_and_who_need_not_wait_keeps_it() {
        let shared = AsyncMutex::new(());
        let permit = RoundPermit::alone("backups");
        let locked = permit.lock(&shared).now_or_never().unwrap();
        assert!(!permit.is_left());
        let waits = RoundPermit::alone("backups");
        assert!(waits.lock(&shared).now_or_never().is_none());
        assert!(waits.is_left());
        drop(locked);
        assert!(waits.lock(&shared).now_or_never().is_some());
    }
}
