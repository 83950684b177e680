//! Mutants of the protocol: each breaks one promise by a small change of the sources, and names the
//! test that must notice.
//!
//! `cargo run -p mutants` makes each in a copy of the sources; `cargo run -p mutants NAME…` only
//! some.

mod copy;
mod list;
mod mutant;
mod run;
mod shared;

pub use list::MUTANTS;
pub use mutant::Mutant;
pub use run::run;
