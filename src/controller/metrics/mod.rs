//! What is counted. Every label comes from a closed list, so that no input can add a series.

/// A label's values. Each has its series from the start, at 0: what begins with its first event has
/// no increase that an alert could see.
macro_rules! closed_list {
    ($(#[$doc:meta])* $visible:vis enum $name:ident { $($(#[$of:meta])* $value:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, prometheus_client::encoding::EncodeLabelValue)]
        $visible enum $name { $($(#[$of])* $value),* }

        impl $name {
            const ALL: &[Self] = &[$(Self::$value),*];
        }
    };
}

mod cloud;
mod lanes;
mod replications;
mod resources;
mod rounds;

use prometheus_client::registry::Registry;

pub(super) use cloud::CloudMetrics;
pub(super) use lanes::LaneMetrics;
pub(super) use replications::{ReplicationMetrics, SecretFailure};
pub(super) use resources::ResourceMetrics;
pub(super) use rounds::{ReconcileResult, RoundMetrics, Waiting};

/// The controller's metrics, apart from those that are read from the watches at a scrape.
pub(super) struct Metrics {
    pub(super) cloud: CloudMetrics,
    pub(super) replications: ReplicationMetrics,
    pub(super) rounds: RoundMetrics,
}

impl Metrics {
    /// Registers all of them.
    pub(super) fn register(registry: &mut Registry) -> Self {
        Self {
            cloud: CloudMetrics::register(registry),
            replications: ReplicationMetrics::register(registry),
            rounds: RoundMetrics::register(registry),
        }
    }
}
