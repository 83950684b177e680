//! How "once" is kept. Everything here is pure: time, ids and what was seen are passed in, one action comes out.
//!
//! `decide` says what to do next for a resource, `claim` and `record` fold a claim and a call's end into its status,
//! and `fence` says whether a claimed call may still start.

mod accepted;
mod after_call;
mod ask;
mod backoff;
mod before_call;
mod claim;
mod decide;
mod describe;
mod ending;
mod evidence;
mod fence;
mod history;
mod human;
mod news;
mod observation;
mod policy;
mod record;
mod settle;
mod situation;
mod step;
mod target;
mod tell;
mod tell_accepted;
mod tell_copy;
mod told;
mod tracking;
mod unknown;

pub use after_call::describe_end;
pub(crate) use backoff::honoured;
pub use decide::{Action, decide, is_finished};
pub use ending::{Acceptance, Answer, Ending};
pub use evidence::{Look, Relation, relation};
pub use fence::{Clocks, Fence};
pub use human::{Heard, Word, hear};
pub use news::{News, Turn, news, since_creation};
pub use observation::{CredentialReading, FreshAttempt, Observation, TargetReading};
pub use policy::{Policy, shortest_hold};
pub use record::{Recorded, record};
pub use target::{CallTarget, HeldTarget, held_target};
pub use tracking::{Looked, shows_called_record, shows_record};

#[cfg(test)]
mod decide_tests;
#[cfg(test)]
mod evidence_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod human_tests;
#[cfg(test)]
mod record_tests;
#[cfg(test)]
mod tracking_tests;
