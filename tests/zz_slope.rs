//! Finished resources cost next to nothing: idle with a thousand of them, the operator neither writes nor lists, and keeps each
//! in little memory.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use control_plane::AuditEvent;
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Object, Operator, PATIENCE, Scene, account_user, attempt, service_account};
use kube::Api;
use kube::api::{DynamicObject, WatchEvent, WatchParams};
use serde_json::{Value, json};
use simulator::Options;

const OPERATOR: &str = env!("CARGO_BIN_EXE_backup-replication-operator");
/// How many are made at a time.
const AT_ONCE: usize = 32;
/// How long the operator is observed while it has nothing to do. The only time that a test lets pass.
const OBSERVATION_SECONDS: u32 = 60;
/// Resident memory for each finished resource, in bytes, with what the allocator keeps of the first list.
const MOST_MEMORY: u64 = 4096;

/// What the operator leaves in a status when a call was accepted and nothing is left to do.
fn finished_status(name: &str) -> Value {
    let condition = |kind: &str, status: &str| {
        json!({
            "type": kind, "status": status, "reason": "Accepted", "message": "The cloud accepted the call.",
            "observedGeneration": 1, "lastTransitionTime": "2026-11-23T10:00:00Z",
        })
    };
    json!({
        "observedGeneration": 1,
        "phase": "Succeeded",
        "origin": "Called",
        "replicationRecordId": format!("record-of-{name}"),
        "acceptedAt": "2026-11-23T10:00:00Z",
        "attempts": [attempt(1, Some("Accepted"))],
        "conditions": [condition("Ready", "True"), condition("Replicated", "Unknown")],
    })
}

async fn make_finished(scene: &Scene, number: usize) -> Result<()> {
    stream::iter(0..number)
        .map(|number| async move {
            let name = format!("finished-{number:05}");
            scene.create(&Scene::manifest(&name, "")).await?;
            scene.set_status(&name, &finished_status(&name)).await?;
            anyhow::Ok(())
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// A role of the namespace with all that the operator needs, for its one account: so that its requests can be told from ours.
fn operator_account(scene: &Scene) -> Result<PathBuf> {
    let account = service_account(scene.cluster, &scene.namespace, "operator")?;
    let api = "rbac.authorization.k8s.io";
    let binding = json!({
        "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": "operator"},
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": scene.namespace}],
    });
    scene.applied(&binding.to_string())?;
    Ok(account)
}

/// A resource that is worked on to its end. When that is seen, what came before it has been seen, too.
async fn canary(scene: &Scene, name: &str) -> Result<Object> {
    scene.applied(&Scene::manifest_for(name, &scene.new_backup(), ""))?;
    scene.wait(name, "ready", |object| object.is("Ready")).await
}

/// Watches the resources until the API server ends the watch, and says which of them changed.
async fn changes_within(seconds: u32, api: &Api<DynamicObject>) -> Result<Vec<String>> {
    let now = api.list_metadata(&kube::api::ListParams::default().limit(1)).await?.metadata.resource_version;
    let parameters = WatchParams::default().timeout(seconds);
    let events = api.watch_metadata(&parameters, &now.context("a list without a version")?).await?;
    let mut changed = Vec::new();
    let mut events = events.boxed();
    while let Some(event) = events.try_next().await? {
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) => {
                changed.push(object.metadata.name.unwrap_or_default());
            }
            WatchEvent::Bookmark(_) => {}
            WatchEvent::Error(status) => anyhow::bail!("the watch failed: {status:?}"),
        }
    }
    Ok(changed)
}

#[tokio::test]
async fn slope() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::any_backup()).await?;
    scene.valid_secret()?;
    let mut made = 0;
    for number in [0, 1000, 5000, 10000, 20000] {
        let start = std::time::Instant::now();
        stream::iter(made..number)
            .map(|number| {
                let scene = &scene;
                async move {
                    let name = format!("finished-{number:05}");
                    scene.create(&Scene::manifest(&name, "")).await?;
                    scene.set_status(&name, &finished_status(&name)).await?;
                    anyhow::Ok(())
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        made = number;
        let took = start.elapsed();
        for arena in ["", "1"] {
            let operator =
                scene.operator().env("MALLOC_ARENA_MAX", if arena.is_empty() { "16" } else { "1" }).start_ready()?;
            canary(&scene, &format!("canary-{number}-x{arena}")).await?;
            println!("{number} arena {arena}: {} (made in {took:?})", resident_bytes(&operator)?);
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn resident_bytes(operator: &Operator) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", operator.process.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}
