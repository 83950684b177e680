//! An exporter that reports its failures once in a while: a collector that is away is no reason for
//! a line every few seconds.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Between two lines about a collector that stays away.
const REMINDER: Duration = Duration::from_secs(10 * 60);

/// An exporter, and how it has done lately.
#[derive(Debug)]
pub(super) struct QuietExporter<E> {
    exporter: E,
    failing: Mutex<Option<Failing>>,
}

/// A collector that is away.
#[derive(Clone, Copy, Debug)]
struct Failing {
    said: Instant,
    lost: usize,
}

impl<E> QuietExporter<E> {
    pub(super) fn new(exporter: E) -> Self {
        Self { exporter, failing: Mutex::new(None) }
    }

    fn note(&self, spans: usize, result: &OTelSdkResult) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        match (result, *failing) {
            (Ok(()), None) => {}
            (Ok(()), Some(Failing { said: _, lost })) => {
                tracing::info!(lost, "Traces are sent again");
                *failing = None;
            }
            (Err(_), Some(Failing { said, lost })) if said.elapsed() < REMINDER => {
                *failing = Some(Failing { said, lost: lost.saturating_add(spans) });
            }
            (Err(error), before) => {
                let lost = before.map_or(0, |failing| failing.lost).saturating_add(spans);
                tracing::warn!(lost, %error, "Traces cannot be sent; nothing else depends on them");
                *failing = Some(Failing { said: Instant::now(), lost });
            }
        }
    }
}

impl<E: SpanExporter> SpanExporter for QuietExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let result = self.exporter.export(batch).await;
        self.note(spans, &result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
