//! Programs that are run to their end.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

/// Runs it, and returns what it printed on standard output.
///
/// # Errors
/// It cannot be started, or it fails: with all that it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = run(command)?;
    Ok(String::from_utf8(output.stdout)?)
}

/// The same for one that has nothing to say on standard error, where warnings go.
///
/// # Errors
/// As [`output`]; or it has.
pub(crate) fn output_without_warning(command: &mut Command) -> Result<String> {
    let output = run(command)?;
    let warnings = String::from_utf8_lossy(&output.stderr);
    ensure!(warnings.is_empty(), "{}: {}", shown(command), warnings.trim_end());
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs one that must fail.
///
/// # Errors
/// It cannot be started, or it succeeds.
pub(crate) fn refused(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("could not run {}", shown(command)))?;
    ensure!(!output.status.success(), "{} should have been refused", shown(command));
    Ok(())
}

fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("could not run {}", shown(command)))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{}: {}\n{}\n{}", shown(command), output.status, stderr.trim(), stdout.trim());
    Ok(output)
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    format!("{} {}", program.display(), arguments.join(" "))
}

/// A file or folder of this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    let this_crate = Path::new(env!("CARGO_MANIFEST_DIR"));
    this_crate.ancestors().nth(2).unwrap_or(this_crate).join(path)
}
