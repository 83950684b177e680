//! A process that is killed leaves no process and no folder behind.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use control_plane::Supervised;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// A process of somebody else. Killed when dropped, so that a failed test leaves nothing behind
/// either.
struct Stranger {
    name: String,
    handle: OwnedFd,
}

impl Stranger {
    fn ended_within(&self, seconds: i64) -> Result<bool> {
        let limit = Timespec { tv_sec: seconds, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.handle, PollFlags::IN)], Some(&limit))?;
        Ok(ready > 0)
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _gone = pidfd_send_signal(&self.handle, Signal::KILL);
    }
}

fn children_of(parent: u32) -> Result<Vec<Stranger>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        let Some(id) = folder.file_name().and_then(|name| name.to_str()?.parse().ok()) else {
            continue;
        };
        // A process may end while we look: not one of the kind that we look for.
        let Some((name, its_parent)) = name_and_parent(&folder) else {
            continue;
        };
        if its_parent == parent {
            let id = Pid::from_raw(id).context("process ids are positive")?;
            let handle = pidfd_open(id, PidfdFlags::empty())?;
            children.push(Stranger { name, handle });
        }
    }
    Ok(children)
}

/// From the `stat` file, `id (name) state parent …`.
fn name_and_parent(folder: &Path) -> Option<(String, u32)> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let (before, after) = stat.rsplit_once(')')?;
    let (_id, name) = before.split_once('(')?;
    let parent = after.split_whitespace().nth(1)?.parse().ok()?;
    Some((name.to_owned(), parent))
}

#[test]
fn nothing_outlives_a_killed_process() -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let (output, input) = io::pipe()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_control-plane"));
    command.arg("start").env("TMPDIR", temporary.path()).stdout(input);
    let starter = Supervised::spawn(command)?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    ensure!(!line.is_empty(), "the control plane did not start");

    let children = children_of(starter.pid())?;
    for program in ["etcd", "kube-apiserver"] {
        assert!(children.iter().any(|child| child.name == program), "{program} does not run");
    }
    assert_ne!(fs::read_dir(temporary.path())?.count(), 0, "there is no folder");

    starter.kill()?;
    for child in &children {
        assert!(child.ended_within(60)?, "{} is left behind", child.name);
    }
    assert_eq!(fs::read_dir(temporary.path())?.count(), 0, "a folder is left behind");
    Ok(())
}
