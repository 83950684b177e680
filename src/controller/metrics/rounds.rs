//! The controller's own work: reconciliations, and writes to the API server.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoundLabels {
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
    ended: Family<RoundLabels, Counter>,
    duration: Histogram,
    queue: Queue,
    status_writes: Counter,
    record_retries: Counter,
    contested_statuses: Counter,
}

impl RoundMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            ended: Family::default(),
            duration: Histogram::new(exponential_buckets(0.002, 3.0, 11)),
            queue: Queue::default(),
            status_writes: Counter::default(),
            record_retries: Counter::default(),
            contested_statuses: Counter::default(),
        };
        ReconcileResult::ALL
            .iter()
            .for_each(|result| drop(metrics.ended.get_or_create(&RoundLabels { result: *result })));
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
            metrics.queue.depth.clone(),
        );
        registry.register_collector(Box::new(LongestWait(metrics.queue.clone())));
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
        self.ended.get_or_create(&RoundLabels { result }).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// One more waits for its turn, until what this returns is dropped.
    pub(in crate::controller) fn waits(&self) -> Waiting {
        self.queue.enter()
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

/// Who waits, the longest first. Clones share it.
#[derive(Clone, Debug, Default)]
struct Queue {
    depth: Gauge,
    since: Arc<Mutex<BTreeMap<u64, Instant>>>,
}

impl Queue {
    fn enter(&self) -> Waiting {
        self.depth.inc();
        let mut since = self.lock();
        let number = since.last_key_value().map_or(0, |(last, _)| last.wrapping_add(1));
        since.insert(number, Instant::now());
        Waiting { queue: self.clone(), number }
    }

    fn longest(&self) -> Duration {
        self.lock().first_key_value().map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Instant>> {
        // A panic elsewhere leaves it whole.
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue.
pub(in crate::controller) struct Waiting {
    queue: Queue,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.queue.depth.dec();
        self.queue.lock().remove(&self.number);
    }
}

/// Asked at each scrape.
#[derive(Debug)]
struct LongestWait(Queue);

impl Collector for LongestWait {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "How long the resource has waited for its turn that has waited longest";
        let gauge = ConstGauge::new(self.0.longest().as_secs_f64());
        let unit = Some(&Unit::Seconds);
        let metric = encoder.encode_descriptor("longest_wait", help, unit, MetricType::Gauge)?;
        gauge.encode(metric)
    }
}
