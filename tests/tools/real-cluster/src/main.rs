//! A one-node cluster of the real components, in which the operator is installed and used as its
//! users do.

mod cgroup;
mod checks;
mod cluster;
mod gitops;
mod images;
mod namespaces;
mod node;
mod packages;
mod pages;
mod programs;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use checklist::report;
use clap::Parser;
use control_plane::TemporaryFolder;
use rustix::process::geteuid;

/// Install the operator on a real cluster, and check what its users are promised there.
///
/// Builds what the checks need (Go components from their modules, the operator's image), once;
/// installs Debian packages that are missing. Then starts a cluster of one node (etcd, kube-apiserver,
/// kube-controller-manager, kube-scheduler, containerd, runc, kubelet, kube-proxy, CoreDNS) and a
/// simulated CBR service in namespaces of their own, and runs the checks there, without any
/// network. A line for each check; exit code 0 if all passed. Whatever happens, nothing is left
/// behind but what was built.
///
/// Needs root, Rust, Go and a C compiler.
#[derive(Parser)]
#[command(name = "real-cluster", version, verbatim_doc_comment)]
struct Options {
    /// Run only the checks whose name contains this; repeatable
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,

    /// Leave the cluster running after the checks, until Ctrl-C
    #[arg(long)]
    keep: bool,

    /// The part that runs in the namespaces, with its files in this folder
    #[arg(long, hide = true)]
    inside: Option<PathBuf>,

    /// The cgroup of the pods
    #[arg(long, hide = true, default_value = "")]
    cgroup: String,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("real-cluster: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<bool> {
    let Options { only, keep, inside, cgroup } = options;
    if let Some(folder) = inside {
        return checks::run(folder, cgroup, only, *keep);
    }
    ensure!(geteuid().is_root(), "a node needs root: namespaces, mounts, cgroups");
    packages::install()?;
    report::step("programs there", || programs::build_for(only))?;
    let folder = TemporaryFolder::create()?;
    report::step("images built", || images::Builder::new(folder.path())?.build_all())?;
    let runtime = tokio::runtime::Runtime::new().context("could not start the runtime")?;
    runtime.block_on(namespaces::run(folder, only, *keep))
}
