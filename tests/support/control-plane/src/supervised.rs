//! A child process that dies with the process that started it, however that one ends.

mod exit;
mod watchdog;

use std::ffi::OsString;
use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

pub use self::exit::Exit;
use self::watchdog::Watchdog;
use crate::folder::TemporaryFolder;

/// How long a process may take to vanish after SIGKILL. Only one that hangs in the kernel takes
/// longer than moments.
const KILL_LIMIT: Duration = Duration::from_secs(60);

/// A child process, killed (with whatever it started itself) when this is dropped or when our
/// process ends, even by SIGKILL.
///
/// It is a direct child, so its process id, its signals and its exit code are its own. It runs in a
/// process group apart from ours: a Ctrl-C in the terminal reaches it only through us.
#[derive(Debug)]
pub struct Supervised {
    program: OsString,
    pid: Pid,
    life: Arc<Life>,
    _watchdog: Watchdog,
}

#[derive(Debug)]
struct Life {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    child: Child,
    exit: Option<Exit>,
}

impl Supervised {
    /// Starts `command` with `/dev/null` as its standard input.
    ///
    /// Its output goes where the command says: give it files, since an inherited output is not
    /// captured by `cargo test`. The environment is inherited, too, unless the command clears it.
    ///
    /// # Errors
    /// The program could not be started.
    pub fn spawn(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null());
        Self::spawn_with_stdin(command)
    }

    /// Like [`Self::spawn`]. The folder stays for as long as the program, or one that it started,
    /// runs.
    ///
    /// # Errors
    /// The program could not be started.
    pub fn spawn_in(mut command: Command, folder: &TemporaryFolder) -> Result<Self> {
        command.stdin(folder.hold()?);
        Self::spawn_with_stdin(command)
    }

    /// Like [`Self::spawn`], with the standard input that `command` has.
    pub(crate) fn spawn_with_stdin(mut command: Command) -> Result<Self> {
        let program = command.get_program().to_owned();
        let watchdog = Watchdog::start()?;
        watchdog.guard(&mut command);
        let child =
            command.spawn().with_context(|| format!("could not start {}", program.display()))?;
        // The command holds our copies of the files given to the child: a reader at their other end
        // waits for all of them.
        drop(command);
        let pid = Pid::from_child(&child);
        let life = Arc::new(Life {
            state: Mutex::new(State { child, exit: None }),
            ended: Condvar::new(),
        });
        let reaper = Arc::clone(&life);
        thread::spawn(move || reaper.reap(pid));
        Ok(Self { program, pid, life, _watchdog: watchdog })
    }

    /// The process id of the program itself.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether the program has not ended yet. A stopped one counts as running.
    pub fn is_running(&self) -> bool {
        self.life.lock().exit.is_none()
    }

    /// Sends SIGKILL and waits until the program is gone. Says how it ended, which may have been by
    /// itself before.
    ///
    /// # Errors
    /// It is still there a minute later.
    pub fn kill(&self) -> Result<Exit> {
        {
            let state = self.life.lock();
            if state.exit.is_none() {
                self.signal(&state, Signal::KILL)?;
            }
        }
        self.wait(KILL_LIMIT)
    }

    /// Sends SIGTERM.
    ///
    /// # Errors
    /// The program has ended before.
    pub fn terminate(&self) -> Result<()> {
        self.signal(&self.life.lock(), Signal::TERM)
    }

    /// Sends SIGINT, as Ctrl-C does.
    ///
    /// # Errors
    /// The program has ended before.
    pub fn interrupt(&self) -> Result<()> {
        self.signal(&self.life.lock(), Signal::INT)
    }

    /// Sends SIGSTOP and waits until the program stands still.
    ///
    /// # Errors
    /// The program has ended before.
    pub fn pause(&self) -> Result<()> {
        let state = self.life.lock();
        self.signal(&state, Signal::STOP)?;
        wait_for(self.pid, WaitIdOptions::STOPPED | WaitIdOptions::EXITED)
            .with_context(|| format!("could not wait for {self} to stop"))
    }

    /// Sends SIGCONT.
    ///
    /// # Errors
    /// The program has ended before.
    pub fn resume(&self) -> Result<()> {
        self.signal(&self.life.lock(), Signal::CONT)
    }

    /// Waits until the program has ended.
    ///
    /// # Errors
    /// It is still running after `timeout`.
    pub fn wait(&self, timeout: Duration) -> Result<Exit> {
        self.exit_within(timeout)
            .ok_or_else(|| anyhow!("{self} is still running after {timeout:?}"))
    }

    /// How the program ended, or nothing if it is still running after `timeout`.
    pub fn exit_within(&self, timeout: Duration) -> Option<Exit> {
        self.life
            .ended
            .wait_timeout_while(self.life.lock(), timeout, |state| state.exit.is_none())
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .exit
    }

    /// Signals the program. The caller holds the lock, under which alone the program is reaped: its
    /// id is not reused meanwhile.
    fn signal(&self, state: &State, signal: Signal) -> Result<()> {
        if let Some(exit) = state.exit {
            bail!("{self} has ended already: {exit}");
        }
        kill_process(self.pid, signal).with_context(|| format!("could not signal {self}"))
    }
}

impl std::fmt::Display for Supervised {
    /// The program and its id. The arguments are left out, since they may hold a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (process {})", self.program.display(), self.pid())
    }
}

impl Drop for Supervised {
    /// Kills the program and waits for its end. What it started itself dies with the watchdog.
    fn drop(&mut self) {
        let state = self.life.lock();
        if state.exit.is_none() {
            let _gone_meanwhile = kill_process(self.pid, Signal::KILL);
        }
        drop(state);
        let _state = self.life.ended.wait_while(self.life.lock(), |state| state.exit.is_none());
    }
}

impl Life {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end of the program without reaping it, and reaps it under the lock.
    fn reap(&self, pid: Pid) {
        wait_for(pid, WaitIdOptions::EXITED)
            .expect("a child that nobody else reaps can be waited for");
        let mut state = self.lock();
        let status = state.child.wait().expect("a child is reaped once");
        state.exit = Some(Exit::from(status));
        self.ended.notify_all();
    }
}

/// Waits for a change of the child's state, and leaves that change there for others to see.
fn wait_for(pid: Pid, changes: WaitIdOptions) -> io::Result<()> {
    loop {
        match waitid(WaitId::Pid(pid), changes | WaitIdOptions::NOWAIT) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
