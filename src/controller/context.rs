//! What every reconcile has at hand.

use std::num::NonZeroU32;

use tokio_util::sync::CancellationToken;

use super::metrics::Metrics;
use crate::cbr::{AllowList, Client as CbrClient};
use crate::controller::events::Events;
use crate::controller::leadership::Leadership;
use crate::controller::reconcile::credential::RequiredLabel;
use crate::controller::state::lookup_cache::LookupCache;
use crate::controller::state::memory::Memory;
use crate::controller::state::permits::Permits;
use crate::controller::state::target_locks::TargetLocks;
use crate::controller::state::throttle::Throttle;
use crate::protocol::Policy;

/// What the administrator set, as far as the controller needs it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Namespaces to watch; all where empty.
    pub namespaces: Vec<String>,
    /// Endpoints that may be called.
    pub allowed_endpoints: AllowList,
    /// The endpoint of resources that name none.
    pub default_endpoint: Option<String>,
    /// Time limits of the protocol.
    pub policy: Policy,
    /// Resources worked on at a time.
    pub concurrency: u16,
    /// Looks a minute at records that are followed, for each endpoint, project and credential.
    pub look_ups_per_minute: NonZeroU32,
    /// A label demanded on Secrets.
    pub required_label: Option<RequiredLabel>,
    /// Names this process in the attempts that it claims; unique for each start.
    pub identity: String,
}

/// What every reconcile has at hand.
pub(super) struct Context {
    pub(super) kubernetes: kube::Client,
    pub(super) cbr: CbrClient,
    pub(super) settings: Settings,
    pub(super) permits: Permits,
    pub(super) memory: Memory,
    pub(super) looks: LookupCache,
    pub(super) throttle: Throttle,
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
    /// Whether anything new may begin, at this very instant: neither in a drain, nor without the lead.
    pub(super) fn may_begin(&self) -> bool {
        !self.drain.is_cancelled() && self.leadership.is_held()
    }
}
