//! A replication that the cloud refuses.

use std::time::Instant;

use anyhow::{Result, ensure};
use checklist::commands::refused;
use checklist::report;
use serde_json::json;
use uuid::Uuid;

use super::{ON_DEMAND, apply, status, wait};
use crate::cluster::Cluster;

const NAME: &str = "argocd-failing";

/// What waits for it, in a later wave, does not come.
pub(in crate::checks) fn failing(cluster: &Cluster) -> Result<()> {
    let argocd = cluster.argocd()?;
    cluster.namespace(NAME)?;
    let unknown = Uuid::new_v4().to_string();
    cluster
        .repository()?
        .put(&format!("{NAME}/db.yaml"), &Cluster::replication(NAME, "db", &unknown))?;
    let wave = json!({"argocd.argoproj.io/sync-wave": "1"});
    let after = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "after", "namespace": NAME, "annotations": wave},
    });
    cluster.repository()?.put(&format!("{NAME}/after.yaml"), &after)?;
    apply(cluster, NAME, ON_DEMAND)?;
    argocd.run(&["app", "sync", NAME, "--async"])?;
    cluster.wait(&["-n", NAME, "--for=create", "brep/db"])?;
    cluster.wait(&["-n", NAME, "--for=condition=Stalled", "brep/db"])?;
    let stalled = Instant::now();
    wait(cluster, NAME, "health.status", "Degraded")?;
    report::fact("Degraded after Stalled", &format!("{:.1} s", stalled.elapsed().as_secs_f64()));
    wait(cluster, NAME, "operationState.phase", "Failed")?;
    report::fact(
        "the sync failed after Stalled",
        &format!("{:.1} s", stalled.elapsed().as_secs_f64()),
    );
    let operation = status(cluster, NAME)?["operationState"].take();
    let message = operation["message"].as_str().unwrap_or_default();
    report::fact("what Argo CD says", message);
    ensure!(
        operation["syncResult"]["resources"][0]["status"] != "SyncFailed",
        "it was not applied: {operation:#}"
    );
    refused(&mut cluster.kubectl_command(&["-n", NAME, "get", "configmap/after"])).map(drop)
}
