//! Namespaces of our own: of mounts, network, processes. All that is in them ends with the first
//! process in them, whatever ended that, and it ends with ours. So no pod, mount, address or rule
//! is left behind.

use std::env;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use control_plane::{Exit, Supervised, TemporaryFolder};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::interval;

use crate::cgroup::Cgroup;

/// What a shell makes of the end by SIGINT.
const INTERRUPTED: Exit = Exit::Code(130);
/// How soon the end is noticed.
const INTERVAL: Duration = Duration::from_millis(100);

/// Joins the cgroup, and starts the rest in the namespaces. There a shell is the first process,
/// which buries orphans.
const SCRIPT: &str = r#"
echo $$ >"$1/cgroup.procs" || exit 1
shift
exec unshare --mount --net --pid --ipc --uts --fork --kill-child --mount-proc sh -c '"$@"; exit $?' sh "$@"
"#;

/// Runs the checks in the namespaces, with the folder, and returns whether all passed.
pub(crate) async fn run(folder: TemporaryFolder, only: &[String], keep: bool) -> Result<bool> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let cgroup = Cgroup::create()?;
    let inside = start(&folder, &cgroup, only, keep)?;
    let mut often = interval(INTERVAL);
    let exit = loop {
        tokio::select! {
            _ = interrupt.recv() => break INTERRUPTED,
            _ = terminate.recv() => break INTERRUPTED,
            _ = often.tick() => if let Some(exit) = inside.exit_within(Duration::ZERO) { break exit },
        }
    };
    // In this order: the folder can be removed when nothing runs in the cgroup any more.
    drop(inside);
    cgroup.remove();
    drop(folder);
    Ok(exit == Exit::Code(0))
}

fn start(
    folder: &TemporaryFolder,
    cgroup: &Cgroup,
    only: &[String],
    keep: bool,
) -> Result<Supervised> {
    let program = env::current_exe().context("could not find the running program's own file")?;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT, "sh"]).arg(cgroup.of_processes()).arg(program);
    command.arg("--inside").arg(folder.path()).args(["--cgroup", &cgroup.of_pods()]);
    command.args(only.iter().flat_map(|text| ["--only", text]));
    command.args(keep.then_some("--keep"));
    command.env("TMPDIR", folder.path());
    Supervised::spawn_in(command, folder)
}
