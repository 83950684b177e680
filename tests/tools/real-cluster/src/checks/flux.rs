//! Under Flux.

use anyhow::{Context, Result, ensure};
use checklist::report;
use serde_json::{Value, json};
use simulator::example;

use super::install::once;
use crate::cluster::Cluster;
use crate::gitops::FLUX_NAMESPACE as SYSTEM;

/// The example repository, unchanged except for what its reader has to put in.
pub(super) fn example(cluster: &Cluster) -> Result<()> {
    cluster.flux()?;
    let git = cluster.repository()?;
    let endpoint = cluster.endpoint();
    let own = |text: String| {
        let values = format!(
            "      defaultEndpoint: {endpoint}\n      allowedEndpoint: [\"{endpoint}\"]\n      \
             settlingTime: 20s\n    caBundle: {{configMap: simulated-cbr}}\n"
        );
        text.replace("https://github.com/backup-replication/backup-replication-operator", git.url())
            .replace("      defaultEndpoint: https://cbr.eu-de.otc.t-systems.com\n", &values)
            .replace(
                "      repository: REGISTRY/",
                "      pullPolicy: Never\n      repository: localhost/",
            )
    };
    git.copy(&repository::path("deploy/flux"), "deploy/flux", &own)?;
    git.copy(&repository::path("deploy/helm"), "deploy/helm", &|text| text)?;
    git.commit("The example")?;
    let system = own(std::fs::read_to_string(repository::path("deploy/flux/flux-system.yaml"))?);
    let path = cluster.folder.join("flux-system.yaml");
    std::fs::write(&path, system).context("could not write the example")?;
    cluster.kubectl(&["apply", "--server-side", "-f", &path.display().to_string()])?;
    cluster.wait(&[
        "-n",
        SYSTEM,
        "--for=condition=Ready",
        "kustomization/backup-replication-operator",
    ])?;
    cluster.wait(&[
        "-n",
        "backup-replication",
        "--for=condition=Ready",
        "helmrelease/backup-replication-operator",
    ])?;
    // The Secret comes late.
    cluster.wait(&["--for=create", "-n", "backups", "brep/db-to-eu-nl"])?;
    let token = format!("--from-literal=token={}", example::TOKEN);
    cluster.kubectl(&["-n", "backups", "create", "secret", "generic", "cbr-token", &token])?;
    cluster.wait(&["-n", SYSTEM, "--for=condition=Ready", "kustomization/replications"])?;
    once(cluster, example::BACKUP)
}

/// A Kustomization of a folder of its own, that holds one replication.
fn begin(cluster: &Cluster, name: &str) -> Result<String> {
    cluster.namespace(name)?;
    let backup = cluster.new_backup();
    put(cluster, name, &backup, &json!({}))?;
    cluster.apply(&json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": SYSTEM},
        "spec": {
            "sourceRef": {"kind": "GitRepository", "name": "backup-replication"},
            "path": format!("./{name}"), "interval": "10m", "retryInterval": "5s", "timeout": "3m",
            "prune": true, "wait": true,
        },
    }))?;
    cluster.wait(&["-n", SYSTEM, "--for=condition=Ready", &format!("kustomization/{name}")])?;
    once(cluster, &backup)?;
    Ok(backup)
}

/// Writes the replication into git, with changes to its spec, and has Flux fetch it.
fn put(cluster: &Cluster, name: &str, backup: &str, changes: &Value) -> Result<()> {
    let mut manifest = Cluster::replication(name, "db", backup);
    for (field, value) in changes.as_object().into_iter().flatten() {
        manifest["spec"][field] = value.clone();
    }
    cluster.repository()?.put(&format!("{name}/db.yaml"), &manifest)?;
    fetch(cluster)
}

fn fetch(cluster: &Cluster) -> Result<()> {
    let now = format!("reconcile.fluxcd.io/requestedAt={}", uuid::Uuid::new_v4());
    cluster
        .kubectl(&[
            "-n",
            SYSTEM,
            "annotate",
            "--overwrite",
            "gitrepository/backup-replication",
            &now,
        ])
        .map(drop)
}

fn wait_for_reason(cluster: &Cluster, name: &str, reason: &str) -> Result<String> {
    let path =
        format!("--for=jsonpath={{.status.conditions[?(@.type==\"Ready\")].reason}}={reason}");
    cluster.wait(&["-n", SYSTEM, &path, &format!("kustomization/{name}")])?;
    let object = cluster.get(SYSTEM, &format!("kustomization/{name}"))?;
    let conditions = object["status"]["conditions"].as_array().context("conditions")?;
    let ready =
        conditions.iter().find(|condition| condition["type"] == "Ready").context("Ready")?;
    Ok(ready["message"].as_str().unwrap_or_default().to_owned())
}

pub(super) fn failing(cluster: &Cluster) -> Result<()> {
    begin(cluster, "flux-failing")?;
    let unknown = uuid::Uuid::new_v4().to_string();
    let bad = Cluster::replication("flux-failing", "bad", &unknown);
    cluster.repository()?.put("flux-failing/bad.yaml", &bad)?;
    fetch(cluster)?;
    let message = wait_for_reason(cluster, "flux-failing", "HealthCheckFailed")?;
    report::fact("what Flux says", &message);
    Ok(())
}

pub(super) fn frozen_then_forced(cluster: &Cluster) -> Result<()> {
    let backup = begin(cluster, "flux-frozen")?;
    let before = cluster.get("flux-frozen", "brep/db")?;
    put(cluster, "flux-frozen", &backup, &json!({"name": "another-name"}))?;
    let message = wait_for_reason(cluster, "flux-frozen", "ReconciliationFailed")?;
    report::fact("what Flux says", &message);
    let force = [
        "-n",
        SYSTEM,
        "patch",
        "kustomization/flux-frozen",
        "--type=merge",
        "--patch",
        r#"{"spec":{"force":true}}"#,
    ];
    cluster.kubectl(&force)?;
    cluster.wait(&["-n", SYSTEM, "--for=condition=Ready", "kustomization/flux-frozen"])?;
    let after = cluster.get("flux-frozen", "brep/db")?;
    ensure!(before["metadata"]["uid"] != after["metadata"]["uid"], "it was not replaced");
    ensure!(after["status"]["origin"] == "Adopted", "not adopted: {:#}", after["status"]);
    once(cluster, &backup)
}

pub(super) fn pruned_and_back(cluster: &Cluster) -> Result<()> {
    let backup = begin(cluster, "flux-pruned")?;
    let git = cluster.repository()?;
    git.put(
        "flux-pruned/other.yaml",
        &json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other", "namespace": "flux-pruned"},
        }),
    )?;
    git.remove("flux-pruned/db.yaml")?;
    fetch(cluster)?;
    cluster.wait(&["-n", "flux-pruned", "--for=delete", "brep/db"])?;
    put(cluster, "flux-pruned", &backup, &json!({}))?;
    cluster.wait(&["-n", "flux-pruned", "--for=create", "brep/db"])?;
    cluster.wait(&["-n", "flux-pruned", "--for=condition=Ready", "brep/db"])?;
    let status = &cluster.get("flux-pruned", "brep/db")?["status"];
    ensure!(status["origin"] == "Adopted", "not adopted: {status:#}");
    once(cluster, &backup)
}
