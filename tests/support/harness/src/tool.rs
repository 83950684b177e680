//! A tool of ours as a process, in a temporary folder of its own.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use control_plane::Supervised;
use tempfile::TempDir;

use crate::lines::Lines;

/// It may have to build the operator first.
pub const PATIENCE: Duration = Duration::from_secs(1200);

/// A tool without a terminal, and what it prints.
#[derive(Debug)]
pub struct Tool {
    /// The process, for signals.
    pub process: Supervised,
    /// What it prints.
    pub output: Lines,
    /// What it prints on standard error.
    pub complaints: Lines,
    temporary: TempDir,
}

impl Tool {
    /// Starts this program, which cargo has built.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(program: &str, arguments: &[&str]) -> Result<Self> {
        let temporary = tempfile::tempdir()?;
        let (output, stdout) = Lines::from_pipe()?;
        let (complaints, stderr) = Lines::from_pipe()?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("TMPDIR", temporary.path())
            // All that it builds was fetched when it was built itself.
            .env("CARGO_NET_OFFLINE", "true")
            .stdout(stdout)
            .stderr(stderr);
        Ok(Self { process: Supervised::spawn(command)?, output, complaints, temporary })
    }

    /// The programs that run with its temporary folder in their arguments: each that it starts to
    /// stay has it there.
    ///
    /// # Errors
    /// The processes cannot be read.
    pub fn programs(&self) -> Result<Vec<String>> {
        let folder = self.temporary.path().to_str().context("a path that is no text")?;
        let mut programs = Vec::new();
        for entry in fs::read_dir("/proc")? {
            // A process may end while we look, and most entries are no processes.
            let arguments = fs::read(entry?.path().join("cmdline")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&arguments);
            if arguments.contains(folder) {
                let program = arguments.split('\0').next().unwrap_or_default();
                programs.push(program.rsplit('/').next().unwrap_or_default().to_owned());
            }
        }
        Ok(programs)
    }

    /// Whether neither a process nor a file of the tool, which has ended, is still there.
    ///
    /// # Errors
    /// One is; it is named.
    pub fn nothing_is_left(&self) -> Result<()> {
        let programs = self.programs()?;
        ensure!(programs.is_empty(), "still running: {programs:?}");
        let files: Vec<_> = fs::read_dir(self.temporary.path())?.collect::<Result<_, _>>()?;
        ensure!(files.is_empty(), "still there: {files:?}");
        Ok(())
    }
}
