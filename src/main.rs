//! `backup-replication-operator`: options in, exit code out.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    backup_replication_operator::operator::main(std::env::args_os())
}
