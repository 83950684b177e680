//! A decision by one of the actions, through Argo CD's API.

use anyhow::{Result, ensure};
use simulator::{Fault, LookUp, Script, View};

use super::{AUTOMATED, apply, assert_synced, refresh, settled, status, wait};
use crate::cluster::Cluster;

const NAME: &str = "argocd-decided";
const KIND: &str = "--kind=BackupReplication";

/// The outcome of a call that was lost stays unknown, where nothing can be looked up.
pub(in crate::checks) fn by_action(cluster: &Cluster) -> Result<()> {
    let argocd = cluster.argocd()?;
    cluster.namespace(NAME)?;
    let backup = cluster.new_backup();
    cluster
        .simulator
        .set_view(&backup, Some(View { look_up: LookUp::NotFound, ..View::default() }));
    cluster
        .simulator
        .script(Script::once(Fault::before_commit().reset()).replicate().backup(&backup))?;
    cluster
        .repository()?
        .put(&format!("{NAME}/db.yaml"), &Cluster::replication(NAME, "db", &backup))?;
    apply(cluster, NAME, AUTOMATED)?;
    wait(cluster, NAME, "health.status", "Degraded")?;
    let offered = argocd.run(&["app", "actions", "list", NAME, KIND])?;
    let offers = |action: &str, disabled: &str| {
        offered.lines().any(|line| {
            line.contains(&format!(" {action} ")) && line.trim_end().ends_with(disabled)
        })
    };
    ensure!(
        offers("not-accepted", "false") && offers("accepted", "false") && offers("retry", "true"),
        "not the actions for an unknown outcome:\n{offered}"
    );
    argocd.run(&["app", "actions", "run", NAME, "not-accepted", KIND, "--resource-name=db"])?;
    settled(cluster, NAME)?;
    // Git does not speak of the annotation, and self-heal leaves it.
    refresh(cluster, NAME)?;
    assert_synced(&status(cluster, NAME)?)?;
    let object = cluster.get(NAME, "brep/db")?;
    let decision = object["metadata"]["annotations"]["cbr.replication.dev/decision"]
        .as_str()
        .unwrap_or_default();
    ensure!(decision.ends_with(":not-accepted"), "the decision is gone: {:#}", object["metadata"]);
    let counts = cluster.simulator.counts(&backup);
    ensure!((counts.posts, counts.accepted) == (2, 1), "not one more call, accepted: {counts:?}");
    Ok(())
}
