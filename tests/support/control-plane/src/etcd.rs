//! Starts etcd.

use std::fs::File;
use std::process::Command;

use anyhow::{Context, Result};

use crate::assets::Assets;
use crate::folder::TemporaryFolder;
use crate::supervised::Supervised;

pub(crate) const LOG: &str = "etcd.log";

/// Where the API server finds etcd, if it has the same working directory. A socket there cannot be
/// taken by somebody else, as a port can, and a relative path is short enough for every system.
pub(crate) const URL: &str = "unix://etcd.sock";
/// Nobody uses it, but etcd wants one.
const PEER_URL: &str = "unix://etcd-peer.sock";

/// Starts etcd with its data in `folder`. The API server waits for it, so there is no need to wait
/// here.
pub(crate) fn start(assets: &Assets, folder: &TemporaryFolder) -> Result<Supervised> {
    let path = folder.path();
    let log = path.join(LOG);
    let log = File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
    let mut command = Command::new(assets.etcd());
    command
        .current_dir(path)
        .arg(format!("--data-dir={}", path.join("etcd").display()))
        .arg(format!("--listen-client-urls={URL}"))
        .arg(format!("--advertise-client-urls={URL}"))
        .arg(format!("--listen-peer-urls={PEER_URL}"))
        .arg(format!("--initial-advertise-peer-urls={PEER_URL}"))
        .arg(format!("--initial-cluster=default={PEER_URL}"))
        .arg("--unsafe-no-fsync")
        .arg("--log-level=warn")
        .stdin(folder.hold()?)
        .stdout(log.try_clone().context("could not duplicate a file handle")?)
        .stderr(log);
    Supervised::spawn_with_stdin(command)
}
