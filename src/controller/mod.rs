//! Does what was decided: observes, claims, calls, records. One direction, one short function for each step.

mod call;
mod claim;
mod clocks;
mod context;
mod credential;
mod heartbeat;
mod leadership;
mod look;
mod looks;
mod memory;
mod metrics;
mod news;
mod permits;
mod readiness;
mod reconcile;
mod record_end;
mod run;
mod status;
mod stores;
mod target;
mod targets;
mod throttle;
mod trace;
mod tracked;
mod watch;

pub(crate) use clocks::since_boot;
pub use context::Settings;
pub use credential::RequiredLabel;
pub use heartbeat::Heartbeat;
pub use leadership::Leadership;
pub use readiness::{Part, Readiness};
pub use run::{Controller, Shutdown};
pub(crate) use status::{not_allowed, not_known, root_cause};
