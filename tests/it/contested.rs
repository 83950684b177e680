//! Two operators with different options over the same namespace: neither ends the other's words for
//! long, both come to rest, and it is said.

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use harness::{Object, OperatorOptions, Scene, in_time};
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::runtime::{WatchStreamExt, watcher};

use crate::OPERATOR;
use crate::observed::Scrape;

/// One that may not call the endpoint that the resources name.
fn stranger(scene: &Scene) -> OperatorOptions {
    OperatorOptions::new(scene.binary(), scene.cluster.kubeconfig())
        .arg(format!("--namespace={}", scene.namespace))
        .arg("--allowed-endpoint=https://cbr.example.org")
}

/// The status writes that the API server took for this resource.
fn writes(scene: &Scene, name: &str) -> Result<usize> {
    let of_it = scene.audit_events()?.into_iter().filter(|event| {
        event.namespace == scene.namespace
            && event.name == name
            && event.verb == "patch"
            && event.subresource == "status"
            && event.code == 200
    });
    Ok(of_it.count())
}

async fn event(scene: &Scene, reason: &str) -> Result<Event> {
    let api: Api<Event> = Api::namespaced(scene.client.clone(), &scene.namespace);
    let mut seen =
        watcher(api, watcher::Config::default()).default_backoff().applied_objects().boxed();
    let found = async {
        while let Some(event) = seen.next().await {
            if let Ok(event) = event
                && event.reason.as_deref() == Some(reason)
            {
                return Some(event);
            }
        }
        None
    };
    in_time(reason, found).await?.context("the watch ended")
}

#[tokio::test]
async fn two_operators_with_different_options_come_to_rest_and_say_so() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let named = format!("  endpoint: {}\n", scene.simulator.https_url());
    let own = scene.operator().start_ready()?;
    let other = stranger(&scene).start_ready()?;
    // Without a Secret: one waits for it, the other refuses the endpoint.
    scene.applied(&Scene::manifest("db", &named))?;
    let contested = "contested_statuses_total";
    for operator in [&own, &other] {
        operator.log.wait_for(harness::PATIENCE, |line| {
            line.contains("Another operator writes this status, too") && line.contains("\"db\"")
        })?;
        let is_counted = |scrape: &Scrape| scrape.value(contested) >= 1.0;
        Scrape::wait_for(operator, "contested", is_counted).await?;
    }
    let told = event(&scene, "AnotherOperator").await?;
    ensure!(told.type_.as_deref() == Some("Warning"), "{told:?}");
    let note = told.note.unwrap_or_default();
    ensure!(note.contains("EndpointRefused") && note.contains("CredentialNotFound"), "{note}");

    // What is known is written at once by whoever knows it. While that happens, and the Secret is
    // found, the words of the other resource stay as they are.
    scene.valid_secret()?;
    let backup = scene.new_backup();
    let manifest = Scene::manifest_for("called", &backup, &named);
    scene.applied(&manifest)?;
    let accepted = |object: &Object| object.text("/status/replicationRecordId").is_some();
    scene.wait("called", "accepted", accepted).await?;
    assert_eq!(scene.simulator.counts(&backup).accepted, 1);
    let mark = "mark-of-the-end";
    ensure!(scene.get(mark).await.is_err(), "there is no such resource");
    scene.wait_for_audit_event(|event| event.name == mark && event.namespace == scene.namespace)?;
    let db = writes(&scene, "db")?;
    let called = writes(&scene, "called")?;
    println!("writes: {db} for the one that waits, {called} for the one that was called for");
    // Until they rest, each has its word once or twice; later it is a minute or more from one to
    // the next. (Without the rule: some 200 a second.)
    ensure!(db <= 12 && called <= 12, "{db} and {called} writes");
    Ok(())
}
