//! Ends the process in order: SIGTERM or SIGINT drains, and what cannot be written in time is given
//! up.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::controller::{Part, Readiness, Shutdown};

/// SIGTERM and SIGINT. From the moment this is made, neither ends the process unasked, and none is
/// missed.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Begins to listen. Call it inside of a runtime, before anything that may take its time.
    ///
    /// # Errors
    /// Where the signals cannot be listened to.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns with the first of them, which may have come already.
    pub(super) async fn one(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits for a signal, then begins the drain; after `grace`, gives up what is not written.
pub(super) async fn on_signal(
    mut signals: Signals,
    shutdown: Shutdown,
    readiness: Readiness,
    grace: Duration,
) {
    signals.one().await;
    tracing::info!("Shutting down: no new call begins; calls under way end and are recorded");
    readiness.not_ready(Part::Process, "operator", "shutting down");
    shutdown.drain.cancel();
    tokio::time::sleep(grace).await;
    shutdown.give_up.cancel();
}
