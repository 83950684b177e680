//! The demo's binary, as its users run it, and the examples that it shows.

mod ends;
mod examples;
mod interrupted;

const DEMO: &str = env!("CARGO_BIN_EXE_demo");
