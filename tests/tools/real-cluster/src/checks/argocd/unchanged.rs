//! What is not git's shows as no difference, and what is git's is put back.

use anyhow::{Result, ensure};
use serde_json::json;
use simulator::Advance;

use super::{SYSTEM, assert_synced, begin, refresh, settled, status};
use crate::checks::install::once;
use crate::cluster::Cluster;

/// While a copy is followed the status changes again and again.
pub(in crate::checks) fn no_drift(cluster: &Cluster) -> Result<()> {
    let name = "argocd-unchanged";
    let backup = begin(cluster, name)?;
    // Argo CD may compare, and synchronise, once more before it has seen what it has just made.
    refresh(cluster, name)?;
    settled(cluster, name)?;
    let before = status(cluster, name)?;
    assert_synced(&before)?;
    let shows = |what: &str| {
        cluster.wait(&["-n", name, what, "brep/db"])?;
        refresh(cluster, name)?;
        assert_synced(&status(cluster, name)?)
    };
    for progress in [20, 60] {
        cluster.simulator.advance(&backup, Advance::Replicating { progress })?;
        shows(&format!("--for=jsonpath={{.status.progress}}={progress}"))?;
    }
    // Compared by the API server's own dry-run, too.
    let by_server = "argocd.argoproj.io/compare-options=ServerSideDiff=true";
    cluster.kubectl(&["-n", SYSTEM, "annotate", &format!("application/{name}"), by_server])?;
    cluster.simulator.advance(&backup, Advance::Success)?;
    shows("--for=condition=Replicated")?;
    // With self-heal, a difference leads to another sync.
    let after = status(cluster, name)?;
    let started = |status: &serde_json::Value| status["operationState"]["startedAt"].clone();
    ensure!(
        started(&before) == started(&after),
        "synchronised again: {:#}",
        after["operationState"]
    );
    once(cluster, &backup)
}

/// A label and a mutable field.
pub(in crate::checks) fn healed(cluster: &Cluster) -> Result<()> {
    let name = "argocd-healed";
    let backup = begin(cluster, name)?;
    let mut manifest = Cluster::replication(name, "db", &backup);
    manifest["metadata"]["labels"]["team"] = "blue".into();
    manifest["spec"]["suspend"] = false.into();
    cluster.repository()?.put(&format!("{name}/db.yaml"), &manifest)?;
    refresh(cluster, name)?;
    settled(cluster, name)?;
    let by_hand =
        json!({"metadata": {"labels": {"team": "red"}}, "spec": {"suspend": true}}).to_string();
    cluster.kubectl(&["-n", name, "patch", "brep/db", "--type=merge", "--patch", &by_hand])?;
    cluster.wait(&["-n", name, "--for=jsonpath={.metadata.labels.team}=blue", "brep/db"])?;
    cluster.wait(&["-n", name, "--for=jsonpath={.spec.suspend}=false", "brep/db"])?;
    settled(cluster, name)?;
    let counts = cluster.simulator.counts(&backup);
    ensure!((counts.posts, counts.accepted) == (1, 1), "called again: {counts:?}");
    Ok(())
}
