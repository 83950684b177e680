//! The cluster that the checks use.

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use checklist::commands::output;
use checklist::report;
use control_plane::{ControlPlane, Supervised};
use serde_json::Value;
use simulator::{Backup, Options, Simulator, example};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use uuid::Uuid;

use crate::gitops::{ArgoCd, Flux, Repository};
use crate::images::Builder;
use crate::node;

/// How long anything may take that happens automatically. A check that is over earlier does not wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A running cluster, with a simulated CBR service. All of it ends with the namespaces.
pub(crate) struct Cluster {
    pub(crate) simulator: Simulator,
    pub(crate) folder: PathBuf,
    helm: PathBuf,
    control_plane: ControlPlane,
    runtime: Runtime,
    repository: OnceCell<Repository>,
    argocd: OnceCell<ArgoCd>,
    flux: OnceCell<Flux>,
    _processes: Vec<Supervised>,
}

impl Cluster {
    /// Starts it, and waits until a pod can run and find a name.
    pub(crate) fn start(folder: &Path, cgroup: &str) -> Result<Self> {
        node::set_up_network()?;
        let images = Builder::new(folder)?.archives()?;
        let options = node::USERS.iter().fold(
            ControlPlane::options().for_nodes(node::ADDRESS),
            |options, user| {
                let (name, group) = user;
                options.user(*name, *group)
            },
        );
        let control_plane = report::step("etcd and kube-apiserver ready", || options.start())?;
        let processes = node::start(&control_plane, folder, cgroup, &images)?;
        let cluster = Self {
            simulator: simulator()?,
            folder: folder.to_owned(),
            helm: control_plane::helm()?,
            control_plane,
            runtime: Runtime::new().context("could not start the runtime")?,
            repository: OnceCell::new(),
            argocd: OnceCell::new(),
            flux: OnceCell::new(),
            _processes: processes,
        };
        report::step("node ready", || {
            cluster
                .wait(&["--for=create", "node/node"])
                .and_then(|()| cluster.wait(&["--for=condition=Ready", "node/node"]))
        })?;
        report::step("CoreDNS ready", || {
            let file = repository::path("tests/tools/real-cluster/files/coredns.yaml")
                .display()
                .to_string();
            cluster.kubectl(&["apply", "--server-side", "-f", &file])?;
            cluster.kubectl(&[
                "-n",
                "kube-system",
                "rollout",
                "status",
                "deployment/coredns",
                "--timeout=180s",
            ])
        })?;
        Ok(cluster)
    }

    /// Where pods find the simulated service.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://{}", self.simulator.https_address())
    }

    pub(crate) fn kubeconfig(&self) -> &Path {
        self.control_plane.kubeconfig()
    }

    /// `kubectl` itself.
    pub(crate) fn kubectl_program(&self) -> PathBuf {
        self.control_plane.kubectl().get_program().into()
    }

    /// `helm` itself.
    pub(crate) fn helm_program(&self) -> PathBuf {
        self.helm.clone()
    }

    /// `kubectl` as the administrator.
    pub(crate) fn kubectl_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.control_plane.kubectl();
        command.args(arguments);
        command
    }

    pub(crate) fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        output(&mut self.kubectl_command(arguments))
    }

    /// `kubectl wait`.
    pub(crate) fn wait(&self, arguments: &[&str]) -> Result<()> {
        let limit = format!("--timeout={}s", PATIENCE.as_secs());
        let all: Vec<&str> =
            ["wait", limit.as_str()].into_iter().chain(arguments.iter().copied()).collect();
        self.kubectl(&all).map(drop)
    }

    /// A file with a manifest.
    pub(crate) fn file(&self, manifest: &Value) -> Result<String> {
        let path = self.folder.join(format!("{}.json", Uuid::new_v4()));
        std::fs::write(&path, manifest.to_string()).context("could not write a manifest")?;
        Ok(path.display().to_string())
    }

    /// Applies a manifest.
    pub(crate) fn apply(&self, manifest: &Value) -> Result<()> {
        let path = self.file(manifest)?;
        self.kubectl(&["apply", "--server-side", "-f", &path]).map(drop)
    }

    /// An object as it is now.
    pub(crate) fn get(&self, namespace: &str, object: &str) -> Result<Value> {
        let text = self.kubectl(&["-n", namespace, "get", object, "-o", "json"])?;
        serde_json::from_str(&text).context("kubectl printed no JSON")
    }

    /// `helm`, with the cluster's kubeconfig.
    pub(crate) fn helm(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.helm);
        command
            .env("KUBECONFIG", self.kubeconfig())
            .env("HELM_CACHE_HOME", self.folder.join("helm"))
            .args(arguments);
        command
    }

    /// Waits for what a part of the simulator tells.
    pub(crate) fn until<T>(&self, what: &str, happens: impl Future<Output = T>) -> Result<T> {
        self.runtime
            .block_on(async { timeout(PATIENCE, happens).await })
            .with_context(|| format!("{what}: not within {PATIENCE:?}"))
    }

    /// The git repository that the GitOps tools read, made the first time.
    pub(crate) fn repository(&self) -> Result<&Repository> {
        once(&self.repository, || Repository::create(&self.runtime, &self.folder))
    }

    /// Argo CD, started the first time.
    pub(crate) fn argocd(&self) -> Result<&ArgoCd> {
        once(&self.argocd, || ArgoCd::start(self))
    }

    /// Flux, started the first time.
    pub(crate) fn flux(&self) -> Result<&Flux> {
        once(&self.flux, || Flux::start(self))
    }

    /// A namespace with the token's Secret.
    pub(crate) fn namespace(&self, name: &str) -> Result<()> {
        self.kubectl(&["create", "namespace", name])?;
        let token = format!("--from-literal=token={}", example::TOKEN);
        self.kubectl(&["-n", name, "create", "secret", "generic", "cbr-token", &token]).map(drop)
    }

    /// Deletes a namespace, if it is there, with all that is in it.
    pub(crate) fn no_namespace(&self, name: &str) -> Result<()> {
        self.kubectl(&["delete", "namespace", name, "--ignore-not-found", "--timeout=180s"])
            .map(drop)
    }

    /// The id of a fresh backup.
    pub(crate) fn new_backup(&self) -> String {
        let id = Uuid::new_v4().to_string();
        self.simulator.add_backup(Backup::server(&id, example::PROJECT));
        id
    }

    /// A BackupReplication of this backup.
    pub(crate) fn replication(namespace: &str, name: &str, backup: &str) -> Value {
        serde_json::json!({
            "apiVersion": "cbr.replication.dev/v1alpha1",
            "kind": "BackupReplication",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "projectId": example::PROJECT,
                "backupId": backup,
                "destinationProjectId": example::DESTINATION_PROJECT,
                "destinationRegion": example::DESTINATION_REGION,
                "destinationVaultId": example::VAULT,
                "auth": {"tokenSecretRef": {"name": "cbr-token"}},
            },
        })
    }
}

/// What the cell holds, made if it is empty.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

/// Where pods reach it.
fn simulator() -> Result<Simulator> {
    let free = SocketAddr::from((node::ADDRESS, 0));
    let names = vec![node::ADDRESS.to_string()];
    Simulator::start(Options { http: free, https: free, names, ..Options::default() })
}
