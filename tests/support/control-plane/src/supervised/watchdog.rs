//! Kills a process group when our process ends.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::process::Pid;

/// Waits for the end of its standard input, and kills its own process group.
///
/// The kernel's parent-death signal would need `unsafe`, and comes when the *thread* that started
/// the child ends.
const SCRIPT: &str = "trap '' HUP INT TERM; read -r _; kill -KILL 0";

/// A shell that leads a process group. Its standard input is a pipe whose other end only our
/// process holds.
///
/// Our process cannot die unnoticed between the start of a child and its membership in the group:
/// until the child runs its program (and by then it is in the group), it holds a copy of the pipe's
/// other end itself.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    pub(super) fn start() -> Result<Self> {
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context(
                "could not start /bin/sh, which ends child processes when their parent is killed",
            )?;
        Ok(Self { shell })
    }

    /// Lets `command` start as a member of the group.
    pub(super) fn guard(&self, command: &mut Command) {
        command.process_group(Pid::from_child(&self.shell).as_raw_nonzero().get());
    }
}

impl Drop for Watchdog {
    /// Lets the shell kill the group and itself: to wait closes its standard input.
    fn drop(&mut self) {
        let _status = self.shell.wait();
    }
}
