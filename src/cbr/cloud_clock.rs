//! What time it is in the cloud, by the `Date` of its last answer: the clock by which the cloud says
//! when something began there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::endpoint::Endpoint;

/// Endpoints that are kept. An administrator's pattern may allow more than are ever used.
const ENDPOINTS: usize = 1024;

/// How far each endpoint's clock is from this machine's.
#[derive(Clone, Debug, Default)]
pub(super) struct CloudClocks(Arc<Mutex<HashMap<Endpoint, SignedDuration>>>);

impl CloudClocks {
    /// Notes the `Date` of an answer that came now. It has whole seconds, cut off, and the answer
    /// took its way: by what is kept it is never later than it is.
    pub(super) fn note(&self, endpoint: &Endpoint, date: Option<Timestamp>, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match date {
            Some(date) => {
                if all.len() >= ENDPOINTS && !all.contains_key(endpoint) {
                    all.clear();
                }
                all.insert(endpoint.clone(), date.duration_since(now));
            }
            // It may have been another server that said what time it is.
            None => drop(all.remove(endpoint)),
        }
    }

    /// What must be added to this machine's time to have the endpoint's.
    pub(super) fn offset(&self, endpoint: &Endpoint) -> Option<SignedDuration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(endpoint).copied()
    }
}
