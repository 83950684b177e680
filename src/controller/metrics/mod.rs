//! What is counted. Every label comes from a closed list, so that no input can add a series.

mod cloud;
mod replications;
mod resources;
mod rounds;

use prometheus_client::registry::Registry;

pub(super) use cloud::CloudMetrics;
pub(super) use replications::{ReplicationMetrics, SecretFailure};
pub(super) use resources::ResourceMetrics;
pub(super) use rounds::{ReconcileResult, RoundMetrics};

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
