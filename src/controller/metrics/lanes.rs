//! The gate for requests to the cloud, as it is at a scrape.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::controller::state::gate::{Gate, LaneCounts};

/// How many credentials are in each state that keeps their requests back.
pub(in crate::controller) struct LaneMetrics {
    gate: Arc<Gate>,
    /// When the clock of the gate began.
    started: Instant,
}

impl LaneMetrics {
    pub(in crate::controller) fn new(gate: Arc<Gate>, started: Instant) -> Self {
        Self { gate, started }
    }
}

impl fmt::Debug for LaneMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LaneMetrics")
    }
}

impl Collector for LaneMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Requests to the cloud under way";
        ConstGauge::new(i64::try_from(self.gate.under_way()).unwrap_or(i64::MAX)).encode(
            encoder.encode_descriptor("cloud_requests_under_way", help, None, MetricType::Gauge)?,
        )?;
        let LaneCounts { throttled, open, half_open } = self.gate.counts(self.started.elapsed());
        let help = "Credentials at an endpoint whose requests are kept back, by why";
        let mut family =
            encoder.encode_descriptor("held_back_credentials", help, None, MetricType::Gauge)?;
        for (state, number) in [("Throttled", throttled), ("Open", open), ("HalfOpen", half_open)] {
            ConstGauge::new(i64::try_from(number).unwrap_or(i64::MAX))
                .encode(family.encode_family(&[("state", state)])?)?;
        }
        Ok(())
    }
}
