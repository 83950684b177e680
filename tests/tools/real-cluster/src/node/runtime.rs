//! containerd, which runs the containers with runc.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use checklist::commands::output;
use control_plane::Supervised;

use super::{started, write};

const SOCKET: &str = "/run/containerd/containerd.sock";
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts it, and waits until it answers.
pub(super) fn start(folder: &Path) -> Result<Supervised> {
    let values = [("{folder}", folder.display().to_string())];
    fs::create_dir_all(folder.join("cni")).context("could not make the network's folder")?;
    write(&folder.join("cni/10-pods.conflist"), include_str!("../../files/cni.json"), &values)?;
    let config = folder.join("containerd.toml");
    write(&config, include_str!("../../files/containerd.toml"), &values)?;
    let mut command = Command::new("containerd");
    command.arg("--config").arg(&config);
    let containerd = started(command, folder, "containerd")?;
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = output(ctr().arg("version")) {
        ensure!(
            containerd.is_running() && Instant::now() < deadline,
            "containerd does not answer: {error:#}"
        );
        // It tells nobody that it has opened its socket.
        thread::sleep(Duration::from_millis(100));
    }
    Ok(containerd)
}

/// Imports an image from its archive.
pub(super) fn import(archive: &Path) -> Result<()> {
    output(ctr().args(["--namespace", "k8s.io", "images", "import"]).arg(archive)).map(drop)
}

fn ctr() -> Command {
    let mut command = Command::new("ctr");
    command.args(["--address", SOCKET]);
    command
}
