//! Checks that a command makes one after the other, with a line for each, and the programs that
//! they run.

mod check;
pub mod commands;
pub mod report;

pub use crate::check::{Check, is_wanted, run};
