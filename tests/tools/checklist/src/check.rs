//! A check, and the list of them.

use std::time::Instant;

use anyhow::Result;

use crate::report;

/// Something that either passes, or says why not.
pub struct Check<'a> {
    name: String,
    run: Box<dyn Fn() -> Result<()> + 'a>,
}

impl<'a> Check<'a> {
    /// A check of this name, by which it can be asked for.
    pub fn new(name: impl Into<String>, run: impl Fn() -> Result<()> + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// Whether the check of this name is one of those asked for: all, if none is.
#[must_use]
pub fn is_wanted(name: &str, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|text| name.contains(text))
}

/// Runs those whose name contains one of the texts, or all if there is none, in their order. Prints
/// a line for each, and how many failed in how many seconds since `start`. Returns whether there
/// were any, and all passed.
pub fn run<'a>(
    checks: impl IntoIterator<Item = Check<'a>>,
    only: &[String],
    start: Instant,
) -> bool {
    let (mut run, mut failed) = (0, 0);
    for check in checks.into_iter().filter(|check| is_wanted(&check.name, only)) {
        let begin = Instant::now();
        let outcome = (check.run)();
        report::check(&check.name, begin.elapsed(), &outcome);
        run += 1;
        failed += usize::from(outcome.is_err());
    }
    println!("{run} checks, {failed} failed, in {:.0} s.", start.elapsed().as_secs_f64());
    failed == 0 && run > 0
}
