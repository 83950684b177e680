//! `leader`: asked at each scrape, so that a lead that has run out shows at once.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;

use crate::controller::Leadership;

/// 1 while this process works, 0 while it stands by.
#[derive(Debug)]
pub(in crate::operator) struct LeaderMetric(pub(in crate::operator) Leadership);

impl Collector for LeaderMetric {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let gauge = ConstGauge::new(i64::from(self.0.is_held()));
        let help = "Whether this process works on resources (1) or stands by (0)";
        gauge.encode(encoder.encode_descriptor("leader", help, None, gauge.metric_type())?)
    }
}
