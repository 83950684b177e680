//! Ctrl-C, and the other signals that ask a process to end.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT, SIGTERM and SIGHUP.
#[derive(Debug)]
pub struct Interrupt([Signal; 3]);

impl Interrupt {
    /// From now on these signals end the process only where it says so.
    ///
    /// # Errors
    /// They cannot be caught.
    pub fn new() -> Result<Self> {
        let catch = |kind| signal(kind).context("could not catch Ctrl-C");
        Ok(Self([
            catch(SignalKind::interrupt())?,
            catch(SignalKind::terminate())?,
            catch(SignalKind::hangup())?,
        ]))
    }

    /// Waits for one of them.
    pub async fn wait(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
