//! Requests to the cloud, by how they ended and how long they took.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::protocol::{CallResult, ListReading, Lookup};
use crate::resource::RejectionKind;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    outcome: CallOutcome,
}

closed_list! {
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
}

impl From<&CallResult> for CallOutcome {
    fn from(ending: &CallResult) -> Self {
        match ending {
            CallResult::Accepted(..) => Self::Accepted,
            CallResult::NotSent(_) => Self::NotSent,
            CallResult::Unknown(_) => Self::Unknown,
            CallResult::Rejected { kind, .. } => match kind {
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
struct LookUpLabels {
    outcome: LookUpOutcome,
}

closed_list! {
    enum LookUpOutcome {
        Seen,
        NotAvailable,
        NoSuchBackup,
        Unauthorized,
        Throttled,
        Failed,
    }
}

impl LookUpOutcome {
    /// `None` where nothing was asked of the cloud.
    fn of(look: &Lookup) -> Option<Self> {
        Some(match look {
            Lookup::Backup(_) => Self::Seen,
            Lookup::NotAvailable(_) => Self::NotAvailable,
            Lookup::NoSuchBackup(_) => Self::NoSuchBackup,
            Lookup::Unauthorized(_) => Self::Unauthorized,
            Lookup::Throttled { .. } => Self::Throttled,
            Lookup::Failed(_) => Self::Failed,
            Lookup::Deferred { .. } => return None,
        })
    }
}

impl From<&ListReading> for LookUpOutcome {
    fn from(list: &ListReading) -> Self {
        match list {
            ListReading::Shown(_) => Self::Seen,
            ListReading::NotAvailable(_) => Self::NotAvailable,
            ListReading::Unauthorized(_) => Self::Unauthorized,
            ListReading::Throttled { .. } => Self::Throttled,
            ListReading::Failed(_) => Self::Failed,
        }
    }
}

/// Calls and look-ups.
pub(in crate::controller) struct CloudMetrics {
    calls: Family<CallLabels, Counter>,
    call_duration: Histogram,
    look_ups: Family<LookUpLabels, Counter>,
    look_up_duration: Histogram,
    throttled: Counter<f64, AtomicU64>,
}

impl CloudMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let histogram = || Histogram::new(exponential_buckets(0.05, 2.0, 12));
        let metrics = Self {
            calls: Family::default(),
            call_duration: histogram(),
            look_ups: Family::default(),
            look_up_duration: histogram(),
            throttled: Counter::default(),
        };
        CallOutcome::ALL.iter().for_each(|outcome| {
            drop(metrics.calls.get_or_create(&CallLabels { outcome: *outcome }))
        });
        LookUpOutcome::ALL.iter().for_each(|outcome| {
            drop(metrics.look_ups.get_or_create(&LookUpLabels { outcome: *outcome }))
        });
        registry.register(
            "calls",
            "Replication calls to the cloud, by how they ended",
            metrics.calls.clone(),
        );
        registry.register_with_unit(
            "call_duration",
            "Time from the start of a replication call to its end",
            Unit::Seconds,
            metrics.call_duration.clone(),
        );
        registry.register(
            "look_ups",
            "Look-ups of a backup's records, by result",
            metrics.look_ups.clone(),
        );
        registry.register_with_unit(
            "look_up_duration",
            "Time of a look-up of a backup's records",
            Unit::Seconds,
            metrics.look_up_duration.clone(),
        );
        registry.register_with_unit(
            "throttled",
            "Time for which the cloud has had credentials wait",
            Unit::Seconds,
            metrics.throttled.clone(),
        );
        metrics
    }

    pub(in crate::controller) fn called(&self, ending: &CallResult, took: Duration) {
        self.calls.get_or_create(&CallLabels { outcome: CallOutcome::from(ending) }).inc();
        self.call_duration.observe(took.as_secs_f64());
    }

    /// A list of backups is a look-up, too.
    pub(in crate::controller) fn listed(&self, list: &ListReading, took: Duration) {
        let outcome = LookUpOutcome::from(list);
        self.look_ups.get_or_create(&LookUpLabels { outcome }).inc();
        self.look_up_duration.observe(took.as_secs_f64());
    }

    /// The cloud has one credential wait for so much longer.
    pub(in crate::controller) fn throttled(&self, wait: Duration) {
        self.throttled.inc_by(wait.as_secs_f64());
    }

    pub(in crate::controller) fn looked_up(&self, look: &Lookup, took: Duration) {
        if let Some(outcome) = LookUpOutcome::of(look) {
            self.look_ups.get_or_create(&LookUpLabels { outcome }).inc();
            self.look_up_duration.observe(took.as_secs_f64());
        }
    }
}
