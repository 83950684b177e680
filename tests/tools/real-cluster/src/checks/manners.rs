//! What GitOps tools, and people, do to resources: with kubectl, by the same requests.

use anyhow::{Result, ensure};
use checklist::commands::refused;
use checklist::report;
use serde_json::json;
use simulator::example;

use super::install::once;
use crate::cluster::Cluster;

/// As Argo CD's `Replace=true,Force=true` and Flux's `force` do: deleted, and created again.
pub(super) fn replaced_by_force(cluster: &Cluster) -> Result<()> {
    let backup = accepted(cluster, "replaced")?;
    let before = cluster.get("replaced", "brep/db")?;
    let manifest = cluster.file(&Cluster::replication("replaced", "db", &backup))?;
    cluster.kubectl(&["replace", "--force", "-f", &manifest])?;
    cluster.wait(&["-n", "replaced", "--for=condition=Ready", "brep/db"])?;
    let after = cluster.get("replaced", "brep/db")?;
    ensure!(before["metadata"]["uid"] != after["metadata"]["uid"], "it was not replaced");
    ensure!(after["status"]["origin"] == "Adopted", "not adopted: {:#}", after["status"]);
    let record = "replicationRecordId";
    ensure!(
        before["status"][record] == after["status"][record],
        "another record: {:#}",
        after["status"]
    );
    once(cluster, &backup)
}

pub(super) fn frozen(cluster: &Cluster) -> Result<()> {
    let backup = accepted(cluster, "frozen")?;
    let mut manifest = Cluster::replication("frozen", "db", &backup);
    manifest["spec"]["destinationRegion"] = example::SECOND_DESTINATION_REGION.into();
    let path = cluster.file(&manifest)?;
    let words = refused(&mut cluster.kubectl_command(&[
        "apply",
        "--server-side",
        "--force-conflicts",
        "-f",
        &path,
    ]))?;
    ensure!(words.contains("spec"), "not refused by the rule of the spec: {words}");
    report::fact("the answer", words.trim_end());
    once(cluster, &backup)
}

pub(super) fn late_secret(cluster: &Cluster) -> Result<()> {
    cluster.kubectl(&["create", "namespace", "late"])?;
    let backup = cluster.new_backup();
    cluster.apply(&Cluster::replication("late", "db", &backup))?;
    let reason = |reason: &str| {
        format!("--for=jsonpath={{.status.conditions[?(@.type==\"Ready\")].reason}}={reason}")
    };
    cluster.wait(&["-n", "late", &reason("CredentialNotFound"), "brep/db"])?;
    let secret = |token: &str| {
        cluster.apply(&json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cbr-token", "namespace": "late"},
            "stringData": {"token": token},
        }))
    };
    secret("gAAAAABa-token-that-is-no-more")?;
    cluster.wait(&["-n", "late", &reason("CredentialRejected"), "brep/db"])?;
    secret(example::TOKEN)?;
    cluster.wait(&["-n", "late", "--for=condition=Ready", "brep/db"])?;
    once(cluster, &backup)
}

/// One manager has the replication, another its labels and a mutable field. Neither takes from the
/// other, and the operator from none.
pub(super) fn two_managers(cluster: &Cluster) -> Result<()> {
    let backup = accepted(cluster, "managers")?;
    let team = json!({
        "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication",
        "metadata": {"name": "db", "namespace": "managers", "labels": {"team": "blue"}}, "spec": {"suspend": false},
    });
    let team = cluster.file(&team)?;
    let ours = cluster.file(&Cluster::replication("managers", "db", &backup))?;
    for (manager, path) in [("team", &team), ("kubectl", &ours), ("team", &team)] {
        cluster.kubectl(&["apply", "--server-side", "--field-manager", manager, "-f", path])?;
    }
    let object = cluster.get("managers", "brep/db")?;
    ensure!(
        object["metadata"]["labels"]["team"] == "blue",
        "the label is gone: {:#}",
        object["metadata"]
    );
    cluster.wait(&["-n", "managers", "--for=condition=Ready", "brep/db"])?;
    // Nothing that the operator does shows as a difference from git.
    cluster.kubectl(&["diff", "--server-side", "--field-manager", "kubectl", "-f", &ours])?;
    once(cluster, &backup)
}

/// A namespace with a replication that was accepted.
fn accepted(cluster: &Cluster, namespace: &str) -> Result<String> {
    cluster.namespace(namespace)?;
    let backup = cluster.new_backup();
    cluster.apply(&Cluster::replication(namespace, "db", &backup))?;
    cluster.wait(&["-n", namespace, "--for=condition=Ready", "brep/db"])?;
    Ok(backup)
}
