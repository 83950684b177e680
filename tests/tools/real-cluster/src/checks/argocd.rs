//! Under Argo CD.

mod changed;
mod decided;
mod example;
mod failing;
mod judged;
mod secrets;
mod unchanged;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::install::once;
use crate::cluster::{Cluster, PATIENCE};
use crate::gitops::ARGO_CD_NAMESPACE as SYSTEM;

pub(super) use self::changed::{frozen, pruned_and_back, recreated};
pub(super) use self::decided::by_action;
pub(super) use self::example::{example, sync_waves};
pub(super) use self::failing::failing;
pub(super) use self::judged::judged;
pub(super) use self::secrets::late_rotated_and_made_again;
pub(super) use self::unchanged::{healed, no_drift};

/// A namespace, and a folder and an Application of its name, with one replication that was
/// accepted. Returns its backup.
fn begin(cluster: &Cluster, name: &str) -> Result<String> {
    cluster.argocd()?;
    cluster.namespace(name)?;
    let backup = cluster.new_backup();
    cluster
        .repository()?
        .put(&format!("{name}/db.yaml"), &Cluster::replication(name, "db", &backup))?;
    apply(cluster, name, AUTOMATED)?;
    settled(cluster, name)?;
    once(cluster, &backup)?;
    Ok(backup)
}

/// The policies of the examples.
const AUTOMATED: &str =
    r#"{"automated": {"prune": true, "selfHeal": true}, "syncOptions": ["ServerSideApply=true"]}"#;
/// Synchronised on demand.
const ON_DEMAND: &str = r#"{"syncOptions": ["ServerSideApply=true"]}"#;

/// An Application of the folder of its name.
fn apply(cluster: &Cluster, name: &str, policy: &str) -> Result<()> {
    let policy: Value = serde_json::from_str(policy).context("a policy")?;
    cluster.apply(&json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": name, "namespace": SYSTEM},
        "spec": {
            "project": "default",
            "source": {"repoURL": cluster.repository()?.url(), "targetRevision": "main", "path": name},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
            "syncPolicy": policy,
        },
    }))
}

/// Has it look at git, as a webhook does, and compare.
fn refresh(cluster: &Cluster, name: &str) -> Result<()> {
    cluster.argocd()?.run(&["app", "get", name, "--refresh"]).map(drop)
}

/// Waits until it is Synced and Healthy, and no operation is under way.
fn settled(cluster: &Cluster, name: &str) -> Result<()> {
    let limit = PATIENCE.as_secs().to_string();
    cluster.argocd()?.run(&["app", "wait", name, "--timeout", &limit]).map(drop)
}

/// Waits for a value in its status.
fn wait(cluster: &Cluster, name: &str, path: &str, value: &str) -> Result<()> {
    let condition = format!("--for=jsonpath={{.status.{path}}}={value}");
    cluster.wait(&["-n", SYSTEM, &condition, &format!("application/{name}")])
}

fn status(cluster: &Cluster, name: &str) -> Result<Value> {
    Ok(cluster.get(SYSTEM, &format!("application/{name}"))?["status"].take())
}

/// It is Synced, and so is each of its resources.
fn assert_synced(status: &Value) -> Result<()> {
    let resources = status["resources"].as_array().context("resources")?;
    let differs = resources.iter().any(|resource| resource["status"] != "Synced");
    ensure!(status["sync"]["status"] == "Synced" && !differs, "not Synced: {resources:#?}");
    Ok(())
}

/// Waits for a reason of the replication's `Ready`.
fn wait_for_reason(cluster: &Cluster, namespace: &str, reason: &str) -> Result<()> {
    let path =
        format!("--for=jsonpath={{.status.conditions[?(@.type==\"Ready\")].reason}}={reason}");
    cluster.wait(&["-n", namespace, &path, "brep/db"])
}
