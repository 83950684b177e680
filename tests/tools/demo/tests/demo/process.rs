//! The demo as a process, in a temporary folder of its own.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use control_plane::Supervised;
use harness::Lines;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// It may have to build the operator first.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1200);

/// A demo without a terminal, and what it prints.
pub(crate) struct Demo {
    pub(crate) process: Supervised,
    pub(crate) output: Lines,
    pub(crate) complaints: Lines,
    temporary: TempDir,
}

impl Demo {
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        let temporary = tempfile::tempdir()?;
        let (output, stdout) = Lines::from_pipe()?;
        let (complaints, stderr) = Lines::from_pipe()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
        command
            .args(arguments)
            .env("TMPDIR", temporary.path())
            // All that it builds was fetched when it was built itself.
            .env("CARGO_NET_OFFLINE", "true")
            .stdout(stdout)
            .stderr(stderr);
        Ok(Self { process: Supervised::spawn(command)?, output, complaints, temporary })
    }

    /// What a terminal does at Ctrl-C.
    pub(crate) fn interrupt(&self) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.process.pid())?).context("no process id")?;
        kill_process(pid, Signal::INT).context("could not interrupt the demo")
    }

    /// The programs that run with its temporary folder in their arguments: each that it starts to
    /// stay has it there.
    pub(crate) fn programs(&self) -> Result<Vec<String>> {
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

    /// Fails if a process or a file of the demo, which has ended, is still there.
    pub(crate) fn assert_nothing_left(&self) -> Result<()> {
        assert_eq!(self.programs()?, Vec::<String>::new());
        let files: Vec<_> = fs::read_dir(self.temporary.path())?.collect::<Result<_, _>>()?;
        assert!(files.is_empty(), "{files:?}");
        Ok(())
    }
}
