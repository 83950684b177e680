//! What is counted. Every label comes from a closed list.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::protocol::Ending;
use crate::resource::RejectionKind;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    outcome: CallOutcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum CallOutcome {
    Accepted,
    NotSent,
    Terminal,
    Temporary,
    Throttled,
    Unauthorized,
    AlreadyReplicated,
    Unknown,
}

impl From<&Ending> for CallOutcome {
    fn from(ending: &Ending) -> Self {
        match ending {
            Ending::Accepted(..) => Self::Accepted,
            Ending::NotSent(_) => Self::NotSent,
            Ending::Unknown(_) => Self::Unknown,
            Ending::Rejected { kind, .. } => match kind {
                RejectionKind::Terminal => Self::Terminal,
                RejectionKind::Temporary => Self::Temporary,
                RejectionKind::Throttled => Self::Throttled,
                RejectionKind::Unauthorized => Self::Unauthorized,
                RejectionKind::AlreadyReplicated => Self::AlreadyReplicated,
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReconcileLabels {
    result: ReconcileResult,
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(super) enum ReconcileResult {
    /// As decided.
    Done,
    /// Somebody else wrote first; the round is repeated.
    Conflict,
    /// The API server could not be asked.
    Error,
    /// A bug.
    Panic,
}

/// The controller's metrics.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    calls: Family<CallLabels, Counter>,
    call_duration: Histogram,
    reconciles: Family<ReconcileLabels, Counter>,
    status_writes: Counter,
    record_retries: Counter,
}

impl Metrics {
    /// Registers all of them.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            calls: Family::default(),
            call_duration: Histogram::new(exponential_buckets(0.05, 2.0, 12)),
            reconciles: Family::default(),
            status_writes: Counter::default(),
            record_retries: Counter::default(),
        };
        registry.register("calls", "Replication calls to the cloud, by how they ended", metrics.calls.clone());
        registry.register_with_unit(
            "call_duration",
            "Time from the start of a replication call to its end",
            Unit::Seconds,
            metrics.call_duration.clone(),
        );
        registry.register("reconciles", "Rounds of the controller, by result", metrics.reconciles.clone());
        registry.register("status_writes", "Statuses written to the API server", metrics.status_writes.clone());
        registry.register(
            "record_retries",
            "Repeated tries to write down how a call ended",
            metrics.record_retries.clone(),
        );
        metrics
    }

    pub(super) fn call_ended(&self, ending: &Ending, took: Duration) {
        let outcome = CallOutcome::from(ending);
        self.calls.get_or_create(&CallLabels { outcome }).inc();
        self.call_duration.observe(took.as_secs_f64());
    }

    pub(super) fn reconciled(&self, result: ReconcileResult) {
        self.reconciles.get_or_create(&ReconcileLabels { result }).inc();
    }

    pub(super) fn status_written(&self) {
        self.status_writes.inc();
    }

    pub(super) fn record_retried(&self) {
        self.record_retries.inc();
    }
}
