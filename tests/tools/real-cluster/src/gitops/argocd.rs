//! Argo CD's application-controller, repo-server and API server, and the Redis between them, out of
//! the cluster.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use checklist::commands::output;
use checklist::report;
use control_plane::Supervised;

use super::{established, free_address};
use crate::cluster::Cluster;
use crate::{node, programs};

pub(crate) const NAMESPACE: &str = "argocd";
const PATIENCE: Duration = Duration::from_secs(60);
/// Run by the repo-server, which finds it in `PATH`.
const WRAPPER: &str = "git-verify-wrapper.sh";

/// Its running parts.
pub(crate) struct ArgoCd {
    programs: PathBuf,
    folder: PathBuf,
    /// Of the API server.
    server: SocketAddr,
    processes: Vec<Supervised>,
}

impl ArgoCd {
    /// Starts it with its own settings, and what deploy/argocd has for them.
    pub(crate) fn start(cluster: &Cluster) -> Result<Self> {
        report::step("Argo CD started", || {
            let programs = programs::argocd()?;
            set_up(cluster, &programs)?;
            let folder = cluster.folder.join("argocd");
            let paths = folder.join("path");
            fs::create_dir_all(&paths)
                .with_context(|| format!("could not make {}", paths.display()))?;
            // A module's archive does not say which of its files can be run.
            fs::copy(programs.join(WRAPPER), paths.join(WRAPPER))
                .context("could not copy a script")?;
            fs::set_permissions(paths.join(WRAPPER), Permissions::from_mode(0o755))?;
            let kubeconfig = folder.join("kubeconfig");
            fs::copy(cluster.kubeconfig(), &kubeconfig).context("could not copy the kubeconfig")?;
            let path = kubeconfig.display().to_string();
            let namespace = format!("--namespace={NAMESPACE}");
            cluster.kubectl(&[
                "--kubeconfig",
                &path,
                "config",
                "set-context",
                "--current",
                &namespace,
            ])?;
            let mut argocd =
                Self { programs, folder, server: free_address()?, processes: Vec::new() };
            argocd.start_all(cluster)?;
            Ok(argocd)
        })
    }

    fn start_all(&mut self, cluster: &Cluster) -> Result<()> {
        let (redis, repo_server) = (free_address()?, free_address()?);
        let address = |address: SocketAddr| ["--address".to_owned(), address.ip().to_string()];
        let port = |address: SocketAddr| ["--port".to_owned(), address.port().to_string()];
        let own_port = |name: &str| {
            Ok::<_, anyhow::Error>([name.to_owned(), free_address()?.port().to_string()])
        };
        let redis_of_all = ["--redis".to_owned(), redis.to_string()];
        let repo_server_of_all = [
            "--repo-server".to_owned(),
            repo_server.to_string(),
            "--repo-server-plaintext".to_owned(),
        ];

        let mut command = Command::new("redis-server");
        command.args(port(redis)).args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        self.processes.push(node::started(command, &cluster.folder, "redis")?);

        let mut command = self.part("argocd-repo-server");
        command
            .args(address(repo_server))
            .args(port(repo_server))
            .args(own_port("--metrics-port")?);
        command.args(&redis_of_all).args(["--disable-tls", "--client-ca-path", ""]);
        self.processes.push(node::started(command, &cluster.folder, "argocd-repo-server")?);

        let mut command = self.part("argocd-server");
        command
            .args(address(self.server))
            .args(port(self.server))
            .args(own_port("--metrics-port")?);
        command
            .args(&redis_of_all)
            .args(&repo_server_of_all)
            .args(["--insecure", "--disable-auth"]);
        self.processes.push(node::started(command, &cluster.folder, "argocd-server")?);
        // It makes what the controller needs: a key of its own, and the default project.
        self.until_it_answers()?;

        let mut command = self.part("argocd-application-controller");
        command.args(&redis_of_all).args(&repo_server_of_all).args(own_port("--metrics-port")?);
        self.processes.push(node::started(
            command,
            &cluster.folder,
            "argocd-application-controller",
        )?);
        Ok(())
    }

    /// One of the programs that the one program is. The cluster of the kubeconfig is the one that
    /// Applications call `https://kubernetes.default.svc`.
    fn part(&self, name: &str) -> Command {
        let data = |name: &str| self.folder.join(name);
        let mut command = Command::new(self.programs.join("argocd"));
        command
            .env("ARGOCD_BINARY_NAME", name)
            .env("KUBECONFIG", data("kubeconfig"))
            .env("ARGOCD_FAKE_IN_CLUSTER", "true")
            .env("ARGOCD_GPG_ENABLED", "false")
            .env("ARGOCD_TLS_DATA_PATH", data("tls"))
            .env("ARGOCD_SSH_DATA_PATH", data("ssh"))
            .env("ARGOCD_PLUGINSOCKFILEPATH", data("plugins"))
            .env("HOME", &self.folder)
            .env("PATH", self.path());
        command
    }

    /// Its own helm and kustomize come before others.
    fn path(&self) -> String {
        let before = std::env::var("PATH").unwrap_or_default();
        format!("{}:{}:{before}", self.folder.join("path").display(), self.programs.display())
    }

    /// `argocd`, the command, as nobody in particular: the API server asks nobody who they are.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join("argocd"));
        command
            .env("ARGOCD_CONFIG_DIR", &self.folder)
            .env("KUBECONFIG", self.folder.join("kubeconfig"));
        command.args(arguments).args(["--plaintext", "--server", &self.server.to_string()]);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String> {
        output(&mut self.command(arguments))
    }

    fn until_it_answers(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = self.run(&["version", "--short"]) {
            let running = self.processes.iter().all(Supervised::is_running);
            ensure!(running && Instant::now() < deadline, "Argo CD does not answer: {error:#}");
            // It tells nobody that it has opened its port.
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// Its CRDs, its own settings, and ours, as docs/gitops.md tells.
fn set_up(cluster: &Cluster, programs: &Path) -> Result<()> {
    cluster.kubectl(&["create", "namespace", NAMESPACE])?;
    let crds = programs.join("argocd-crds").display().to_string();
    cluster.kubectl(&["apply", "--server-side", "-k", &crds])?;
    let kinds = ["applications", "appprojects", "applicationsets"]
        .map(|kind| format!("crd/{kind}.argoproj.io"));
    established(cluster, &kinds.each_ref().map(String::as_str))?;
    let settings = programs.join("argocd-config").display().to_string();
    cluster.kubectl(&["-n", NAMESPACE, "apply", "--server-side", "-k", &settings])?;
    let ours = repository::path("deploy/argocd/argocd-cm.yaml").display().to_string();
    cluster
        .kubectl(&[
            "patch",
            "configmap",
            "argocd-cm",
            "-n",
            NAMESPACE,
            "--type=merge",
            "--patch-file",
            &ours,
        ])
        .map(drop)
}
