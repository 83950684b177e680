//! What the administrator sets.

use std::time::Duration;

use crate::resource::Attempt;

/// Added to what an attempt's claim allows before others act on it: scheduling delays and coarse timers.
const MARGIN: Duration = Duration::from_secs(5);

/// Time limits of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long after the claim the call may start (`--claim-window`).
    pub window: Duration,
    /// How long the call may take in all (`--request-timeout`).
    pub limit: Duration,
    /// How long an accepted call may take to show in the cloud's records (`--settling-time`).
    pub settling_time: Duration,
    /// How long after its acceptance a replication is followed (`--tracking-limit`).
    pub tracking_limit: Duration,
}

impl Policy {
    /// How long after it was first seen an attempt without an outcome belongs to its claimant alone: window, limit
    /// and margin, each the larger of the attempt's own and ours, since another process may run with other options.
    pub fn claim_lifetime(&self, attempt: &Attempt) -> Duration {
        let (window, limit) = claimed(attempt);
        self.window.max(window).saturating_add(self.limit.max(limit)).saturating_add(MARGIN)
    }

    /// How long an attempt of unknown outcome, or whose record does not show, is left to settle.
    pub(super) fn settles_after(&self, attempt: &Attempt) -> Duration {
        self.settling_time.saturating_add(self.claim_lifetime(attempt))
    }
}

/// The shortest [claim lifetime](Policy::claim_lifetime) that anybody may take: that of the attempt's own limits.
pub fn shortest_claim_lifetime(attempt: &Attempt) -> Duration {
    let (window, limit) = claimed(attempt);
    window.saturating_add(limit).saturating_add(MARGIN)
}

/// Window and limit that the attempt was claimed with.
fn claimed(attempt: &Attempt) -> (Duration, Duration) {
    let of = |d: kube::core::Duration| if d.is_negative() { Duration::ZERO } else { Duration::from(d) };
    (of(attempt.window), of(attempt.limit))
}
