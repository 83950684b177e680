//! Does what was decided: observes, claims, calls, records. One direction, one short function for
//! each step.

mod api;
mod clocks;
mod context;
mod events;
mod heartbeat;
mod key;
mod leadership;
mod metrics;
mod prepared;
mod queue;
mod readiness;
mod reconcile;
mod run;
mod settings;
mod state;
mod trace;
mod watch;

pub(crate) use api::{not_allowed, not_known, root_cause};
pub(crate) use clocks::since_boot;
pub use heartbeat::Heartbeat;
pub use leadership::Leadership;
pub use readiness::{Part, Readiness};
pub use run::{Controller, Shutdown};
pub use settings::{RequiredLabel, Settings};
