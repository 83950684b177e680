//! P17. Doubles are never silent.

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene, in_time};
use serde_json::{Map, Value, json};
use simulator::{Advance, Fault, Options, Pace, Script, Target, example};

use super::{Findings, OPERATOR, apply, careless, counts, operator, origin, ready};

/// A cloud whose replications go on for as long as the test wants, so that they are followed.
fn slow() -> Options {
    let mut options = careless();
    options.behaviour.pace = Pace::Manual;
    options
}

/// What a resource of the default manifest calls for.
fn same_target(backup: &str) -> Target {
    Target {
        project_id: example::PROJECT.into(),
        backup_id: backup.into(),
        destination_project_id: example::DESTINATION_PROJECT.into(),
        destination_region: example::DESTINATION_REGION.into(),
        destination_vault_id: example::VAULT.into(),
        name: None,
        description: None,
    }
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn doubles(object: &Object) -> Vec<&str> {
    let records = object.0.pointer("/status/additionalRecords").and_then(Value::as_array);
    records.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether the cloud's record of it was seen.
fn followed(object: &Object) -> bool {
    object.is_observed() && object.text("/status/recordStatus").is_some()
}

/// A human is told of these records, by name.
async fn assert_told(
    scene: &Scene,
    findings: &mut Findings,
    name: &str,
    backup: &str,
    others: &[String],
) -> Result<()> {
    scene.looked_up_again(backup, 3).await?;
    let object = scene.get(name).await?;
    let all = doubles(&object) == others;
    findings
        .check(name, all, || format!("additionalRecords {:?}, not {others:?}", doubles(&object)));
    let asked =
        object.is("Stalled") && !object.is("Ready") && object.reason() == "AdditionalRecords";
    findings
        .check(name, asked, || format!("nobody is asked: {} {}", object.phase(), object.reason()));
    let named = others.iter().all(|record| object.message().contains(record));
    findings.check(name, named, || format!("not named in: {}", object.message()));
    findings.check(name, origin(&object).0 == Some("Called"), || format!("{:?}", origin(&object)));
    findings.counts(scene, name, backup, (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_record_of_another_caller_to_the_same_place_is_reported_to_a_human() -> Result<()> {
    let upper = example::VAULT.to_uppercase();
    let rows = [
        ("tool", json!({})),
        ("policy", json!({"extra_info": {"auto_trigger": true}})),
        ("no-time", json!({"created_at": null})),
        ("odd-time", json!({"created_at": "2026-01-01T00:00:00 CET"})),
        ("no-project", json!({"destination_project_id": null})),
        (
            "spelt-otherwise",
            json!({"destination_vault_id": upper, "extra_info": {"destination_vault_id": upper}}),
        ),
    ];
    let scene = Scene::with(OPERATOR, slow()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let mut cases = Vec::new();
    for (name, listed) in rows {
        let backup = scene.new_backup();
        apply(&scene, name, &backup, &json!({}))?;
        cases.push((name, backup, listed));
    }
    let mut findings = Findings::default();
    for (name, backup, listed) in cases {
        scene.wait(name, "followed", followed).await?;
        let other = scene.simulator.add_replication(same_target(&backup))?;
        scene.simulator.alter_record(&other, fields(listed))?;
        assert_told(&scene, &mut findings, name, &backup, &[other]).await?;
    }
    findings.none()
}

#[tokio::test]
async fn a_double_made_while_the_answer_is_lost_is_reported_to_a_human() -> Result<()> {
    let scene = Scene::with(OPERATOR, slow()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let hold = scene.simulator.hold("call");
    scene.simulator.script(Script::once(Fault::after_commit().hold(&hold).reset()).replicate())?;
    apply(&scene, "db", example::BACKUP, &json!({}))?;
    in_time("the call arrives", hold.arrived()).await?;
    scene.simulator.add_replication(same_target(example::BACKUP))?;
    hold.release();
    let object = scene.wait("db", "followed", followed).await?;
    let own = origin(&object).1.context("no record")?;
    let others: Vec<_> = scene
        .simulator
        .records(example::BACKUP)
        .into_iter()
        .map(|record| record.id)
        .filter(|id| id != own)
        .collect();
    let mut findings = Findings::default();
    ensure!(others.len() == 1, "{others:?}");
    assert_told(&scene, &mut findings, "db", example::BACKUP, &others).await?;
    findings.none()
}

#[tokio::test]
async fn what_is_older_elsewhere_declined_or_its_own_is_no_double() -> Result<()> {
    let scene = Scene::with(OPERATOR, slow()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let [before, late, elsewhere, declined] = [(); 4].map(|()| scene.new_backup());
    let failed = Advance::Fail { code: "BackupService.9999".into(), reason: "Broken.".into() };
    scene.simulator.add_replication(same_target(&before))?;
    scene.simulator.advance(&before, failed)?;
    scene.simulator.add_replication(same_target(&declined))?;
    let rows =
        [("before", &before), ("late", &late), ("elsewhere", &elsewhere), ("declined", &declined)];
    for (name, backup) in rows {
        apply(&scene, name, backup, &json!({}))?;
        scene.wait(name, "followed", followed).await?;
    }
    // It began before the claim, and shows now.
    let old = scene.simulator.add_replication(same_target(&late))?;
    scene
        .simulator
        .alter_record(&old, fields(json!({"created_at": "2020-02-05T10:38:34.209782"})))?;
    scene.simulator.add_replication(Target {
        destination_project_id: example::SECOND_DESTINATION_PROJECT.into(),
        destination_region: example::SECOND_DESTINATION_REGION.into(),
        destination_vault_id: example::SECOND_VAULT.into(),
        ..same_target(&elsewhere)
    })?;
    let command = scene.get("declined").await?.commands().pop().context("no command")?;
    ensure!(scene.paste(&command)?.accepted, "{command}");
    let called = |object: &Object| followed(object) && origin(object).0 == Some("Called");
    scene.wait("declined", "called for", called).await?;

    let mut findings = Findings::default();
    for (name, backup) in rows {
        scene.looked_up_again(backup, 3).await?;
        let object = scene.get(name).await?;
        findings
            .check(name, ready(&object), || format!("{} {}", object.reason(), object.message()));
        findings.check(name, doubles(&object).is_empty(), || format!("{:?}", doubles(&object)));
        findings.check(name, counts(&scene, backup) == (1, 1), || {
            format!("{:?}", counts(&scene, backup))
        });
    }
    findings.none()
}
