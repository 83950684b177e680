//! `backup-replication-operator`: options in, exit code out.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    backup_replication_operator::operator::main(std::env::args_os())
}

/// Elsewhere there is the plugin alone.
#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("The operator runs on Linux. kubectl-brep runs here, too.");
    ExitCode::FAILURE
}
