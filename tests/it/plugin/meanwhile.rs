//! What changes between the look-up and the write: a decision is written for what was shown, or not
//! at all.

use std::process::{Child, Stdio};

use anyhow::{Result, ensure};
use harness::{Object, Scene, in_time};
use serde_json::{Value, json};
use simulator::{Fault, Script, example};

use super::{OPERATOR, Said, bare};

const DECISION: &str = "/metadata/annotations/cbr.replication.dev~1decision";

/// A resource that waits for a decision, with no operator that would carry it out.
async fn undecided(scene: &Scene, name: &str, backup: &str) -> Result<()> {
    scene.create(&Scene::manifest_for(name, backup, "")).await?;
    let mut attempt = harness::attempt(1, Some("Unknown"));
    attempt["endpoint"] = json!(scene.simulator.https_url());
    attempt["id"] = json!(format!("attempt-of-{name}"));
    scene.set_status(name, &json!({"phase": "OutcomeUnknown", "attempts": [attempt]})).await?;
    Ok(())
}

/// `resolve` up to its look-up, which the cloud does not answer before `then` is done.
async fn while_it_looks<F: Future<Output = Result<()>>>(
    scene: &Scene,
    name: &str,
    then: impl FnOnce() -> F,
) -> Result<Said> {
    let backup = scene.new_backup();
    undecided(scene, name, &backup).await?;
    let hold = scene.simulator.hold(name);
    scene.simulator.script(
        Script::once(Fault::before_commit().hold(&hold).ordinary()).show().backup(&backup),
    )?;
    let child = Killed(Some(
        bare()
            .env("KUBECONFIG", scene.cluster.kubeconfig())
            .env("BREP_ALLOWED_ENDPOINT", scene.simulator.https_url())
            .env("BREP_CA_BUNDLE", scene.ca_file())
            .args(["resolve", name, "--accepted", "--yes", "--namespace", &scene.namespace])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?,
    ));
    in_time("the look arrives", hold.arrived()).await?;
    then().await?;
    hold.release();
    child.said()
}

/// A child that does not outlive the test.
struct Killed(Option<Child>);

impl Killed {
    fn said(mut self) -> Result<Said> {
        match self.0.take() {
            Some(child) => Said::of(child.wait_with_output()?),
            None => anyhow::bail!("it has ended"),
        }
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn decision(scene: &Scene, name: &str) -> Result<Option<String>> {
    Ok(scene.get(name).await?.text(DECISION).map(str::to_owned))
}

#[tokio::test]
async fn an_edit_that_changes_nothing_of_what_was_decided_does_not_stop_it() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let label =
        || async { scene.patched("db", &json!({"metadata": {"labels": {"team": "storage"}}})) };
    while_it_looks(&scene, "db", label).await?.well()?;
    assert_eq!(decision(&scene, "db").await?.as_deref(), Some("attempt-of-db:accepted"));
    assert_eq!(scene.get("db").await?.text("/metadata/labels/team"), Some("storage"));
    Ok(())
}

#[tokio::test]
async fn another_attempt_another_object_or_an_outcome_is_not_decided_about() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let attempts = |name: &str, outcome: &str| {
        let mut attempt = harness::attempt(1, Some(outcome));
        attempt["endpoint"] = json!(scene.simulator.https_url());
        attempt["id"] = json!(format!("attempt-of-{name}"));
        json!([attempt])
    };
    let settled = || async {
        scene
            .set_status("settled", &json!({"attempts": attempts("settled", "NotAccepted")}))
            .await
            .map(drop)
    };
    let next = || async {
        scene.set_status("next", &json!({"attempts": attempts("next", "NotAccepted")})).await?;
        let mut both = attempts("next", "NotAccepted");
        if let Some(list) = both.as_array_mut() {
            list.insert(0, harness::attempt(2, Some("Unknown")));
        }
        scene.set_status("next", &json!({"attempts": both})).await.map(drop)
    };
    let again = || async {
        let deleted = scene.kubectl(&["delete", "brep", "again"])?;
        ensure!(deleted.accepted, "{}", deleted.words);
        undecided(&scene, "again", example::BACKUP).await
    };
    let gone = || async {
        let deleted = scene.kubectl(&["delete", "brep", "gone"])?;
        ensure!(deleted.accepted, "{}", deleted.words);
        Ok(())
    };
    let changed = "nothing was written: the resource has changed since it was read; check it and decide again";
    assert_eq!(while_it_looks(&scene, "settled", settled).await?.line()?, changed);
    assert_eq!(while_it_looks(&scene, "next", next).await?.line()?, changed);
    assert_eq!(while_it_looks(&scene, "again", again).await?.line()?, changed);
    let said = while_it_looks(&scene, "gone", gone).await?;
    assert!(said.line()?.starts_with("there is no BackupReplication gone"), "{said:?}");
    for name in ["settled", "next", "again"] {
        assert_eq!(decision(&scene, name).await?, None, "{name}");
    }
    let untouched =
        |object: &Object| object.0["metadata"].get("annotations").is_none_or(Value::is_null);
    assert!(untouched(&scene.get("again").await?));
    Ok(())
}
