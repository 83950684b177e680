//! Argo CD judges a resource of every phase as kstatus does, and offers the decisions where they
//! fit.

mod config_map;
mod lua;
mod real;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene};
use serde_json::{Value, json};
use simulator::{Advance, Behaviour, Fault, LookUp, Options, Records, Script, example};

use self::lua::{folder, run, yaml};
use crate::{OPERATOR, generated};

#[test]
fn each_example_is_judged_as_the_table_says() -> Result<()> {
    let table = yaml("health_test.yaml")?;
    let tests = table["tests"].as_array().context("tests")?;
    for test in tests {
        let path = test["inputPath"].as_str().context("inputPath")?;
        assert_eq!(run("health.lua", &yaml(path)?)?, test["healthStatus"], "{path}");
    }
    let mut named: Vec<PathBuf> =
        tests.iter().filter_map(|test| Some(folder().join(test["inputPath"].as_str()?))).collect();
    let mut there: Vec<PathBuf> = std::fs::read_dir(folder().join("testdata"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    named.sort();
    there.sort();
    assert_eq!(named, there, "each example is in the table, and none else");
    Ok(())
}

#[test]
fn there_is_an_example_of_every_phase() -> Result<()> {
    let crd = std::fs::read_to_string(repository::path(
        "crds/backupreplications.cbr.replication.dev.yaml",
    ))?;
    let crd: Value = serde_saphyr::from_str(&crd)?;
    let phases = crd
        .pointer("/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/phase/enum")
        .and_then(Value::as_array)
        .context("no phases in the CRD")?;
    let table = yaml("health_test.yaml")?;
    let mut seen = Vec::new();
    for test in table["tests"].as_array().context("tests")? {
        seen.push(
            yaml(test["inputPath"].as_str().context("inputPath")?)?["status"]["phase"].take(),
        );
    }
    for phase in phases {
        assert!(seen.contains(phase), "none of {phase}");
    }
    Ok(())
}

#[test]
fn the_actions_are_offered_where_they_fit_and_write_a_decision() -> Result<()> {
    let table = yaml("actions/action_test.yaml")?;
    for test in table["discoveryTests"].as_array().context("discoveryTests")? {
        let path = test["inputPath"].as_str().context("inputPath")?;
        let offered = run("actions/discovery.lua", &yaml(&format!("actions/{path}"))?)?;
        for action in test["result"].as_array().context("result")? {
            let name = action["name"].as_str().context("name")?;
            assert_eq!(offered[name]["disabled"], action["disabled"], "{path}: {name}");
        }
    }
    actions_write(&table)
}

/// What the actions write is what stands in their examples.
fn actions_write(table: &Value) -> Result<()> {
    for test in table["actionTests"].as_array().context("actionTests")? {
        let text = |field: &str| test[field].as_str().with_context(|| field.to_owned());
        let input = yaml(&format!("actions/{}", text("inputPath")?))?;
        let decided = run(&format!("actions/{}/action.lua", text("action")?), &input)?;
        let expected = folder().join("actions").join(text("expectedOutputPath")?);
        same(&expected, &serde_saphyr::to_string(&decided)?)?;
    }
    Ok(())
}

#[test]
fn the_config_map_has_these_scripts() -> Result<()> {
    same(&repository::path("deploy/argocd/argocd-cm.yaml"), &config_map::patch()?)
}

/// The examples are what the operator really writes.
#[tokio::test]
async fn the_examples_are_as_the_operator_leaves_its_resources() -> Result<()> {
    let scene =
        Scene::with(OPERATOR, with(|behaviour| behaviour.view.records = Records::Absent)).await?;
    let apply =
        |name: &str, more: &str| scene.applied(&Scene::manifest_for(name, example::BACKUP, more));
    apply("new", "")?;
    compare("progressing_new", scene.get("new").await?)?;
    scene.kubectl(&["delete", "brep", "new"])?;

    let operator = scene.operator().start_ready()?;
    apply("db", "")?;
    compare(
        "progressing_waitingForSecret",
        scene.wait("db", "waiting", |o| o.reason() == "CredentialNotFound").await?,
    )?;
    let hold = scene.simulator.hold("answer");
    scene
        .simulator
        .script(Script::once(Fault::before_commit().hold(&hold).ordinary()).replicate())?;
    scene.valid_secret()?;
    hold.arrived().await;
    compare("progressing_submitting", scene.wait_for_phase("db", "Submitting").await?)?;
    hold.release();
    compare("healthy_accepted", scene.wait_for_phase("db", "Succeeded").await?)?;

    apply("suspended", "  suspend: true\n")?;
    compare(
        "suspended",
        scene.wait("suspended", "suspended", |o| o.reason() == "Suspended").await?,
    )?;

    let unknown = scene.new_backup();
    scene
        .simulator
        .script(Script::once(Fault::before_commit().reset()).replicate().backup(&unknown))?;
    scene.applied(&Scene::manifest_for("db-unknown", &unknown, ""))?;
    let is_open = |o: &Object| o.phase() == "OutcomeUnknown" && o.is("Reconciling");
    compare("progressing_outcomeUnknown", scene.wait("db-unknown", "open", is_open).await?)?;

    scene.applied(&Scene::manifest_for("rejected", &uuid(), ""))?;
    compare("degraded_rejected", scene.wait_for_phase("rejected", "Failed").await?)?;
    drop(operator);

    let change = json!({"spec": {"suspend": true}});
    scene.patched("db", &change)?;
    compare("progressing_notObserved", scene.get("db").await?)
}

/// While a copy is under way, and at its two ends.
#[tokio::test]
async fn the_examples_of_a_copy_are_as_the_operator_leaves_its_resources() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let _operator = scene.operator().start_ready()?;
    let begun = async |name: &str, more: &str| -> Result<String> {
        let backup = scene.new_backup();
        scene.applied(&Scene::manifest_for(name, &backup, more))?;
        scene.wait(name, "accepted", |o| o.text("/status/replicationRecordId").is_some()).await?;
        scene.simulator.advance(&backup, Advance::Replicating { progress: 40 })?;
        Ok(backup)
    };
    let is_copied = |object: &Object| object.0.pointer("/status/progress") == Some(&json!(40));

    let backup = begun("db", "").await?;
    compare("healthy_replicating", scene.wait("db", "copied so far", is_copied).await?)?;
    scene.simulator.advance(&backup, Advance::Success)?;
    compare("healthy_replicated", scene.wait_for_phase("db", "Succeeded").await?)?;

    let backup = begun("waited-for", "  readyWhen: Replicated\n").await?;
    compare(
        "progressing_replicating",
        scene.wait("waited-for", "copied so far", is_copied).await?,
    )?;
    let reason = "The destination vault is full.".into();
    scene
        .simulator
        .advance(&backup, Advance::Fail { code: "BackupService.8888".into(), reason })?;
    compare("degraded_replicationFailed", scene.wait_for_phase("waited-for", "Failed").await?)
}

/// And what the actions write is a decision that the operator carries out.
#[tokio::test]
async fn a_decision_by_an_action_is_carried_out() -> Result<()> {
    let scene =
        Scene::with(OPERATOR, with(|behaviour| behaviour.view.look_up = LookUp::NotFound)).await?;
    scene.valid_secret()?;
    scene.simulator.script(Script::once(Fault::before_commit().reset()).replicate())?;
    let _operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    let stalled =
        scene.wait("db", "stalled", |o| o.phase() == "OutcomeUnknown" && o.is("Stalled")).await?;
    compare("degraded_outcomeUnknown", stalled.clone())?;
    let decided = run("actions/not-accepted/action.lua", &stalled.0)?;
    scene
        .patched("db", &json!({"metadata": {"annotations": decided["metadata"]["annotations"]}}))?;
    scene.wait_for_phase("db", "Succeeded").await?;
    Ok(())
}

/// A world with one behaviour of its own.
fn with(change: impl FnOnce(&mut Behaviour)) -> Options {
    let mut options = Options::default();
    change(&mut options.behaviour);
    options
}

fn uuid() -> String {
    "11111111-2222-4333-8444-555555555555".to_owned()
}

/// The example says the same.
fn compare(name: &str, object: Object) -> Result<()> {
    let claimant = object.text("/status/attempts/0/claimedBy").unwrap_or("nobody").to_owned();
    let path = format!("testdata/{name}.yaml");
    same(&folder().join(&path), &real::comparable(object.0, &claimant)?)?;
    if generated::is_written() {
        // What is made from the example follows it.
        let _alone = generated::alone();
        write_judgement(&path)?;
        actions_write(&yaml("actions/action_test.yaml")?)?;
    }
    Ok(())
}

/// Puts what the script says of the example into the table.
fn write_judgement(path: &str) -> Result<()> {
    let health = run("health.lua", &yaml(path)?)?;
    let message = health["message"].as_str().context("no message")?.replace('\'', "''");
    let file = folder().join("health_test.yaml");
    let table = std::fs::read_to_string(&file)?;
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    let named = format!("  inputPath: {path}");
    let at = lines.iter().position(|line| *line == named).context("not in the table")?;
    lines[at - 1] = format!("    message: '{message}'");
    Ok(std::fs::write(file, lines.join("\n") + "\n")?)
}

fn same(path: &Path, now: &str) -> Result<()> {
    if generated::is_written() {
        return std::fs::write(path, now).with_context(|| path.display().to_string());
    }
    let before = std::fs::read_to_string(path).unwrap_or_default();
    let how = generated::HOW;
    ensure!(before == now, "{} is not current: {how}. Now:\n{now}", path.display());
    Ok(())
}
