//! Finished resources cost next to nothing: idle with a thousand of them, the operator neither
//! writes nor lists, and keeps each in little memory.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use control_plane::AuditEvent;
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Object, Scene, attempt};
use kube::Api;
use kube::api::{DynamicObject, WatchEvent, WatchParams};
use serde_json::{Value, json};
use simulator::{Options, Pace};

use super::{AT_ONCE, OPERATOR};

/// How long the operator is observed while it has nothing to do. The only time that a test lets
/// pass.
const OBSERVATION_SECONDS: u32 = 60;
/// Resident memory for each finished resource, in bytes: several times what is kept, since pages
/// and not objects are counted.
#[cfg(target_os = "linux")]
const MOST_MEMORY: u64 = 4096;

/// What the operator leaves in a status when a call was accepted and nothing is left to do.
fn finished_status(name: &str) -> Value {
    let condition = |kind: &str, status: &str| {
        json!({
            "type": kind, "status": status, "reason": "Accepted", "message": "The cloud accepted \
                the call.",
            "observedGeneration": 1, "lastTransitionTime": "2026-11-23T10:00:00Z",
        })
    };
    json!({
        "observedGeneration": 1,
        "phase": "Succeeded",
        "origin": "Called",
        "replicationRecordId": format!("record-of-{name}"),
        "acceptedAt": "2026-11-23T10:00:00Z",
        "completedAt": "2026-11-23T11:00:00Z",
        "trackingEnd": "Replicated",
        "attempts": [attempt(1, Some("Accepted"))],
        "conditions": [condition("Ready", "True"), condition("Replicated", "True")],
    })
}

async fn make_finished(scene: &Scene, numbers: Range<usize>) -> Result<()> {
    stream::iter(numbers)
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

/// A scene where any backup exists, and its copy as soon as it is called for.
async fn quick_scene() -> Result<Scene> {
    let mut options = Options::any_backup();
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    Scene::with(OPERATOR, options).await
}

/// A resource that is worked on to its end. When that is seen, what came before it has been seen,
/// too.
async fn canary(scene: &Scene, name: &str) -> Result<Object> {
    scene.applied(&Scene::manifest_for(name, &scene.new_backup(), ""))?;
    scene.wait_for_phase(name, "Succeeded").await
}

/// Watches the resources until the API server ends the watch, and says which of them changed.
async fn changes_within(seconds: u32, api: &Api<DynamicObject>) -> Result<Vec<String>> {
    let now = api
        .list_metadata(&kube::api::ListParams::default().limit(1))
        .await?
        .metadata
        .resource_version;
    let parameters = WatchParams::default().timeout(seconds);
    let events = api.watch_metadata(&parameters, &now.context("a list without a version")?).await?;
    let mut changed = Vec::new();
    let mut events = events.boxed();
    while let Some(event) = events.try_next().await? {
        match event {
            WatchEvent::Added(object)
            | WatchEvent::Modified(object)
            | WatchEvent::Deleted(object) => {
                changed.push(object.metadata.name.unwrap_or_default());
            }
            WatchEvent::Bookmark(_) => {}
            WatchEvent::Error(status) => anyhow::bail!("the watch failed: {status:?}"),
        }
    }
    Ok(changed)
}

/// When the API server was asked this by the administrator: a mark in the order of all requests.
async fn mark(scene: &Scene, name: &str) -> Result<String> {
    scene.get(name).await?;
    let is_mark = |event: &AuditEvent| {
        event.user == "admin"
            && event.verb == "get"
            && event.name == name
            && event.namespace == scene.namespace
    };
    Ok(scene.wait_for_audit_event(is_mark)?.received_at)
}

#[tokio::test]
async fn a_thousand_finished_resources_are_left_in_peace() -> Result<()> {
    let scene = quick_scene().await?;
    let account = scene.operator_account()?;
    scene.valid_secret()?;
    make_finished(&scene, 0..1_000).await?;
    let operator = scene.operator().env("KUBECONFIG", account).start_ready()?;
    canary(&scene, "before").await?;

    let from = mark(&scene, "before").await?;
    let said = operator.log.text();
    let changed = changes_within(OBSERVATION_SECONDS, &scene.api()).await?;
    let to = mark(&scene, "finished-00000").await?;
    ensure!(changed.is_empty(), "written while idle: {changed:?}");
    assert_eq!(operator.log.text(), said, "said while idle");

    // It was awake all the time; and by now the log has all that came before.
    canary(&scene, "after").await?;
    drop(operator);
    let user = scene.operator_user();
    let asked: Vec<AuditEvent> =
        scene.audit_events()?.into_iter().filter(|event| event.user == user).collect();
    let idle: Vec<_> = asked
        .iter()
        .filter(|event| (&from..&to).contains(&&event.received_at))
        // What was still queued for the canary may end in a reading of it.
        .filter(|event| event.verb != "watch" && !(event.verb == "get" && event.name == "before"))
        // Its Events are published beside the rounds.
        .filter(|event| !(event.resource == "events" && event.name.starts_with("before.")))
        .collect();
    ensure!(idle.is_empty(), "asked while idle: {idle:#?}");
    let named: BTreeSet<&str> = asked
        .iter()
        .filter(|event| event.resource == "backupreplications" && !event.name.is_empty())
        .map(|event| event.name.as_str())
        .collect();
    assert_eq!(named, BTreeSet::from(["after", "before"]), "the finished ones were not even read");
    Ok(())
}

/// The first list takes memory for pages of whole objects, which the allocator keeps: it is there
/// in both measurements.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_finished_resource_takes_little_memory() -> Result<()> {
    const FEW: usize = 1_000;
    const MANY: usize = 3_000;
    let scene = quick_scene().await?;
    scene.valid_secret()?;
    let mut resident = Vec::new();
    for (name, finished) in [("with-few", 0..FEW), ("with-many", FEW..MANY)] {
        make_finished(&scene, finished).await?;
        let operator = scene.operator().start_ready()?;
        canary(&scene, name).await?;
        resident.push(resident_bytes(&operator)?);
    }
    let [with_few, with_many] = resident[..] else { anyhow::bail!("two were measured") };
    let each = with_many.saturating_sub(with_few) / u64::try_from(MANY - FEW)?;
    println!(
        "resident with {FEW} finished resources {with_few} B, with {MANY} {with_many} B: {each} B \
         each"
    );
    ensure!(each <= MOST_MEMORY, "{each} B for each finished resource");
    Ok(())
}

#[cfg(target_os = "linux")]
fn resident_bytes(operator: &harness::Operator) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", operator.process.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}
