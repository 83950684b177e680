//! What the administrator sets.

use std::time::Duration;

use crate::resource::Attempt;

/// Added to what an attempt's claim allows before others act on it: scheduling delays and coarse
/// timers.
const MARGIN: Duration = Duration::from_secs(5);
/// So many times the wait of a young object is that of one that was restored: a status may follow.
const RESTORED: u32 = 30;

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
    /// How long the answer that there is no look-up, or no such backup, must have been the same
    /// before it is believed (`--look-up-patience`).
    pub lookup_patience: Duration,
    /// How long an object must have been known before its first call, where no look-up can prove
    /// that nothing was called for it before (`--first-call-after`): its status may be restored
    /// after it.
    pub first_call_after: Duration,
    /// How long after a refusal that something outside the request may cure the call is made once
    /// more (`--rejection-retry`); doubles from one to the next, to six hours.
    pub rejection_retry: Duration,
}

impl Policy {
    /// How long after it was first seen an attempt without an outcome belongs to its claimant
    /// alone: window, limit and margin, each the larger of the attempt's own and ours, since
    /// another process may run with other options.
    pub fn claim_lifetime(&self, attempt: &Attempt) -> Duration {
        let (window, limit) = claimed(attempt);
        self.window.max(window).saturating_add(self.limit.max(limit)).saturating_add(MARGIN)
    }

    /// How long an attempt of unknown outcome, or whose record does not show, is left to settle.
    pub(super) fn settles_after(&self, attempt: &Attempt) -> Duration {
        self.settling_time.saturating_add(self.claim_lifetime(attempt))
    }

    /// How long an object must have been known before its first call without a proof; `restored` if
    /// it carries the marks of a restore.
    pub(super) fn first_call_after(&self, restored: bool) -> Duration {
        if restored {
            self.first_call_after.saturating_mul(RESTORED)
        } else {
            self.first_call_after
        }
    }
}

/// The shortest [claim lifetime](Policy::claim_lifetime) that anybody may take: that of the
/// attempt's own limits.
pub fn shortest_claim_lifetime(attempt: &Attempt) -> Duration {
    let (window, limit) = claimed(attempt);
    window.saturating_add(limit).saturating_add(MARGIN)
}

/// Window and limit that the attempt was claimed with.
fn claimed(attempt: &Attempt) -> (Duration, Duration) {
    let of =
        |d: kube::core::Duration| if d.is_negative() { Duration::ZERO } else { Duration::from(d) };
    (of(attempt.window), of(attempt.limit))
}
