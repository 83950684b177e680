//! How many resources stand where, counted at a scrape from what the watches hold.

use std::fmt;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use crate::controller::watch::stores::Stores;
use crate::resource::{Phase, Reason};

/// Counts the resources of these watches.
#[derive(Debug)]
pub(in crate::controller) struct ResourceMetrics(pub(in crate::controller) Stores);

#[derive(Default)]
struct Counts {
    phases: [i64; Phase::ALL.len()],
    stalled: Vec<(Reason, i64)>,
    waiting: Vec<(Reason, i64)>,
    unknown: i64,
    oldest_unknown: Option<Timestamp>,
    oldest_under_way: Option<Timestamp>,
}

impl ResourceMetrics {
    fn count(&self) -> Counts {
        let by_reason = || Reason::ALL.iter().map(|reason| (*reason, 0)).collect();
        let mut counts = Counts { stalled: by_reason(), waiting: by_reason(), ..Counts::default() };
        let add = |counts: &mut Vec<(Reason, i64)>, to: Option<Reason>| {
            counts
                .iter_mut()
                .filter(|(reason, _)| Some(*reason) == to)
                .for_each(|(_, count)| *count += 1);
        };
        let older = |oldest: Option<Timestamp>, at: Timestamp| {
            Some(oldest.map_or(at, |oldest| oldest.min(at)))
        };
        self.0.for_each(|tracked| {
            let phases = Phase::ALL.iter().zip(&mut counts.phases);
            phases.filter(|(phase, _)| **phase == tracked.phase).for_each(|(_, count)| *count += 1);
            add(&mut counts.stalled, tracked.stalled);
            add(&mut counts.waiting, tracked.waiting);
            if let Some(since) = tracked.unknown_since {
                counts.unknown += 1;
                counts.oldest_unknown = older(counts.oldest_unknown, since);
            }
            if let Some(since) = tracked.under_way_since {
                counts.oldest_under_way = older(counts.oldest_under_way, since);
            }
        });
        counts
    }
}

impl Collector for ResourceMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Counts { phases, stalled, waiting, unknown, oldest_unknown, oldest_under_way } =
            self.count();
        let now = Timestamp::now();
        let age = |since: Option<Timestamp>| {
            since.map_or(0.0, |since| now.duration_since(since).as_secs_f64().max(0.0))
        };

        let help = "BackupReplications, by phase";
        let mut family = encoder.encode_descriptor("resources", help, None, MetricType::Gauge)?;
        for (phase, count) in Phase::ALL.iter().zip(phases) {
            ConstGauge::new(count).encode(family.encode_family(&[("phase", phase.as_str())])?)?;
        }
        let help = "BackupReplications that wait for a person to act, by reason";
        let mut family =
            encoder.encode_descriptor("stalled_resources", help, None, MetricType::Gauge)?;
        for (reason, count) in stalled {
            ConstGauge::new(count).encode(family.encode_family(&[("reason", reason.as_str())])?)?;
        }
        let help = "BackupReplications that wait for something and are not Stalled, by reason";
        let mut family =
            encoder.encode_descriptor("waiting_resources", help, None, MetricType::Gauge)?;
        for (reason, count) in waiting {
            ConstGauge::new(count).encode(family.encode_family(&[("reason", reason.as_str())])?)?;
        }
        let help = "BackupReplications with an attempt whose outcome is unknown";
        let gauge = encoder.encode_descriptor("unknown_outcomes", help, None, MetricType::Gauge)?;
        ConstGauge::new(unknown).encode(gauge)?;
        let help = "Age of the oldest attempt whose outcome is unknown; 0 where there is none";
        let unit = Some(&Unit::Seconds);
        let gauge = encoder.encode_descriptor(
            "oldest_unknown_outcome_age",
            help,
            unit,
            MetricType::Gauge,
        )?;
        ConstGauge::new(age(oldest_unknown)).encode(gauge)?;
        let help = "Time since the acceptance of the oldest replication that is under way; 0 where \
            there is none";
        let gauge =
            encoder.encode_descriptor("oldest_replication_age", help, unit, MetricType::Gauge)?;
        ConstGauge::new(age(oldest_under_way)).encode(gauge)
    }
}
