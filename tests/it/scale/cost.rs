//! What a replication costs the API server: three guarded writes, an Event for each turn, and what
//! all share. No round reads the resource.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use control_plane::AuditEvent;
use futures::{StreamExt, TryStreamExt, stream};
use harness::Scene;
use simulator::{Options, Pace};

use super::{AT_ONCE, OPERATOR};

const NUMBER: usize = 60;

/// A request as it is counted.
fn kind(event: &AuditEvent) -> Option<String> {
    let AuditEvent { verb, resource, subresource, .. } = event;
    let about_one = !event.name.is_empty() || verb == "create";
    (about_one && resource != "leases").then(|| match subresource.as_str() {
        "" => format!("{verb} {resource}"),
        _ => format!("{verb} {resource}/{subresource}"),
    })
}

#[tokio::test]
async fn a_replication_takes_no_reading_of_its_resource_and_few_other_requests() -> Result<()> {
    let mut options = Options::any_backup();
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    let scene = Scene::with(OPERATOR, options).await?;
    let account = scene.operator_account()?;
    scene.valid_secret()?;
    let operator = scene.operator().env("KUBECONFIG", account).start_ready()?;
    // The service is known to report records from here on.
    scene.applied(&Scene::manifest_for("first", &scene.new_backup(), ""))?;
    scene.wait_for_phase("first", "Succeeded").await?;

    stream::iter(0..NUMBER)
        .map(|number| {
            let manifest = Scene::manifest_for(&format!("r-{number}"), &scene.new_backup(), "");
            let scene = &scene;
            async move { scene.create(&manifest).await }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    scene.wait_for_all(NUMBER + 1, |object| object.phase() == "Succeeded").await?;
    // With this one it has published the Events of all others.
    scene.applied(&Scene::manifest_for("last", &scene.new_backup(), ""))?;
    scene.wait_for_phase("last", "Succeeded").await?;
    assert_eq!(operator.stop()?, control_plane::Exit::Code(0));

    let mark = "mark-of-the-end";
    ensure!(scene.get(mark).await.is_err(), "there is no such resource");
    scene.wait_for_audit_event(|event| event.name == mark)?;
    let user = scene.operator_user();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let asked = scene.audit_events()?.into_iter().filter(|event| event.user == user);
    let asked: Vec<AuditEvent> = asked.collect();
    for event in asked.iter().filter(|event| event.namespace == scene.namespace) {
        if let Some(kind) = kind(event) {
            *counts.entry(kind).or_default() += 1;
        }
    }
    println!("{NUMBER} replications and two: {counts:?}");
    let all = NUMBER + 2;
    let count = |kind: &str| counts.get(kind).copied().unwrap_or_default();
    assert_eq!(count("get backupreplications"), 0, "no round reads what it knows");
    // The claim, the call's end, and the end of the copy.
    assert_eq!(count("patch backupreplications/status"), 3 * all);
    ensure!(count("create events") <= 2 * all, "an Event for the acceptance and one for the copy");
    ensure!(count("get secrets") <= all, "rounds share what they read");
    let mut known = 3 * all + count("create events") + count("get secrets");
    known += count("patch events");
    assert_eq!(counts.values().sum::<usize>(), known, "nothing else is asked: {counts:?}");
    Ok(())
}
