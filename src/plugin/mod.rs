//! `kubectl brep`: shows the resources to people, explains them, and writes their decisions. It
//! calls no cloud but to look, and changes nothing but the one annotation.

mod age;
mod check;
mod cluster;
mod color;
mod completion;
mod confirm;
mod credential;
mod credential_options;
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
mod prompt;
mod resolve;
mod status;
mod terminal;
mod wait;
mod watch;
mod words;
mod write;

use std::process::ExitCode;

use exit::Exit;
use failure::PluginFailure;
use options::PluginCommand;

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
        .map_err(|error| PluginFailure::new(format!("no runtime: {error}")))
        .and_then(|runtime| runtime.block_on(run(options)));
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit.into()
        }
    }
}

async fn run(options: options::PluginOptions) -> Result<Exit, PluginFailure> {
    let options::PluginOptions { cluster, command } = options;
    let done = match command {
        PluginCommand::Check(command) => return check::run(&cluster, &command).await,
        PluginCommand::Wait(command) => return wait::run(&cluster, &command).await,
        PluginCommand::Status(command) => status::run(&cluster, &command).await,
        PluginCommand::New(command) => new::run(&cluster, &command).await,
        PluginCommand::Explain(command) => explain::run(&cluster, &command).await,
        PluginCommand::Resolve(command) => resolve::run(&cluster, &command).await,
        PluginCommand::Completion { shell } => completion::script(shell),
        PluginCommand::Complete { words } => completion::candidates(&words).await,
    };
    done.map(|()| Exit::Done)
}
