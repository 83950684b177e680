//! `kubectl brep`: shows the resources to people, explains them, and writes their decisions. It
//! calls no cloud but to look, and changes nothing but the one annotation.

mod age;
mod check;
mod cluster;
mod color;
mod completion;
mod confirm;
mod credential;
mod decision;
mod exit;
mod explain;
mod failure;
#[cfg(test)]
mod fixtures;
mod judgement;
mod look;
mod meaning;
mod narrate;
mod new;
mod next;
mod options;
mod resolve;
mod status;
mod terminal;
mod wait;
mod watch;
mod words;
mod write;

use std::process::ExitCode;

use exit::Exit;
use failure::Failure;
use options::Command;

/// Runs the command that the arguments name, to its exit code.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        Err(answer) => {
            let exit = if answer.use_stderr() { Exit::Usage } else { Exit::Done };
            // Without a reader there is nobody to tell.
            let _ = answer.print();
            return exit.into();
        }
    };
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no runtime: {error}")))
        .and_then(|runtime| runtime.block_on(run(options)));
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit.into()
        }
    }
}

async fn run(options: options::Options) -> Result<Exit, Failure> {
    let options::Options { cluster, command } = options;
    let done = match command {
        Command::Check(command) => return check::run(&cluster, &command).await,
        Command::Wait(command) => return wait::run(&cluster, &command).await,
        Command::Status(command) => status::run(&cluster, &command).await,
        Command::New(command) => new::run(&cluster, &command).await,
        Command::Explain(command) => explain::run(&cluster, &command).await,
        Command::Resolve(command) => resolve::run(&cluster, &command).await,
        Command::Completion { shell } => completion::script(shell),
        Command::Complete { words } => completion::candidates(&words).await,
    };
    done.map(|()| Exit::Done)
}
