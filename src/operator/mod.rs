//! The process: options, logs, traces, health, shutdown.

mod api_requests;
mod api_silence;
mod bind;
mod election;
mod health;
mod http;
mod listener;
mod options;
mod ready_metric;
mod run;
mod shutdown;
mod telemetry;

use std::io::Write;
use std::process::ExitCode;

use options::Command;

/// Wrong options, as command-line tools report them.
const USAGE: u8 = 2;

/// Runs the command that the arguments name, to its exit code: 0 when it ended as asked, 1 when it
/// could not be done, 2 for a wrong option.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        // --help and --version come as errors as well.
        Err(answer) if !answer.use_stderr() => {
            return print(&answer.to_string());
        }
        Err(error) => {
            eprintln!("{}", options::one_line(&error));
            return ExitCode::from(USAGE);
        }
    };
    match options.command() {
        Command::Crd => match crate::resource::crd_yaml() {
            Ok(yaml) => print(&yaml),
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
        Command::Run(options) => match run::run(*options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(run::StartFailure::Usage(error)) => {
                eprintln!("error: {error}");
                ExitCode::from(USAGE)
            }
            Err(run::StartFailure::Start(error)) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

/// A reader that went away is no failure of ours.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
