//! How many requests to the cloud may be under way, and whose. Each takes a file handle, of which a
//! process has so many: where requests hang, those of one namespace, or to one endpoint, must leave
//! room for all others.

/// What is kept for everything else: the API server, the listener and its clients, the runtime.
const FOR_OTHERS: u64 = 256;
/// A request takes a handle for its connection, and one to resolve the name before it or to write
/// down how it ended after it.
const HANDLES_OF_ONE: u64 = 2;
/// Names are resolved by threads, of which there are 512.
const MOST: u64 = 384;
/// A process with so few handles works slowly, but it works.
const LEAST: u64 = 4;

/// So many times as many requests as a namespace has must be left for others.
const NAMESPACE_LEAVES: usize = 4;

/// How many requests may be under way at a time, with so many file handles, of which so many are
/// for watches.
pub fn most_requests(handles: u64, watches: usize) -> usize {
    let watches = u64::try_from(watches).unwrap_or(u64::MAX);
    let for_others = FOR_OTHERS.saturating_add(watches).min(handles / 2);
    let requests = handles.saturating_sub(for_others) / HANDLES_OF_ONE;
    usize::try_from(requests.clamp(LEAST, MOST)).unwrap_or(usize::MAX)
}

/// Requests under way, from the view of one that is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnderWay {
    pub(crate) in_all: usize,
    pub(crate) of_namespace: usize,
    pub(crate) to_endpoint: usize,
}

/// Whether one more may begin, of so many at most.
///
/// All requests to an endpoint have no more places than they leave free: half. A namespace has no
/// more than a quarter of what is left there: a sixth where no other one calls. So who has some
/// already takes a part of what is left, and however many hang, there is a place for who has none.
/// A fixed share would be too large for many namespaces, or too small for one.
pub(crate) fn may_begin(under_way: UnderWay, most: usize) -> bool {
    let UnderWay { in_all, of_namespace, to_endpoint } = under_way;
    let free = most.saturating_sub(in_all);
    let left = free.saturating_sub(to_endpoint);
    of_namespace.saturating_mul(NAMESPACE_LEAVES) < left
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn most_handles_stay_free_for_everything_else() {
        assert_eq!(most_requests(1024, 0), 384);
        assert_eq!(most_requests(1024, 100), 334);
        assert_eq!(most_requests(u64::MAX, 3), 384);
        assert_eq!(most_requests(160, 1), 40);
        assert_eq!(most_requests(0, usize::MAX), 4);
        for handles in 32..70_000 {
            for watches in [0, 1, 30, 1000] {
                let taken = u64::try_from(most_requests(handles, watches)).unwrap();
                assert!(taken * HANDLES_OF_ONE + FOR_OTHERS.min(handles / 2) <= handles);
            }
        }
    }

    /// Requests that hang: none of them ever gives its place back.
    #[derive(Default)]
    struct Hanging {
        of: HashMap<String, usize>,
        to: HashMap<String, usize>,
        in_all: usize,
    }

    impl Hanging {
        fn begins(&mut self, namespace: &str, endpoint: &str, most: usize) -> bool {
            let of = self.of.entry(namespace.to_owned()).or_default();
            let to = self.to.entry(endpoint.to_owned()).or_default();
            let under_way = UnderWay { in_all: self.in_all, of_namespace: *of, to_endpoint: *to };
            let begins = may_begin(under_way, most);
            if begins {
                (*of, *to, self.in_all) = (*of + 1, *to + 1, self.in_all + 1);
            }
            begins
        }
    }

    #[test]
    fn one_namespace_has_a_sixth_of_one_endpoint_and_a_fifth_of_all() {
        for most in [32, 40, 100, 384] {
            let mut hanging = Hanging::default();
            for _ in 0..10_000 {
                hanging.begins("greedy", "hangs", most);
            }
            assert_eq!(hanging.in_all, most.div_ceil(6));
            for number in 0..10_000 {
                hanging.begins("greedy", &format!("endpoint-{number}"), most);
            }
            assert_eq!(hanging.in_all, most.div_ceil(5));
            assert!(hanging.begins("modest", "hangs", most));
        }
    }

    #[test]
    fn one_endpoint_has_half_however_many_namespaces_call_it() {
        let mut hanging = Hanging::default();
        for number in 0..10_000 {
            hanging.begins(&format!("namespace-{number}"), "hangs", 384);
        }
        assert_eq!(hanging.in_all, 192);
        assert!(hanging.begins("namespace-0", "answers", 384));
        assert!(!hanging.begins("namespace-10000", "hangs", 384));
    }

    /// One after the other, each as greedy as it can be, at the endpoint of the next one or at
    /// others.
    #[test]
    fn after_seven_greedy_namespaces_the_next_one_has_room() {
        for own_endpoints in [false, true] {
            let mut hanging = Hanging::default();
            for number in 0..7 {
                let endpoint = if own_endpoints { number } else { 0 };
                for _ in 0..1000 {
                    hanging.begins(
                        &format!("greedy-{number}"),
                        &format!("endpoint-{endpoint}"),
                        384,
                    );
                }
            }
            for number in 0..4 {
                assert!(hanging.begins("modest", "endpoint-0", 384), "{number}");
            }
        }
    }
}
