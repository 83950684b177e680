//! Checks that a command makes one after the other, with a line for each, and what they are made with: programs, and this repository's files.

mod check;
pub mod commands;
pub mod report;
mod repository;

pub use crate::check::{Check, run};
pub use crate::repository::repository;
