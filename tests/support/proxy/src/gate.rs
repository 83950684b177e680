//! Numbers the messages that count, and stops one of them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::message::Message;
use crate::stop::{Barrier, Fate, Moment, Stop};

/// What the messages of one client pass through. Clones are the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Shared>);

struct Shared {
    counts: Box<dyn Fn(&Message) -> bool + Send + Sync>,
    state: Mutex<State>,
    answered: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    messages: Vec<Message>,
    barrier: Option<Barrier>,
    lag: Duration,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("messages", &self.lock().messages.len())
            .finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate that numbers the messages for which `counts` holds. Their answers are read to the end
    /// before they pass; those of all others stream, so a watch belongs there.
    pub fn new(counts: impl Fn(&Message) -> bool + Send + Sync + 'static) -> Self {
        let (answered, _) = watch::channel(0);
        Self(Arc::new(Shared { counts: Box::new(counts), state: Mutex::default(), answered }))
    }

    /// Stops the first numbered message from now on that is wanted, once. Each is asked for once,
    /// in the order of their arrival. An earlier stop that was not reached is replaced.
    pub fn stop(
        &self,
        moment: Moment,
        wanted: impl FnMut(&Message) -> bool + Send + 'static,
    ) -> Stop {
        let (stop, barrier) = Stop::new(moment, Box::new(wanted));
        self.lock().barrier = Some(barrier);
        stop
    }

    /// Holds each piece of what streams back for so long, from now on.
    pub fn lag(&self, lag: Duration) {
        self.lock().lag = lag;
    }

    /// The numbered messages so far, in the order of their arrival.
    pub fn messages(&self) -> Vec<Message> {
        self.lock().messages.clone()
    }

    /// Waits until so many of the numbered messages were answered to the client, for as long as it
    /// takes.
    pub async fn answered(&self, number: usize) {
        let mut answered = self.0.answered.subscribe();
        // The sender lives as long as this gate.
        let _answered = answered.wait_for(|answered| *answered >= number).await;
    }

    /// The number of a message that counts.
    pub(crate) fn arrived(&self, message: Message) -> Option<usize> {
        if !(self.0.counts)(&message) {
            return None;
        }
        let State { messages, barrier, lag: _ } = &mut *self.lock();
        let number = messages.len();
        if let Some(barrier) = barrier {
            barrier.look_at(number, &message);
        }
        messages.push(message);
        Some(number)
    }

    /// What becomes of a message at this moment, once that is decided.
    pub(crate) async fn fate(&self, number: usize, moment: Moment) -> Fate {
        let barrier = self.lock().barrier.take_if(|barrier| barrier.is_for(number, moment));
        match barrier {
            Some(barrier) => barrier.fate().await,
            None => Fate::Pass,
        }
    }

    pub(crate) fn answers(&self) {
        self.0.answered.send_modify(|answered| *answered += 1);
    }

    pub(crate) async fn stream_lag(&self) {
        let lag = self.lock().lag;
        if !lag.is_zero() {
            tokio::time::sleep(lag).await;
        }
    }

    /// A panic elsewhere leaves the state whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
