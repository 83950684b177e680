//! `kubectl brep`: options in, exit code out.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    backup_replication_operator::plugin::main(std::env::args_os())
}
