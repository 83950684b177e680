//! The Applications of deploy/argocd.

use std::fs;

use anyhow::{Context, Result, ensure};
use checklist::commands::{output, refused};
use checklist::report;
use simulator::{Fault, Script, example};

use super::{ON_DEMAND, SYSTEM, apply, settled, status, wait};
use crate::checks::install::{self, NAMESPACE, RELEASE, once};
use crate::cluster::Cluster;

const CRD: &str = "crd/backupreplications.cbr.replication.dev";

/// Unchanged except for what their reader has to put in, in place of what helm has installed.
pub(in crate::checks) fn example(cluster: &Cluster) -> Result<()> {
    let argocd = cluster.argocd()?;
    output(&mut cluster.helm(&[
        "uninstall",
        RELEASE,
        "--namespace",
        NAMESPACE,
        "--wait",
        "--timeout=3m",
    ]))?;
    let (git, backup) = (cluster.repository()?, cluster.new_backup());
    let own = |text: String| own(cluster, git.url(), &text).replace(example::BACKUP, &backup);
    git.copy(&repository::path("deploy/flux/replications"), "deploy/flux/replications", &own)?;
    git.copy(&repository::path("deploy/helm"), "deploy/helm", &|text| text)?;
    git.commit("The examples of Argo CD")?;
    for name in ["operator", "replications"] {
        let text = fs::read_to_string(repository::path(&format!("deploy/argocd/{name}.yaml")))?;
        let path = cluster.folder.join(format!("{name}.yaml"));
        fs::write(&path, own(text)).context("could not write an example")?;
        cluster.kubectl(&["apply", "-n", SYSTEM, "-f", &path.display().to_string()])?;
    }
    settled(cluster, RELEASE)?;
    // The Secret comes late.
    wait(cluster, "replications", "health.status", "Progressing")?;
    cluster.wait(&["--for=create", "-n", "backups", "brep/db-to-eu-nl"])?;
    let token = format!("--from-literal=token={}", example::TOKEN);
    cluster.kubectl(&["-n", "backups", "create", "secret", "generic", "cbr-token", &token])?;
    settled(cluster, "replications")?;
    once(cluster, &backup)?;
    crd_stays(cluster)?;
    argocd.run(&["app", "delete", "replications", "--yes", "--wait"])?;
    install::helm(cluster, "install", install::WAIT).map(drop)
}

/// With the values that the chart has on the simulated cloud.
fn own(cluster: &Cluster, git: &str, text: &str) -> String {
    let endpoint = cluster.endpoint();
    let values = format!(
        "          defaultEndpoint: {endpoint}\n          allowedEndpoint: \
         [\"{endpoint}\"]\n          settlingTime: 20s\n        caBundle: \
         {{configMap: simulated-cbr}}\n"
    );
    text.replace("https://github.com/backup-replication/backup-replication-operator", git)
        .replace("          defaultEndpoint: https://cbr.eu-de.otc.t-systems.com\n", &values)
        .replace(
            "          repository: REGISTRY/",
            "          pullPolicy: Never\n          repository: localhost/",
        )
}

/// Neither a value of the chart nor the end of the operator's Application takes the CRD away, and
/// with it all resources: Argo CD takes no CRD for an Application's own, whose resources it prunes.
fn crd_stays(cluster: &Cluster) -> Result<()> {
    let argocd = cluster.argocd()?;
    let without =
        ["app", "set", RELEASE, "--sync-policy", "none", "--helm-set", "crds.install=false"];
    argocd.run(&without)?;
    argocd.run(&["app", "sync", RELEASE, "--prune", "--async"])?;
    argocd.run(&["app", "wait", RELEASE, "--operation"])?;
    cluster.kubectl(&["get", CRD])?;
    argocd.run(&["app", "delete", RELEASE, "--yes", "--wait"])?;
    cluster.wait(&["-n", NAMESPACE, "--for=delete", "deployment/backup-replication-operator"])?;
    cluster.kubectl(&["-n", "backups", "get", "brep/db-to-eu-nl"]).map(drop)
}

/// The second wave comes only when the cloud has accepted the call of the first.
pub(in crate::checks) fn sync_waves(cluster: &Cluster) -> Result<()> {
    let argocd = cluster.argocd()?;
    cluster.namespace("argocd-waves")?;
    let backup = cluster.new_backup();
    let own = |text: String| {
        text.replace("namespace: backups", "namespace: argocd-waves")
            .replace(example::BACKUP, &backup)
    };
    cluster.repository()?.copy(
        &repository::path("deploy/argocd/sync-waves"),
        "argocd-waves",
        &own,
    )?;
    cluster.repository()?.commit("The sync waves")?;
    let hold = cluster.simulator.hold("argocd-waves");
    cluster.simulator.script(
        Script::once(Fault::before_commit().hold(&hold).ordinary()).replicate().backup(&backup),
    )?;
    apply(cluster, "argocd-waves", ON_DEMAND)?;
    argocd.run(&["app", "sync", "argocd-waves", "--async"])?;
    cluster.until("the call arrives", hold.arrived())?;
    let waits = "waiting for healthy state of cbr.replication.dev/BackupReplication/before-upgrade";
    wait(cluster, "argocd-waves", "operationState.message", waits)?;
    refused(&mut cluster.kubectl_command(&["-n", "argocd-waves", "get", "configmap/upgrade"]))?;
    hold.release();
    settled(cluster, "argocd-waves")?;
    let operation = &status(cluster, "argocd-waves")?["operationState"];
    ensure!(operation["phase"] == "Succeeded", "the sync failed: {operation:#}");
    report::fact("what Argo CD says meanwhile", waits);
    cluster.kubectl(&["-n", "argocd-waves", "get", "configmap/upgrade"])?;
    once(cluster, &backup)
}
