//! Waits that the cloud asked for, shared among callers with the identical endpoint, project and credential value.
//! One tenant neither sees nor slows another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::cbr::CredentialId;

/// Who was asked to wait.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) endpoint: String,
    pub(super) project_id: String,
    pub(super) credential: CredentialId,
}

/// Until when each caller was asked to wait. Times that have passed are dropped at the next note.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<Asked, Timestamp>>);

impl Throttle {
    /// Until when this caller waits, if it does.
    pub(super) fn until(&self, asked: &Asked) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(asked).copied()
    }

    /// Notes that the cloud asked this caller to wait.
    pub(super) fn note(&self, asked: Asked, until: Timestamp, now: Timestamp) {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.retain(|_, until| *until > now);
        waits.insert(asked, until);
    }
}
