//! All requests to the cloud that are under way, whatever makes them. Together they leave handles
//! for the rest of the process, and no namespace and no endpoint has them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::{UnderWay, may_begin};

/// All that are under way. Clones share it.
#[derive(Clone)]
pub(super) struct AllRequests {
    counts: Arc<Mutex<RequestCounts>>,
    most: usize,
}

#[derive(Default)]
struct RequestCounts {
    in_all: usize,
    of_namespaces: HashMap<String, NamespaceCount>,
    to_endpoints: HashMap<String, usize>,
}

#[derive(Default)]
struct NamespaceCount {
    under_way: usize,
    /// Whether it has been said that it has all that it may have.
    is_told: bool,
}

/// One that is under way, until it is dropped.
pub(super) struct RequestPlace {
    counts: Arc<Mutex<RequestCounts>>,
    namespace: String,
    endpoint: String,
}

impl AllRequests {
    /// So many at a time at most.
    pub(super) fn new(most: usize) -> Self {
        Self { counts: Arc::default(), most }
    }

    /// How many there are now.
    pub(super) fn number(&self) -> usize {
        lock(&self.counts).in_all
    }

    /// Begins one. `None`: the namespace, or all who call the endpoint, have as many as they may.
    pub(super) fn begin(&self, namespace: &str, endpoint: &str) -> Option<RequestPlace> {
        let mut counts = lock(&self.counts);
        let RequestCounts { in_all, of_namespaces, to_endpoints } = &mut *counts;
        let of_namespace = of_namespaces.get(namespace).map_or(0, |count| count.under_way);
        let to_endpoint = to_endpoints.get(endpoint).copied().unwrap_or(0);
        let under_way = UnderWay { in_all: *in_all, of_namespace, to_endpoint };
        if !may_begin(under_way, self.most) {
            if let Some(count) = of_namespaces.get_mut(namespace).filter(|count| !count.is_told) {
                count.is_told = true;
                tracing::warn!(
                    namespace,
                    endpoint,
                    of_namespace,
                    to_endpoint,
                    in_all,
                    "Requests to the cloud wait: this namespace, or this endpoint, has as many \
                     under way as leaves room for others"
                );
            }
            return None;
        }
        *in_all += 1;
        of_namespaces.entry(namespace.to_owned()).or_default().under_way += 1;
        *to_endpoints.entry(endpoint.to_owned()).or_default() += 1;
        Some(RequestPlace {
            counts: self.counts.clone(),
            namespace: namespace.to_owned(),
            endpoint: endpoint.to_owned(),
        })
    }
}

impl Drop for RequestPlace {
    fn drop(&mut self) {
        let Self { counts, namespace, endpoint } = self;
        let mut counts = lock(counts);
        let RequestCounts { in_all, of_namespaces, to_endpoints } = &mut *counts;
        *in_all = in_all.saturating_sub(1);
        if let Some(count) = of_namespaces.get_mut(namespace) {
            count.under_way = count.under_way.saturating_sub(1);
        }
        if let Some(number) = to_endpoints.get_mut(endpoint) {
            *number = number.saturating_sub(1);
        }
        of_namespaces.retain(|_, count| count.under_way > 0);
        to_endpoints.retain(|_, number| *number > 0);
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_makes_room_and_leaves_nothing_behind() {
        let all = AllRequests::new(40);
        let begin = |namespace| all.begin(namespace, "https://cbr.example");
        let mut hanging: Vec<_> = (0..100).filter_map(|_| begin("greedy")).collect();
        assert_eq!((hanging.len(), all.number()), (7, 7));
        assert!(begin("modest").is_some());
        hanging.pop();
        assert!(begin("greedy").is_some());
        hanging.clear();
        let counts = lock(&all.counts);
        let RequestCounts { in_all, of_namespaces, to_endpoints } = &*counts;
        assert_eq!((*in_all, of_namespaces.len(), to_endpoints.len()), (0, 0, 0));
    }
}
