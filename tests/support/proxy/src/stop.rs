//! A message that is to be stopped.

use anyhow::{Context, Result};
use tokio::sync::oneshot;

use crate::message::Message;

/// Where a message is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The request has arrived here whole, and the server has seen nothing of it.
    Request,
    /// The server's answer has arrived here whole, or it is known that none will; the client has
    /// seen nothing of it.
    Answer,
}

/// What becomes of a stopped message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Pass,
    Reset,
}

/// The handle of a stop. Dropped, the message passes.
#[derive(Debug)]
pub struct Stop {
    reached: oneshot::Receiver<()>,
    fate: oneshot::Sender<Fate>,
}

/// The proxy's side of it.
pub(crate) struct Barrier {
    moment: Moment,
    wanted: Box<dyn FnMut(&Message) -> bool + Send>,
    number: Option<usize>,
    reached: oneshot::Sender<()>,
    fate: oneshot::Receiver<Fate>,
}

impl Stop {
    pub(crate) fn new(
        moment: Moment,
        wanted: Box<dyn FnMut(&Message) -> bool + Send>,
    ) -> (Self, Barrier) {
        let (reached, is_reached) = oneshot::channel();
        let (decide, fate) = oneshot::channel();
        (
            Self { reached: is_reached, fate: decide },
            Barrier { moment, wanted, number: None, reached, fate },
        )
    }

    /// Waits until the message stands still, for as long as it takes.
    ///
    /// # Errors
    /// The gate is gone, or the stop was replaced by another.
    pub async fn reached(&mut self) -> Result<()> {
        (&mut self.reached).await.context("this message cannot come any more")
    }

    /// Lets it pass.
    pub fn pass(self) {
        let _client_gone = self.fate.send(Fate::Pass);
    }

    /// Resets its connection to the client. The server's answer, or the request itself, is lost.
    pub fn reset(self) {
        let _client_gone = self.fate.send(Fate::Reset);
    }
}

impl Barrier {
    /// Asks for a message that has arrived, unless the one to stop is known.
    pub(crate) fn look_at(&mut self, number: usize, message: &Message) {
        if self.number.is_none() && (self.wanted)(message) {
            self.number = Some(number);
        }
    }

    pub(crate) fn is_for(&self, number: usize, moment: Moment) -> bool {
        self.number == Some(number) && self.moment == moment
    }

    /// Stands still until the handle has decided.
    pub(crate) async fn fate(self) -> Fate {
        let _nobody_waits = self.reached.send(());
        self.fate.await.unwrap_or(Fate::Pass)
    }
}
