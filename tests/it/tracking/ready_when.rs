//! What `Ready` waits for, which may be changed at any time, and what waits for `Ready`.

use anyhow::Result;
use harness::{Object, Scene};
use serde_json::{Value, json};
use simulator::{Advance, LookUp, View};

use super::slow_cloud;
use super::{accepted, assert_called_once, copied_to, ready, replicated};

/// Changes `readyWhen`, and returns the resource once the operator has seen the change.
async fn ready_when(scene: &Scene, name: &str, value: Value) -> Result<Object> {
    let before = scene.get(name).await?.0["metadata"]["generation"].clone();
    scene.patched(name, &json!({"spec": {"readyWhen": value}}))?;
    let newer =
        |object: &Object| object.is_observed() && object.0["metadata"]["generation"] != before;
    scene.wait(name, "observed again", newer).await
}

const COPYING: (&str, &str) = ("False", "Replicating");
const ACCEPTED: (&str, &str) = ("True", "Accepted");

#[tokio::test]
async fn it_may_be_changed_while_the_cloud_copies_and_after_the_copy_exists() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "  readyWhen: Replicated\n").await?;
    let object = copied_to(&scene, "db", &backup, 20).await?;
    assert_eq!(ready(&object), COPYING);
    assert!(object.is("Reconciling") && object.message().contains("20 %"), "{:#}", object.0);
    for (value, is) in
        [(json!("Accepted"), ACCEPTED), (json!("Replicated"), COPYING), (Value::Null, ACCEPTED)]
    {
        let object = ready_when(&scene, "db", value).await?;
        assert_eq!(
            (object.phase(), ready(&object), replicated(&object)),
            ("Replicating", is, COPYING)
        );
        assert_eq!(object.is("Reconciling"), is == COPYING);
    }

    ready_when(&scene, "db", json!("Replicated")).await?;
    scene.simulator.advance(&backup, Advance::Success)?;
    let copied = ("True", "Replicated");
    let object = scene.wait_for_phase("db", "Succeeded").await?;
    assert_eq!((ready(&object), object.condition("Reconciling").0), (copied, ""));
    for (value, is) in [(Value::Null, ACCEPTED), (json!("Replicated"), copied)] {
        let object = ready_when(&scene, "db", value).await?;
        assert_eq!(
            (object.phase(), ready(&object), replicated(&object)),
            ("Succeeded", is, copied)
        );
    }
    assert_called_once(&scene, "db", &backup).await
}

#[tokio::test]
async fn it_may_be_changed_after_a_failure_and_where_nothing_is_reported() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let failed = accepted(&scene, "failed", "").await?;
    scene.simulator.advance(&failed, Advance::Fail { code: "C".into(), reason: "R".into() })?;
    scene.wait_for_phase("failed", "Failed").await?;
    for value in [json!("Replicated"), Value::Null] {
        let object = ready_when(&scene, "failed", value).await?;
        assert_eq!((object.phase(), ready(&object)), ("Failed", ("False", "ReplicationFailed")));
        assert!(object.is("Stalled"));
    }

    let silent = scene.new_backup();
    scene.simulator.set_view(&silent, Some(View { look_up: LookUp::NotFound, ..View::default() }));
    scene.applied(&Scene::manifest_for("silent", &silent, ""))?;
    scene.wait_for_phase("silent", "Succeeded").await?;
    for (value, is) in [(json!("Replicated"), ("Unknown", "NotReported")), (Value::Null, ACCEPTED)]
    {
        let object = ready_when(&scene, "silent", value).await?;
        assert_eq!((object.phase(), ready(&object)), ("Succeeded", is));
        assert_eq!(
            (object.is("Stalled"), replicated(&object)),
            (is != ACCEPTED, ("Unknown", "NotReported"))
        );
    }
    assert_called_once(&scene, "failed", &failed).await?;
    assert_called_once(&scene, "silent", &silent).await
}

#[tokio::test]
async fn kubectl_waits_for_either() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let wait = |name: &str, condition: &str, timeout: &str| {
        scene.kubectl(&[
            "wait",
            &format!("brep/{name}"),
            &format!("--for=condition={condition}"),
            timeout,
        ])
    };
    let [long, short] = ["--timeout=90s", "--timeout=1s"];
    let [at_acceptance, at_copy] = [scene.new_backup(), scene.new_backup()];
    scene.applied(&Scene::manifest_for("at-acceptance", &at_acceptance, ""))?;
    scene.applied(&Scene::manifest_for("at-copy", &at_copy, "  readyWhen: Replicated\n"))?;
    let said = wait("at-acceptance", "Ready", long)?;
    assert!(said.accepted && said.words.contains("condition met"), "{}", said.words);
    scene.wait("at-copy", "accepted", super::is_accepted).await?;
    for (name, condition) in
        [("at-acceptance", "Replicated"), ("at-copy", "Ready"), ("at-copy", "Replicated")]
    {
        let said = wait(name, condition, short)?;
        assert!(
            !said.accepted && said.words.contains("timed out"),
            "{name}, {condition}: {}",
            said.words
        );
    }

    for backup in [&at_acceptance, &at_copy] {
        scene.simulator.advance(backup, Advance::Success)?;
    }
    for (name, condition) in
        [("at-acceptance", "Replicated"), ("at-copy", "Ready"), ("at-copy", "Replicated")]
    {
        let said = wait(name, condition, long)?;
        assert!(
            said.accepted && said.words.contains("condition met"),
            "{name}, {condition}: {}",
            said.words
        );
    }
    assert_called_once(&scene, "at-copy", &at_copy).await
}
