//! All that the service knows, behind one lock, and the signal that something changed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::log::Log;
use crate::script::Scripts;
use crate::script::hold::Hold;
use crate::service::Service;

/// What the lock guards.
pub(crate) struct State {
    pub(crate) service: Service,
    pub(crate) scripts: Scripts,
    pub(crate) log: Log,
    holds: HashMap<String, Hold>,
}

impl State {
    /// The hold of a name, made if there is none.
    pub(crate) fn hold(&mut self, name: &str) -> Hold {
        self.holds.entry(name.to_owned()).or_insert_with(|| Hold::new(name)).clone()
    }
}

/// The state as the handle, the connections and the admin API share it.
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

impl Shared {
    pub(crate) fn new(service: Service) -> Self {
        let state = State {
            service,
            scripts: Scripts::default(),
            log: Log::default(),
            holds: HashMap::new(),
        };
        Self { state: Mutex::new(state), changed: watch::Sender::new(()) }
    }

    /// Looks or changes, without a signal.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // A predicate of a test that panics must not take the service down for the others that
        // share it.
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the log, and tells those who wait.
    pub(crate) fn record<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = self.with(act);
        self.changed.send_replace(());
        result
    }

    /// Waits until the log is as wanted.
    pub(crate) async fn wait_for(&self, mut wanted: impl FnMut(&Log) -> bool) {
        let mut changes = self.changed.subscribe();
        while !self.with(|state| wanted(&state.log)) {
            // Fails only when the sender is gone, and it is borrowed here.
            let _changed = changes.changed().await;
        }
    }
}
