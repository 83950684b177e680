//! Programs that are run to their end.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

/// Runs it, and returns what it printed on standard output.
///
/// # Errors
/// It cannot be started, or it fails: with all that it printed.
pub fn output(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8(succeeded(command)?.stdout)?)
}

/// The same for one that has nothing to say on standard error, where warnings go.
///
/// # Errors
/// As [`output`]; or it has.
pub fn output_without_warning(command: &mut Command) -> Result<String> {
    let output = succeeded(command)?;
    let warnings = String::from_utf8_lossy(&output.stderr);
    ensure!(warnings.is_empty(), "{}: {}", shown(command), warnings.trim_end());
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs one that must fail, and returns all that it printed.
///
/// # Errors
/// It cannot be started, or it succeeds.
pub fn refused(command: &mut Command) -> Result<String> {
    let output = ended(command)?;
    ensure!(!output.status.success(), "{} should have been refused", shown(command));
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn succeeded(command: &mut Command) -> Result<Output> {
    let output = ended(command)?;
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(
        output.status.success(),
        "{}: {}\n{}\n{}",
        shown(command),
        output.status,
        stderr.trim(),
        stdout.trim()
    );
    Ok(output)
}

fn ended(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("could not run {}", shown(command)))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    format!("{} {}", program.display(), arguments.join(" "))
}
