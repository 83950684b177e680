//! Whether the operator sees its resources, and if not, why not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What kind of thing is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A watch of resources.
    Watch,
    /// The Lease of the election.
    Lease,
    /// The process itself: it is about to end.
    Process,
}

/// What each part waits for; empty when all of them are there.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    missing: Arc<Mutex<BTreeMap<(Part, String), String>>>,
    /// Where the API server is, for a reader of the log.
    api_server: Arc<str>,
}

impl Readiness {
    /// Of what is at this API server.
    pub fn at(api_server: &str) -> Self {
        Self { missing: Arc::default(), api_server: api_server.into() }
    }

    /// Where the API server is.
    pub fn api_server(&self) -> &str {
        &self.api_server
    }

    /// Something is not there yet, or not any more. Returns whether that is news.
    pub fn not_ready(&self, part: Part, what: &str, why: &str) -> bool {
        let before = self.lock().insert((part, what.to_owned()), why.to_owned());
        before.as_deref() != Some(why)
    }

    /// Something is there. Returns whether that is news.
    pub fn ready(&self, part: Part, what: &str) -> bool {
        self.lock().remove(&(part, what.to_owned())).is_some()
    }

    /// Whether nothing of this kind is missing.
    pub fn has(&self, part: Part) -> bool {
        self.lock().keys().all(|(missing, _)| *missing != part)
    }

    /// What is still missing, a line each; empty when ready.
    pub fn missing(&self) -> Vec<String> {
        self.lock().iter().map(|((_, what), why)| format!("{what}: {why}")).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Part, String), String>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_there_when_all_of_it_is() {
        let readiness = Readiness::default();
        assert!(
            readiness.not_ready(Part::Watch, "a", "x")
                && !readiness.not_ready(Part::Watch, "a", "x")
        );
        assert!(
            readiness.not_ready(Part::Watch, "b", "x")
                && readiness.not_ready(Part::Watch, "b", "y")
        );
        assert!(!readiness.has(Part::Watch) && readiness.has(Part::Lease));
        assert_eq!(readiness.missing(), ["a: x", "b: y"]);
        assert!(readiness.ready(Part::Watch, "a") && !readiness.ready(Part::Watch, "a"));
        assert!(!readiness.has(Part::Watch));
        assert!(
            readiness.ready(Part::Watch, "b")
                && readiness.has(Part::Watch)
                && readiness.missing().is_empty()
        );
    }
}
