//! What happened, folded into the status: a claim, a call's result, and what settles an attempt
//! from outside.

pub(super) mod call_result;
pub(super) mod claim;
pub(super) mod logged;
pub(super) mod progress;
pub(super) mod record;
pub(super) mod settle;

#[cfg(test)]
mod call_result_tests;
#[cfg(test)]
mod record_tests;
