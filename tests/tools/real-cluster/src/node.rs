//! One node: containerd, kubelet, kube-proxy, and the two controllers without which no pod appears
//! or runs.

mod network;
mod runtime;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use checklist::report;
use control_plane::{ControlPlane, Supervised};

use crate::programs;

pub(crate) use self::network::{ADDRESS, set_up as set_up_network};

/// The node's name.
pub(crate) const NAME: &str = "node";
pub(crate) const KUBELET: &str = "system:node:node";
const CONTROLLER_MANAGER: &str = "system:kube-controller-manager";
const SCHEDULER: &str = "system:kube-scheduler";
const PROXY: &str = "system:kube-proxy";

/// Who connects to the API server, and as a member of which group.
pub(crate) const USERS: [(&str, &str); 4] = [
    (KUBELET, "system:nodes"),
    (CONTROLLER_MANAGER, "system:authenticated"),
    (SCHEDULER, "system:authenticated"),
    (PROXY, "system:authenticated"),
];

/// Starts all, with the images of these archives.
pub(crate) fn start(
    control_plane: &ControlPlane,
    folder: &Path,
    cgroup: &str,
    images: &[PathBuf],
) -> Result<Vec<Supervised>> {
    let programs = programs::node()?;
    let kubeconfig =
        |user: &str| format!("--kubeconfig={}", control_plane.kubeconfig_of(user).display());
    let program = |name: &str| Command::new(programs.join(name));

    let mut manager = program("kube-controller-manager");
    manager
        .arg(kubeconfig(CONTROLLER_MANAGER))
        .arg(format!(
            "--service-account-private-key-file={}",
            control_plane.service_account_key().display()
        ))
        .arg(format!("--root-ca-file={}", control_plane.ca_file().display()))
        .args([
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
        ]);
    let mut scheduler = program("kube-scheduler");
    scheduler.arg(kubeconfig(SCHEDULER)).args(["--leader-elect=false", "--bind-address=127.0.0.1"]);
    let mut processes = vec![
        started(manager, folder, "kube-controller-manager")?,
        started(scheduler, folder, "kube-scheduler")?,
        runtime::start(folder)?,
    ];
    report::step("images imported", || images.iter().try_for_each(|image| runtime::import(image)))?;

    let config = folder.join("kubelet.yaml");
    let values = [("{folder}", folder.display().to_string()), ("{cgroup}", cgroup.to_owned())];
    write(&config, include_str!("../files/kubelet.yaml"), &values)?;
    let mut kubelet = program("kubelet");
    kubelet
        .arg(format!("--config={}", config.display()))
        .arg(kubeconfig(KUBELET))
        .arg(format!("--hostname-override={NAME}"))
        .arg(format!("--node-ip={ADDRESS}"))
        .arg(format!("--root-dir={}", folder.join("kubelet").display()))
        .arg(format!("--cert-dir={}", folder.join("kubelet-certificates").display()));
    processes.push(started(kubelet, folder, "kubelet")?);

    let mut proxy = program("kube-proxy");
    proxy.arg(kubeconfig(PROXY)).arg(format!("--hostname-override={NAME}")).args([
        "--proxy-mode=nftables",
        "--cluster-cidr=10.201.0.0/24",
        "--conntrack-max-per-core=0",
    ]);
    processes.push(started(proxy, folder, "kube-proxy")?);
    Ok(processes)
}

/// Starts a program, whose log is a file of its name.
pub(crate) fn started(mut command: Command, folder: &Path, name: &str) -> Result<Supervised> {
    let path = folder.join(format!("{name}.log"));
    let log = File::create(&path).with_context(|| format!("could not write {}", path.display()))?;
    command
        .current_dir(folder)
        .stdout(log.try_clone().context("could not duplicate a file handle")?)
        .stderr(log);
    Supervised::spawn(command)
}

/// Writes a file of ours, with what is known only now in place of names in braces.
pub(crate) fn write(path: &Path, text: &str, values: &[(&str, String)]) -> Result<()> {
    let text = values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
    fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
}
