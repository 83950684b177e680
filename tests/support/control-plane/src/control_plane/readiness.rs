//! Waits until the server answers.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};

use crate::supervised::Supervised;
use crate::{apiserver, etcd};

/// A start takes seconds; builds beside it can make that many more.
const LIMIT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Namespaces are made just after the server has become ready.
const PATHS: [&str; 2] = ["/readyz", "/api/v1/namespaces/default"];

/// Why a server cannot be used.
pub(super) enum NotReady {
    /// Another process listens on its port.
    PortTaken,
    Other(anyhow::Error),
}

impl From<anyhow::Error> for NotReady {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// Asks the server until it is ready. There is nothing else to wait for; but its end is noticed at
/// once.
pub(super) fn wait(
    apiserver: &Supervised,
    etcd: &Supervised,
    kubectl: impl Fn() -> Command,
    folder: &Path,
) -> Result<(), NotReady> {
    let deadline = Instant::now() + LIMIT;
    let mut answer = String::new();
    for path in PATHS {
        loop {
            if let Some(exit) = apiserver.exit_within(POLL_INTERVAL) {
                let tail = apiserver::tail(folder, apiserver::LOG);
                if tail.contains("address already in use") {
                    return Err(NotReady::PortTaken);
                }
                return Err(anyhow!("kube-apiserver ended with {exit}; {tail}").into());
            }
            if let Some(exit) = etcd.exit_within(Duration::ZERO) {
                let tail = apiserver::tail(folder, etcd::LOG);
                return Err(anyhow!("etcd ended with {exit}; {tail}").into());
            }
            let output = kubectl()
                .args(["get", "--raw", path, "--request-timeout=5s"])
                .output()
                .context("could not run kubectl")?;
            if output.status.success() {
                break;
            }
            answer.clear();
            answer.push_str(String::from_utf8_lossy(&output.stderr).trim());
            if Instant::now() > deadline {
                let tail = apiserver::tail(folder, apiserver::LOG);
                return Err(anyhow!(
                    "kube-apiserver is not ready after {LIMIT:?}: {answer}; {tail}"
                )
                .into());
            }
        }
    }
    Ok(())
}
