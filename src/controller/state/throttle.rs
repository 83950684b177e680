//! Waits that the cloud asked for, shared among callers with the identical endpoint, project and
//! credential value. One tenant neither sees nor slows another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::cbr::CredentialId;

/// Who was asked to wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RateLimitKey {
    pub(crate) endpoint: String,
    pub(crate) project_id: String,
    pub(crate) credential: CredentialId,
}

/// Until when each caller was asked to wait. Times that have passed are dropped at the next note.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<RateLimitKey, Timestamp>>);

impl Throttle {
    /// Until when this caller waits, if it does.
    pub(crate) fn until(&self, rate_key: &RateLimitKey) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(rate_key).copied()
    }

    /// Notes that the cloud asked this caller to wait.
    pub(crate) fn note(&self, rate_key: RateLimitKey, until: Timestamp, now: Timestamp) {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.retain(|_, until| *until > now);
        waits.insert(rate_key, until);
    }
}
