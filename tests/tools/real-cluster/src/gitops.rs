//! A git repository, and the tools that apply what is in it.

mod argocd;
mod flux;
mod http;
mod repository;

use std::net::{SocketAddr, TcpListener};
use std::time::Instant;

use anyhow::{Context, Result, bail};

pub(crate) use self::argocd::{ArgoCd, NAMESPACE as ARGO_CD_NAMESPACE};
pub(crate) use self::flux::{Flux, NAMESPACE as FLUX_NAMESPACE};
pub(crate) use self::repository::Repository;
use crate::cluster::{Cluster, PATIENCE};

/// Waits until the API server serves the CRDs, named as for `kubectl wait`, which fails over one
/// whose conditions are null still.
fn established(cluster: &Cluster, crds: &[&str]) -> Result<()> {
    let arguments = [&["--for=condition=Established"], crds].concat();
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = cluster.wait(&arguments) {
        if Instant::now() > deadline || !format!("{error:#}").contains("accessor error") {
            bail!("{error:#}");
        }
    }
    Ok(())
}

/// On loopback. In a network of our own nobody else takes it meanwhile.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    listener.local_addr().context("no free port")
}
