//! The controller's own work: reconciliations, and writes to the API server.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    result: ReconcileResult,
}

closed_list! {
    /// How a round ended.
    pub(in crate::controller) enum ReconcileResult {
        /// As decided.
        Done,
        /// Somebody else wrote first; the round is repeated.
        Conflict,
        /// The API server could not be asked.
        Error,
        /// A bug.
        Panic,
    }
}

/// Rounds of the controller.
pub(in crate::controller) struct RoundMetrics {
    ended: Family<Labels, Counter>,
    duration: Histogram,
    queue: Gauge,
    status_writes: Counter,
    record_retries: Counter,
    contested_statuses: Counter,
}

impl RoundMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            ended: Family::default(),
            duration: Histogram::new(exponential_buckets(0.002, 3.0, 11)),
            queue: Gauge::default(),
            status_writes: Counter::default(),
            record_retries: Counter::default(),
            contested_statuses: Counter::default(),
        };
        ReconcileResult::ALL
            .iter()
            .for_each(|result| drop(metrics.ended.get_or_create(&Labels { result: *result })));
        registry.register("reconciles", "Reconciliations, by result", metrics.ended.clone());
        registry.register_with_unit(
            "reconcile_duration",
            "Time of a reconciliation, calls to the cloud included",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        registry.register(
            "queue_depth",
            "Resources that are due and wait for their turn",
            metrics.queue.clone(),
        );
        registry.register(
            "status_writes",
            "Statuses written to the API server",
            metrics.status_writes.clone(),
        );
        registry.register(
            "record_retries",
            "Repeated attempts to write the outcome of a call into the status",
            metrics.record_retries.clone(),
        );
        registry.register(
            "contested_statuses",
            "Statuses found written over by another operator, so that this one waits",
            metrics.contested_statuses.clone(),
        );
        metrics
    }

    pub(in crate::controller) fn ended(&self, result: ReconcileResult, took: Duration) {
        self.ended.get_or_create(&Labels { result }).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// One more waits for its turn, until what this returns is dropped.
    pub(in crate::controller) fn waits(&self) -> Waiting {
        self.queue.inc();
        Waiting(self.queue.clone())
    }

    pub(in crate::controller) fn status_written(&self) {
        self.status_writes.inc();
    }

    pub(in crate::controller) fn status_contested(&self) {
        self.contested_statuses.inc();
    }

    pub(in crate::controller) fn record_retried(&self) {
        self.record_retries.inc();
    }
}

/// A place in the queue.
pub(in crate::controller) struct Waiting(Gauge);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.dec();
    }
}
