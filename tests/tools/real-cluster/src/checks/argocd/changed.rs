//! Changes in git that meet a replication that was accepted.

use std::time::Instant;

use anyhow::{Result, ensure};
use checklist::commands::refused;
use checklist::report;
use serde_json::{Value, json};
use simulator::example;

use super::{assert_synced, begin, refresh, settled, status, wait};
use crate::checks::install::once;
use crate::cluster::Cluster;

const REFUSED: &str = "spec: Invalid value: destinationRegion cannot change any more";

pub(in crate::checks) fn frozen(cluster: &Cluster) -> Result<()> {
    let name = "argocd-frozen";
    let backup = begin(cluster, name)?;
    let before = cluster.get(name, "brep/db")?;
    let mut manifest = Cluster::replication(name, "db", &backup);
    manifest["spec"]["destinationRegion"] = example::SECOND_DESTINATION_REGION.into();
    put(cluster, name, &manifest)?;
    // The comparison is a dry-run, and is refused. So nothing is synchronised automatically.
    wait(cluster, name, "sync.status", "Unknown")?;
    let conditions = status(cluster, name)?["conditions"].take();
    let words = conditions[0]["message"].as_str().unwrap_or_default();
    ensure!(words.contains(REFUSED), "not refused by the rule: {conditions:#}");
    report::fact("what Argo CD says", words);
    let words = refused(&mut cluster.argocd()?.command(&["app", "sync", name]))?;
    let failed = status(cluster, name)?;
    let operation = &failed["operationState"];
    ensure!(
        operation["phase"] == "Failed" && words.contains(REFUSED),
        "not refused by the rule: {words}"
    );
    report::fact("what it says of a sync", operation["message"].as_str().unwrap_or_default());
    ensure!(
        failed["health"]["status"] == "Healthy",
        "the replication is not what it was: {failed:#}"
    );
    put(cluster, name, &Cluster::replication(name, "db", &backup))?;
    wait(cluster, name, "sync.status", "Synced")?;
    assert_synced(&status(cluster, name)?)?;
    let after = cluster.get(name, "brep/db")?;
    let record = "replicationRecordId";
    let same =
        before["spec"] == after["spec"] && before["status"][record] == after["status"][record];
    ensure!(same, "changed: {after:#}");
    once(cluster, &backup)
}

pub(in crate::checks) fn pruned_and_back(cluster: &Cluster) -> Result<()> {
    let name = "argocd-pruned";
    let backup = begin(cluster, name)?;
    let git = cluster.repository()?;
    let other = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other", "namespace": name}});
    git.put(&format!("{name}/other.yaml"), &other)?;
    git.remove(&format!("{name}/db.yaml"))?;
    let removed = Instant::now();
    refresh(cluster, name)?;
    cluster.wait(&["-n", name, "--for=delete", "brep/db"])?;
    report::fact("gone after", &format!("{:.1} s", removed.elapsed().as_secs_f64()));
    put(cluster, name, &Cluster::replication(name, "db", &backup))?;
    cluster.wait(&["-n", name, "--for=create", "brep/db"])?;
    settled(cluster, name)?;
    adopted(cluster, name, &backup)
}

/// By `Replace=true,Force=true`.
pub(in crate::checks) fn recreated(cluster: &Cluster) -> Result<()> {
    let name = "argocd-recreated";
    let backup = begin(cluster, name)?;
    let before = cluster.get(name, "brep/db")?;
    let mut manifest = Cluster::replication(name, "db", &backup);
    manifest["metadata"]["annotations"]["argocd.argoproj.io/sync-options"] =
        "Replace=true,Force=true".into();
    put(cluster, name, &manifest)?;
    settled(cluster, name)?;
    let after = cluster.get(name, "brep/db")?;
    ensure!(before["metadata"]["uid"] != after["metadata"]["uid"], "it was not replaced");
    let record = "replicationRecordId";
    ensure!(
        before["status"][record] == after["status"][record],
        "another record: {:#}",
        after["status"]
    );
    adopted(cluster, name, &backup)
}

/// Writes the replication into git, and has Argo CD see it.
fn put(cluster: &Cluster, name: &str, manifest: &Value) -> Result<()> {
    cluster.repository()?.put(&format!("{name}/db.yaml"), manifest)?;
    refresh(cluster, name)
}

/// The new resource took the record of the first one's call for its own, and made none.
fn adopted(cluster: &Cluster, name: &str, backup: &str) -> Result<()> {
    let status = &cluster.get(name, "brep/db")?["status"];
    ensure!(status["origin"] == "Adopted", "not adopted: {status:#}");
    once(cluster, backup)
}
