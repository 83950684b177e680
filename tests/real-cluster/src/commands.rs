//! Programs that are run to their end.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs it, and returns what it printed on standard output.
///
/// # Errors
/// It cannot be started, or it fails: with what it printed on standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().with_context(|| format!("could not run {shown}"))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{shown}: {}\n{}\n{}", output.status, stderr.trim_end(), stdout.trim_end());
    Ok(stdout.into_owned())
}

/// Runs one that must fail, and returns what it printed.
///
/// # Errors
/// It cannot be started, or it succeeds.
pub(crate) fn refused(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().with_context(|| format!("could not run {shown}"))?;
    ensure!(!output.status.success(), "{shown} should have been refused");
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    format!("{} {}", program.display(), arguments.join(" "))
}

/// The folder of this repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of this crate.
pub(crate) fn file(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}
