//! `kubectl brep`: shows the resources to people, explains them, and writes their decisions. It
//! calls no cloud but to look, and changes nothing but the one annotation.

mod age;
mod cluster;
mod completion;
mod confirm;
mod credential;
mod decision;
mod explain;
mod failure;
mod judgement;
mod look;
mod meaning;
mod narrate;
mod next;
mod options;
mod resolve;
mod status;
mod terminal;
mod words;
mod write;

use std::process::ExitCode;

use failure::Failure;
use options::Command;

/// Runs the command that the arguments name, to its exit code: 0 when it ended as asked, 1 when it
/// could not be done, or was refused, 2 for a wrong option.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        Err(answer) => {
            let code = if answer.use_stderr() { 2 } else { 0 };
            // Without a reader there is nobody to tell.
            let _ = answer.print();
            return ExitCode::from(code);
        }
    };
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no runtime: {error}")))
        .and_then(|runtime| runtime.block_on(run(options)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: options::Options) -> Result<(), Failure> {
    let options::Options { cluster, command } = options;
    match command {
        Command::Status(command) => status::run(&cluster, &command).await,
        Command::Explain(command) => explain::run(&cluster, &command).await,
        Command::Resolve(command) => resolve::run(&cluster, &command).await,
        Command::Completion { shell } => completion::script(shell),
        Command::Complete { words } => completion::candidates(&words).await,
    }
}
