//! `ready`: what `/ready` tells, for those who watch from afar. Asked at each scrape.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::controller::{Part, Readiness};

/// 1 for each part that is there, 0 for one that is not.
#[derive(Debug)]
pub(super) struct ReadyMetric(pub(super) Readiness);

impl Collector for ReadyMetric {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Whether every watch sees its resources, and whether the Lease can be read and \
            written (1), or not (0)";
        let mut family = encoder.encode_descriptor("ready", help, None, MetricType::Gauge)?;
        // A process that ends is no fault, and is not told.
        for (part, name) in [(Part::Watch, "Watch"), (Part::Lease, "Lease")] {
            ConstGauge::new(i64::from(self.0.has(part)))
                .encode(family.encode_family(&[("part", name)])?)?;
        }
        Ok(())
    }
}
