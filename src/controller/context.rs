//! What every reconcile has at hand.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::metrics::Metrics;
use crate::cbr::Client as CbrClient;
use crate::controller::events::Events;
use crate::controller::key::ResourceKey;
use crate::controller::leadership::Leadership;
use crate::controller::settings::Settings;
use crate::controller::state::breakers::Breakers;
use crate::controller::state::gate::Gate;
use crate::controller::state::issued_tokens::IssuedTokens;
use crate::controller::state::last_round::LastRounds;
use crate::controller::state::log_cache::LogCache;
use crate::controller::state::lookup_cache::LookupCache;
use crate::controller::state::memory::Memory;
use crate::controller::state::permits::Permits;
use crate::controller::state::secret_reads::SecretReads;
use crate::controller::state::target_locks::TargetLocks;
use crate::controller::watch::newest::Newest;

/// What every reconcile has at hand.
pub(super) struct Context {
    pub(super) kubernetes: kube::Client,
    pub(super) cbr: CbrClient,
    pub(super) settings: Settings,
    pub(super) permits: Arc<Permits>,
    pub(super) memory: Memory,
    pub(super) gate: Arc<Gate>,
    pub(super) newest: Newest,
    pub(super) last_rounds: LastRounds,
    pub(super) secrets: SecretReads,
    /// For the ends of calls that could not be written at once.
    pub(super) retries: Semaphore,
    pub(super) looks: LookupCache,
    pub(super) logs: LogCache,
    pub(super) issued: IssuedTokens,
    pub(super) breakers: Breakers,
    pub(super) targets: TargetLocks,
    pub(super) metrics: Metrics,
    pub(super) events: Events,
    /// Who does not hold it begins nothing.
    pub(super) leadership: Leadership,
    /// Cancelled when nothing new may begin.
    pub(super) drain: CancellationToken,
    /// Cancelled when what could not be written by then is given up.
    pub(super) give_up: CancellationToken,
}

impl Context {
    /// How long after its claim a call may still be under way.
    pub(super) fn longest_call(&self) -> Duration {
        self.settings.policy.window.saturating_add(self.settings.policy.limit)
    }

    /// A number from 0 to 1, for waits that should not all end at once.
    pub(super) fn spread(&self) -> f64 {
        let [first, second, ..] = *Uuid::new_v4().as_bytes();
        f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX)
    }

    /// Whether anything new may begin, at this very instant: neither in a drain, nor without the
    /// lead.
    pub(super) fn may_begin(&self) -> bool {
        !self.drain.is_cancelled() && self.leadership.is_held()
    }

    /// Forgets a resource that is gone or finished.
    pub(super) fn forget(&self, key: &ResourceKey) {
        self.memory.forget(key);
        self.last_rounds.forget(key);
    }
}
