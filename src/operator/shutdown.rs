//! Ends the process in order: SIGTERM or SIGINT drains, and what cannot be written in time is given up.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::controller::{Readiness, Shutdown};

/// Waits for SIGTERM or SIGINT, then begins the drain; after `grace`, gives up what is not written.
///
/// # Errors
/// Where the signals cannot be listened to.
pub(super) async fn on_signal(shutdown: Shutdown, readiness: Readiness, grace: Duration) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("Shutting down: no new call begins; calls under way end and are recorded");
    readiness.not_ready("operator", "shutting down");
    shutdown.drain.cancel();
    tokio::time::sleep(grace).await;
    shutdown.give_up.cancel();
    Ok(())
}
