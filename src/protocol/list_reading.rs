//! What a list of backups gave, in the terms of the decision.

use std::time::Duration;

use jiff::Timestamp;

use crate::cbr::{BackupList, ListError};
use crate::protocol::backoff::asked_to_wait;
use crate::protocol::lookup::LookupMemory;

/// What a list (`GET backups`) gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListReading {
    /// The list, as far as it could be read.
    Shown(BackupList),
    /// The service says that it has no list, or none for this user.
    NotAvailable(String),
    /// The credential was refused.
    Unauthorized(String),
    /// The cloud asked to wait.
    Throttled {
        /// Until then.
        until: Timestamp,
    },
    /// The service could not be reached, or gave no sensible answer: worth asking again.
    Failed(String),
}

impl ListReading {
    /// What the answer means. What could not be seen is told, too.
    pub fn of(answer: Result<BackupList, ListError>, now: Timestamp) -> Self {
        let error = match answer {
            Ok(list) => return Self::Shown(list),
            Err(error) => error,
        };
        let text = error.to_string();
        match error {
            ListError::NotAvailable(_) => Self::NotAvailable(text),
            ListError::Unauthorized(_) => Self::Unauthorized(text),
            ListError::Throttled { error: _, retry_after } => {
                Self::Throttled { until: asked_to_wait(retry_after, now) }
            }
            ListError::Failed(_) => Self::Failed(text),
        }
    }
}

impl LookupMemory {
    /// Notes whether the list failed.
    pub fn note_list(&mut self, list: &ListReading, now: Duration) {
        let failed = match list {
            ListReading::Failed(_) | ListReading::Unauthorized(_) => true,
            ListReading::Shown(_)
            | ListReading::NotAvailable(_)
            | ListReading::Throttled { .. } => false,
        };
        self.failing_since = failed.then(|| self.failing_since.unwrap_or(now));
    }
}
