//! What becomes of the token's Secret while a replication waits for it.

use anyhow::{Result, ensure};
use serde_json::json;
use simulator::example;

use super::{AUTOMATED, apply, assert_synced, settled, status, wait, wait_for_reason};
use crate::checks::install::once;
use crate::cluster::Cluster;

const NAME: &str = "argocd-secrets";

pub(in crate::checks) fn late_rotated_and_made_again(cluster: &Cluster) -> Result<()> {
    cluster.argocd()?;
    cluster.kubectl(&["create", "namespace", NAME])?;
    let backup = cluster.new_backup();
    cluster
        .repository()?
        .put(&format!("{NAME}/db.yaml"), &Cluster::replication(NAME, "db", &backup))?;
    apply(cluster, NAME, AUTOMATED)?;
    cluster.wait(&["-n", NAME, "--for=create", "brep/db"])?;
    waits(cluster, "CredentialNotFound")?;
    secret(cluster, "gAAAAABa-token-that-is-no-more")?;
    waits(cluster, "CredentialRejected")?;
    // Rotated, to another that is not good either.
    secret(cluster, "")?;
    waits(cluster, "CredentialMissing")?;
    cluster.kubectl(&["-n", NAME, "delete", "secret", "cbr-token"])?;
    waits(cluster, "CredentialNotFound")?;
    secret(cluster, example::TOKEN)?;
    settled(cluster, NAME)?;
    once(cluster, &backup)
}

fn secret(cluster: &Cluster, token: &str) -> Result<()> {
    cluster.apply(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cbr-token", "namespace": NAME},
        "stringData": {"token": token},
    }))
}

/// The resource says what it waits for, and Argo CD that it is in progress, with nothing to correct.
fn waits(cluster: &Cluster, reason: &str) -> Result<()> {
    wait_for_reason(cluster, NAME, reason)?;
    wait(cluster, NAME, "health.status", "Progressing")?;
    let status = status(cluster, NAME)?;
    ensure!(status["health"]["status"] == "Progressing", "{reason}: {:#}", status["health"]);
    assert_synced(&status)
}
