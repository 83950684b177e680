//! Flux's controllers, out of the cluster.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use checklist::report;
use control_plane::Supervised;

use super::{established, free_address};
use crate::cluster::Cluster;
use crate::{node, programs};

pub(crate) const NAMESPACE: &str = "flux-system";

const CONTROLLERS: [&str; 3] = ["source-controller", "kustomize-controller", "helm-controller"];

/// The running controllers.
pub(crate) struct Flux {
    _controllers: Vec<Supervised>,
}

impl Flux {
    /// Starts them, with their CRDs in place.
    pub(crate) fn start(cluster: &Cluster) -> Result<Self> {
        report::step("Flux started", || {
            let programs = programs::flux()?;
            cluster.kubectl(&["create", "namespace", NAMESPACE])?;
            for controller in CONTROLLERS {
                let crds = programs.join(format!("{controller}-crds")).display().to_string();
                cluster.kubectl(&["apply", "--server-side", "-f", &crds])?;
                established(cluster, &["-f", &crds])?;
            }
            let controllers =
                CONTROLLERS.into_iter().map(|controller| start_one(cluster, &programs, controller));
            let controllers = controllers.collect::<Result<_>>()?;
            Ok(Self { _controllers: controllers })
        })
    }
}

fn start_one(cluster: &Cluster, programs: &Path, name: &str) -> Result<Supervised> {
    let data = cluster.folder.join(name);
    std::fs::create_dir_all(&data).with_context(|| format!("could not make {}", data.display()))?;
    let mut command = Command::new(programs.join(name));
    command
        .env("KUBECONFIG", cluster.kubeconfig())
        .env("RUNTIME_NAMESPACE", NAMESPACE)
        .env("TMPDIR", &data)
        .args(["--events-addr=", "--watch-all-namespaces=true"])
        .arg(format!("--metrics-addr={}", free_address()?))
        .arg(format!("--health-addr={}", free_address()?));
    match name {
        "source-controller" => {
            let address = free_address()?;
            command.arg(format!("--storage-path={}", data.display()));
            command.args([
                format!("--storage-addr={address}"),
                format!("--storage-adv-addr={address}"),
            ]);
        }
        "kustomize-controller" => {
            command.arg("--requeue-dependency=2s");
        }
        _ => {}
    }
    node::started(command, &cluster.folder, name)
}
