//! Whether the operator sees its resources, and if not, why not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What each watch waits for; empty when all of them see their resources.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<String, String>>>);

impl Readiness {
    /// A watch is not there yet, or not any more. Returns whether that is news.
    pub fn not_ready(&self, what: &str, why: &str) -> bool {
        let before = self.lock().insert(what.to_owned(), why.to_owned());
        before.as_deref() != Some(why)
    }

    /// A watch is there. Returns whether that is news.
    pub fn ready(&self, what: &str) -> bool {
        self.lock().remove(what).is_some()
    }

    /// What is still missing, a line each; empty when ready.
    pub fn missing(&self) -> Vec<String> {
        self.lock().iter().map(|(what, why)| format!("{what}: {why}")).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
