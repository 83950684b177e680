//! How "once" is kept. Everything here is pure: time, ids and what was seen are passed in, one
//! action comes out.
//!
//! `decide/` says what to do next for a resource, `facts/` folds what happened into its status,
//! `describe/` says it in words, and `fence` says whether a claimed call may still start.

mod backoff;
mod choice;
mod circuit;
mod contested;
mod credential;
mod decide;
mod decision;
mod describe;
mod due;
mod essential;
mod evidence;
mod facts;
mod fence;
mod iam;
mod list_reading;
mod logged_calls;
mod lookup;
mod observation;
mod pace;
mod policy;
mod refusal;
mod secret;
mod target;
mod token_life;
mod transitions;
mod verdict;
mod witness;

pub(crate) use backoff::{claim_delay, conflict_delay, deadline, error_delay};
pub(crate) use circuit::{Circuit, CircuitState, is_silence};
pub(crate) use contested::{MayWrite, OwnStatus, another_writer, has_new_facts};
pub use credential::{CredentialProblem, CredentialReading};
pub use decide::after_call::describe_result;
pub(crate) use decide::preconditions::METADATA_BYTES;
pub use decide::round::{Facts, Round, Viewer};
pub use decide::{Action, is_finished};
pub use decision::{Decision, Verdict, evaluate};
pub(crate) use due::{NextLookup, cause, wait_for_lookup};
pub(crate) use essential::essential;
pub use evidence::{Relation, relation};
pub use facts::call_result::{Acceptance, CallAnswer, CallResult};
pub use facts::record::{Recorded, record};
pub use fence::{Clocks, Fence};
pub use iam::{iam_endpoint, without_version};
pub use list_reading::ListReading;
pub use logged_calls::{LoggedCalls, logged_calls};
pub(crate) use lookup::names_answered_record;
pub use lookup::{
    Lookup, LookupHistory, LookupMemory, ViewerMemory, shows_called_record, shows_record,
};
pub use observation::{FreshAttempt, Observation, RefusedClaim, TargetReading};
pub(crate) use pace::Pace;
pub use policy::{Policy, shortest_claim_lifetime};
pub use secret::{SecretContent, secret_content};
pub use target::{CallTarget, LockedTarget, locked_target};
pub use token_life::TokenLife;
pub use transitions::{Transition, TransitionKind, since_creation, transitions};
pub(crate) use verdict::CredentialVerdict;
pub use witness::LogReading;

#[cfg(test)]
pub(crate) use describe::fixtures::every_description;

#[cfg(test)]
mod decision_tests;
#[cfg(test)]
mod doubles_tests;
#[cfg(test)]
mod evidence_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod spelling_tests;
