//! Calls held back until a test lets them pass.

use std::sync::Arc;

use tokio::sync::watch;

/// A gate that calls wait at, in order of arrival. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Hold {
    name: Arc<str>,
    arrived: watch::Sender<u64>,
    released: watch::Sender<u64>,
}

impl Hold {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), arrived: watch::Sender::new(0), released: watch::Sender::new(0) }
    }

    /// By which scripts in JSON know it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits until a call has arrived here since the start. Where the hold comes after a commit, it
    /// is committed.
    pub async fn arrived(&self) {
        self.arrivals(1).await;
    }

    /// Waits until so many calls have arrived here since the start, whether released or not.
    pub async fn arrivals(&self, count: u64) {
        reach(&self.arrived, count).await;
    }

    /// Lets one call pass: the first that still waits, or else the next to arrive.
    pub fn release_one(&self) {
        self.released.send_modify(|released| *released = released.saturating_add(1));
    }

    /// Lets all calls pass, from now on too.
    pub fn release(&self) {
        self.released.send_replace(u64::MAX);
    }

    pub(crate) async fn pass(&self) {
        let mut ticket = 0;
        self.arrived.send_modify(|arrived| {
            *arrived += 1;
            ticket = *arrived;
        });
        reach(&self.released, ticket).await;
    }
}

async fn reach(counter: &watch::Sender<u64>, count: u64) {
    let mut counter = counter.subscribe();
    // Fails only when the sender is gone, and it is borrowed here; the guard must not outlive the
    // look.
    drop(counter.wait_for(|reached| *reached >= count).await);
}
