//! P16. A decision is given once, to one object.

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene, in_time};
use serde_json::{Value, json};
use simulator::{
    Advance, Fault, Options, Pace, Records, Script, Target, Timestamps, View, example,
};

use super::{
    Findings, OPERATOR, apply, calls, careless, counts, decided, delete, only_record, operator,
    origin, outcome, patient_operator, ready,
};

const DECISION: &str = "cbr.replication.dev/decision";

/// A cloud whose replications go on for as long as the test wants, so that they are followed.
fn slow() -> Options {
    let mut options = careless();
    options.behaviour.pace = Pace::Manual;
    options
}

/// The manifest as git has it, where somebody has put the decision.
fn manifest_with(name: &str, backup: &str, decision: &str) -> Value {
    let mut manifest = Scene::manifest_but(name, backup, &json!({}));
    manifest["metadata"]["annotations"] = json!({DECISION: decision});
    manifest
}

fn adopted(object: &Object) -> bool {
    ready(object) && object.text("/status/origin") == Some("Adopted")
}

/// Pastes the command of the message of an adopted resource, by which a call of its own is made.
fn paste_retry(scene: &Scene, object: &Object) -> Result<()> {
    let command = object.commands().pop().context("no command")?;
    let pasted = scene.paste(&command)?;
    ensure!(pasted.accepted, "{command}: {}", pasted.words);
    Ok(())
}

#[tokio::test]
async fn a_decision_that_stays_on_an_object_is_not_carried_out_for_the_next_one() -> Result<()> {
    let scene = Scene::with(OPERATOR, slow()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let mut findings = Findings::default();
    for name in ["failed", "vanished", "no-time"] {
        let backup = scene.new_backup();
        apply(&scene, name, &backup, &json!({}))?;
        scene.wait(name, "ready", ready).await?;
        let first = only_record(&scene, &backup)?;
        delete(&scene, name)?;
        apply(&scene, name, &backup, &json!({}))?;
        let object = scene.wait(name, "adopted", adopted).await?;
        paste_retry(&scene, &object)?;
        let called = |object: &Object| ready(object) && origin(object).0 == Some("Called");
        let object = scene.wait(name, "called for, as was said", called).await?;
        ensure!(counts(&scene, &backup) == (2, 2), "{name}: {:?}", counts(&scene, &backup));
        let decision = object
            .text("/metadata/annotations/cbr.replication.dev~1decision")
            .context("no decision")?;
        let second = origin(&object).1.context("no record")?;

        // What the next object adopts is the first record, to which the decision was given once.
        match name {
            "failed" => scene.simulator.advance(
                second,
                Advance::Fail { code: "BackupService.9999".into(), reason: "Broken.".into() },
            )?,
            "vanished" => scene.simulator.hide(second)?,
            _ => {
                let later = [("id".to_owned(), json!("00000000-0000-4000-8000-000000000000"))]
                    .into_iter()
                    .collect();
                scene.simulator.alter_record(second, later)?;
                let view = View { timestamps: Timestamps::Unreadable, ..View::default() };
                scene.simulator.set_view(&backup, Some(view));
            }
        }
        delete(&scene, name)?;
        scene.applied(&manifest_with(name, &backup, decision).to_string())?;
        scene.wait(name, "decided", decided).await?;
        scene.looked_up_again(&backup, 2).await?;
        let object = scene.wait(name, "ready", ready).await?;
        let as_before = adopted(&object) && origin(&object).1 == Some(&first);
        findings
            .check(name, as_before, || format!("{:?}, not adopted as {first}", origin(&object)));
        findings.counts(&scene, name, &backup, (2, 2));
    }
    findings.none()
}

/// A replication from before this cluster.
fn there(scene: &Scene, backup: &str) -> Result<String> {
    scene.simulator.add_replication(Target {
        project_id: example::PROJECT.into(),
        backup_id: backup.into(),
        destination_project_id: example::DESTINATION_PROJECT.into(),
        destination_region: example::DESTINATION_REGION.into(),
        destination_vault_id: example::VAULT.into(),
        name: None,
        description: None,
    })
}

#[tokio::test]
async fn a_decision_in_the_manifest_of_a_new_object_is_not_carried_out_and_one_that_is_given_then_is()
-> Result<()> {
    let scene = Scene::with(OPERATOR, slow()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let record = there(&scene, example::BACKUP)?;
    scene.applied(
        &manifest_with("db", example::BACKUP, &format!("{record}:call-anew")).to_string(),
    )?;
    scene.wait("db", "decided", decided).await?;
    scene.looked_up_again(example::BACKUP, 2).await?;
    let object = scene.get("db").await?;
    assert_eq!(counts(&scene, example::BACKUP), (0, 0), "{:?}", origin(&object));
    assert_eq!(origin(&object), (Some("Adopted"), Some(record.as_str())));

    let taken_away = scene.kubectl(&["annotate", "brep", "db", &format!("{DECISION}-")])?;
    ensure!(taken_away.accepted, "{}", taken_away.words);
    paste_retry(&scene, &scene.get("db").await?)?;
    let called = |object: &Object| ready(object) && origin(object).0 == Some("Called");
    scene.wait("db", "called for", called).await?;
    scene.looked_up_again(example::BACKUP, 2).await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}

#[tokio::test]
async fn not_accepted_during_the_call_is_carried_out_after_a_look_up_that_could_show_it()
-> Result<()> {
    let mut options = careless();
    // Sooner than others may act on the attempt, later than its answer is lost.
    options.behaviour.view.records = Records::Late { milliseconds: Some(10_000) };
    let scene = Scene::with(OPERATOR, options).await?;
    scene.valid_secret()?;
    let hold = scene.simulator.hold("call");
    scene.simulator.script(Script::once(Fault::after_commit().hold(&hold).reset()).replicate())?;
    let limits = ["--claim-window=3s", "--request-timeout=15s"];
    let _operator =
        limits.into_iter().fold(patient_operator(&scene), |o, limit| o.arg(limit)).start_ready()?;
    apply(&scene, "db", example::BACKUP, &json!({}))?;
    in_time("the call arrives", hold.arrived()).await?;
    let attempt = scene.get("db").await?.attempt_id().to_owned();
    let decision = format!("{DECISION}={attempt}:not-accepted");
    let annotated = scene.kubectl(&["annotate", "--overwrite", "brep", "db", &decision])?;
    ensure!(annotated.accepted, "{}", annotated.words);
    hold.release();
    let object = outcome(&scene, "db").await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1), "{}", object.message());
    assert_eq!(
        origin(&object),
        (Some("Called"), Some(only_record(&scene, example::BACKUP)?.as_str()))
    );
    assert_eq!(calls(&object), 1, "{}", object.message());
    Ok(())
}
