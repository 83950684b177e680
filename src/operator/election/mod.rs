//! Leader election by a `coordination.k8s.io/v1` Lease: one of several processes works, the others
//! stand by.
//!
//! As in client-go: a Lease that somebody else holds is taken when it has not changed for
//! its own duration by this process's clock, so that no two clocks have to agree. Renewals and
//! take-overs carry the resourceVersion that was read.

mod candidate;
mod elector;
mod metric;
mod options;

use std::time::Duration;

pub(super) use elector::Elector;
pub(super) use metric::LeaderMetric;
pub(super) use options::ElectionOptions;

/// Which Lease, and how long it lasts.
#[derive(Clone, Debug)]
pub(super) struct Election {
    /// The Lease's name.
    pub(super) name: String,
    /// Its namespace; the client's own where there is none.
    pub(super) namespace: Option<String>,
    /// How long it lasts after its last renewal, in seconds.
    pub(super) duration_seconds: u16,
    /// Who asks. Unique for each start of a process.
    pub(super) identity: String,
}

impl Election {
    fn duration(&self) -> Duration {
        Duration::from_secs(self.duration_seconds.into())
    }

    /// A leader that has not been confirmed for so long leads no more. Less than what the others
    /// wait for.
    fn renew_deadline(&self) -> Duration {
        self.duration() * 2 / 3
    }

    /// From one try to the next.
    fn retry_period(&self) -> Duration {
        self.duration() / 6
    }

    /// The longest that one request may take. A second one must fit before the deadline.
    fn request_limit(&self) -> Duration {
        self.duration() / 4
    }
}
