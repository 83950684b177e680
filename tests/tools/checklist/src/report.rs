//! What is printed: a line for each step, fact and check.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Runs a step on the way to the checks, and says how long it took.
///
/// # Errors
/// Those of the step.
pub fn step<T>(name: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let done = run()?;
    println!("   {:>6.1} s  {name}", start.elapsed().as_secs_f64());
    Ok(done)
}

/// Something seen or measured.
pub fn fact(name: &str, value: &str) {
    println!("             {name}: {}", value.trim_end());
}

/// A check's end.
pub(crate) fn check(name: &str, took: Duration, outcome: &Result<()>) {
    let verdict = if outcome.is_ok() { "ok    " } else { "FAILED" };
    println!("{verdict} {:>6.1} s  {name}", took.as_secs_f64());
    if let Err(error) = outcome {
        for line in format!("{error:#}").lines() {
            println!("             {line}");
        }
    }
}
