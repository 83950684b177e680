//! `kubectl describe` alone tells a resource's story: each turn once, whatever is tried again and
//! again.

use anyhow::{Context, Result, bail, ensure};
use futures::StreamExt;
use harness::{Object, PATIENCE, Scene, in_time, service_account};
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::ListParams;
use kube::runtime::{WatchStreamExt, watcher};
use serde_json::json;
use simulator::{Advance, Answer, ErrorShape, Fault, Options, Records, Script, View, example};

use super::OPERATOR;

fn events(scene: &Scene) -> Api<Event> {
    Api::namespaced(scene.client.clone(), &scene.namespace)
}

fn is_of(event: &Event, name: &str) -> bool {
    event.regarding.as_ref().and_then(|object| object.name.as_deref()) == Some(name)
}

/// The Event of this reason; it may be there already.
async fn told(scene: &Scene, name: &str, reason: &str) -> Result<Event> {
    let mut seen = watcher(events(scene), watcher::Config::default())
        .default_backoff()
        .applied_objects()
        .boxed();
    let told = async {
        while let Some(event) = seen.next().await {
            match event {
                Ok(event) if is_of(&event, name) && event.reason.as_deref() == Some(reason) => {
                    return Ok(event);
                }
                Ok(_) | Err(_) => {}
            }
        }
        bail!("the watch ended")
    };
    in_time(&format!("{reason} is told of {name}"), told).await?
}

/// Type and reason of all Events of a resource, in the order of their creation; each stands for one
/// publication.
async fn story(scene: &Scene, name: &str) -> Result<Vec<(String, String)>> {
    let mut all = events(scene).list(&ListParams::default()).await?.items;
    all.retain(|event| is_of(event, name));
    all.sort_by_key(|event| event.event_time.clone());
    for event in &all {
        ensure!(event.series.is_none(), "repeated: {event:?}");
        ensure!(
            event.reporting_controller.as_deref() == Some("backup-replication-operator"),
            "{event:?}"
        );
    }
    Ok(all
        .into_iter()
        .map(|event| (event.type_.unwrap_or_default(), event.reason.unwrap_or_default()))
        .collect())
}

fn pairs<const N: usize>(story: [(&str, &str); N]) -> Vec<(String, String)> {
    story.into_iter().map(|(kind, reason)| (kind.to_owned(), reason.to_owned())).collect()
}

fn record_of(scene: &Scene, backup: &str) -> Result<String> {
    Ok(scene.simulator.records(backup).first().context("no record")?.id.clone())
}

#[tokio::test]
async fn describe_tells_a_life_from_the_missing_secret_to_the_copy() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let _operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    told(&scene, "db", "CredentialNotFound").await?;
    scene.valid_secret()?;
    let accepted = told(&scene, "db", "Accepted").await?;
    let record = record_of(&scene, example::BACKUP)?;
    ensure!(accepted.note.as_ref().is_some_and(|note| note.contains(&record)), "{accepted:?}");
    for progress in [10, 50, 90] {
        scene.simulator.advance(&record, Advance::Replicating { progress })?;
        scene
            .wait("db", "further", |o| o.0.pointer("/status/progress") == Some(&json!(progress)))
            .await?;
    }
    scene.simulator.advance(&record, Advance::Success)?;
    told(&scene, "db", "Replicated").await?;
    let told =
        [("Warning", "CredentialNotFound"), ("Normal", "Accepted"), ("Normal", "Replicated")];
    assert_eq!(story(&scene, "db").await?, pairs(told));

    let described = scene.kubectl(&["describe", "brep", "db"])?;
    let (_, shown) =
        described.words.split_once("\nEvents:").with_context(|| described.words.clone())?;
    for (kind, reason) in told {
        let is_told = |line: &str| line.split_whitespace().take(2).eq([kind, reason]);
        assert_eq!(shown.lines().filter(|line| is_told(line)).count(), 1, "{shown}");
    }
    ensure!(
        shown.contains(&record) && !described.words.contains(example::TOKEN),
        "{}",
        described.words
    );
    Ok(())
}

#[tokio::test]
async fn each_other_milestone_is_reported_once_and_without_the_token() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let short = ["--claim-window=3s", "--request-timeout=4s", "--settling-time=1s"];
    let operator = short
        .into_iter()
        .fold(scene.operator(), |options, option| options.arg(option))
        .start_ready()?;

    let failed = scene.new_backup();
    scene.applied(&Scene::manifest_for("failed", &failed, ""))?;
    told(&scene, "failed", "Accepted").await?;
    scene.applied(&Scene::manifest_for("adopted", &failed, ""))?;
    let adopted = told(&scene, "adopted", "Adopted").await?;
    ensure!(
        adopted
            .note
            .as_ref()
            .is_some_and(|note| note.contains(&record_of(&scene, &failed).unwrap_or_default()))
    );
    let reason = format!("The vault said {}", example::TOKEN);
    scene.simulator.advance(
        &record_of(&scene, &failed)?,
        Advance::Fail { code: "BackupService.1006".into(), reason },
    )?;
    told(&scene, "failed", "ReplicationFailed").await?;
    told(&scene, "adopted", "ReplicationFailed").await?;

    // The whole request comes back in the answer, its headers too.
    let rejected = scene.new_backup();
    let echo = Fault::before_commit().answer(Answer::echo(400));
    scene.simulator.script(Script::always(echo).replicate().backup(&rejected))?;
    scene.applied(&Scene::manifest_for("rejected", &rejected, ""))?;
    told(&scene, "rejected", "Rejected").await?;

    let unknown = scene.new_backup();
    scene.simulator.set_view(&unknown, Some(View { records: Records::Absent, ..View::default() }));
    scene
        .simulator
        .script(Script::always(Fault::before_commit().reset()).replicate().backup(&unknown))?;
    scene.applied(&Scene::manifest_for("unknown", &unknown, ""))?;
    scene.wait("unknown", "stalled", |object| object.is("Stalled")).await?;
    // It is told when it begins, and when a human is asked; a round that comes later says nothing.
    operator.log.wait_for(PATIENCE, |line| line.contains("It is unknown whether"))?;

    // All that waits to be published is published before the end.
    operator.stop()?;
    for (name, told) in [
        ("failed", pairs([("Normal", "Accepted"), ("Warning", "ReplicationFailed")])),
        ("adopted", pairs([("Normal", "Adopted"), ("Warning", "ReplicationFailed")])),
        ("rejected", pairs([("Warning", "Rejected")])),
        ("unknown", pairs([("Warning", "OutcomeUnknown"), ("Warning", "OutcomeUnknown")])),
    ] {
        assert_eq!(story(&scene, name).await?, told, "{name}");
    }
    let all = scene.kubectl(&["get", "events.events.k8s.io", "--output=json"])?;
    ensure!(
        all.accepted
            && all.words.contains("ReplicationFailed")
            && !all.words.contains(example::TOKEN),
        "{}",
        all.words
    );
    Ok(())
}

#[tokio::test]
async fn repeated_attempts_are_reported_once() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let operator = scene.operator().start_ready()?;
    let backup = scene.new_backup();
    // No two of them say the same.
    for number in 1..=3 {
        let words = format!("The resource is being backed up by task {number}.");
        let busy = Answer::status(500).error(ErrorShape::Cbr, "BackupService.0002", words);
        scene.simulator.script(
            Script::once(Fault::before_commit().answer(busy)).replicate().backup(&backup),
        )?;
    }
    scene.applied(&Scene::manifest_for("busy", &backup, ""))?;
    let object = scene.wait("busy", "ready", |object: &Object| object.is("Ready")).await?;
    assert_eq!(object.attempts().len(), 4, "{:#}", object.0);
    told(&scene, "busy", "Replicated").await?;
    operator.stop()?;
    let told =
        [("Warning", "TemporarilyRejected"), ("Normal", "Accepted"), ("Normal", "Replicated")];
    assert_eq!(story(&scene, "busy").await?, pairs(told));
    Ok(())
}

#[tokio::test]
async fn without_the_right_to_events_all_else_works_and_the_log_says_so_once() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let account = service_account(&scene.cluster, &scene.namespace, "operator")?;
    let api = "rbac.authorization.k8s.io";
    let metadata = json!({"name": "operator"});
    let rule = |group: &str, resource: &str, verbs: &[&str]| json!({"apiGroups": [group], "resources": [resource], "verbs": verbs});
    for object in [
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": metadata,
            "rules": [
                rule("cbr.replication.dev", "backupreplications", &["get", "list", "watch"]),
                rule("cbr.replication.dev", "backupreplications/status", &["patch"]),
                rule("", "secrets", &["get"]),
            ],
        }),
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": metadata,
            "roleRef": {"apiGroup": api, "kind": "Role", "name": "operator"},
            "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": scene.namespace}],
        }),
    ] {
        scene.applied(&object.to_string())?;
    }
    let operator = scene.operator().env("KUBECONFIG", account).start_ready()?;
    for name in ["first", "second", "third"] {
        let backup = scene.new_backup();
        scene.applied(&Scene::manifest_for(name, &backup, ""))?;
        scene
            .wait(name, "replicated", |object| object.is("Replicated") && object.is_observed())
            .await?;
        assert_eq!(scene.simulator.counts(&backup).accepted, 1);
    }
    let said = |line: &str| line.contains("Events cannot be published");
    operator.log.wait_for(PATIENCE, said)?;
    operator.stop()?;
    assert_eq!(operator.log.count(said), 1);
    ensure!(events(&scene).list(&ListParams::default()).await?.items.is_empty());
    Ok(())
}
