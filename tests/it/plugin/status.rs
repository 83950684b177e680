//! `status`: which resources, in which form, and what changes while it is watched.

use anyhow::{Context, Result, ensure};
use harness::{Cluster, Scene, install_crd};
use serde_json::{Value, json};
use simulator::Options;

use super::running::Running;
use super::situations::situations;
use super::{NOT_FOUND, OPERATOR, command, plugin};

fn names(listed: &Value) -> Vec<&str> {
    let items = listed["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["name"].as_str()).collect()
}

#[tokio::test]
async fn each_form_shows_those_that_are_asked_for() -> Result<()> {
    let (scene, _operator) = situations().await?;
    let status = |arguments: &[&str]| plugin(&scene, &[&["status"], arguments].concat());
    let json = |arguments: &[&str]| -> Result<Value> {
        let said = status(&[arguments, &["-o", "json"]].concat())?.well()?;
        Ok(serde_json::from_str(&said)?)
    };
    assert_eq!(names(&json(&["lost", "rejected", "lost"])?).len(), 2);
    let mine = json(&["--needs-me"])?;
    let mut needed = names(&mine);
    needed.sort_unstable();
    assert_eq!(needed, ["lost", "rejected", "waiting"]);
    assert_eq!(status(&["no-such"])?.code, Some(NOT_FOUND));
    assert_eq!(status(&["-l", "a=b", "lost"])?.code, Some(2), "labels and names together");

    scene.patched("lost", &json!({"metadata": {"labels": {"team": "storage"}}}))?;
    assert_eq!(names(&json(&["-l", "team=storage"])?), ["lost"]);
    ensure!(status(&["-l", "team=none"])?.err.contains("with these labels"));
    let yaml: Value = serde_saphyr::from_str(&status(&["-o", "yaml"])?.well()?)?;
    assert_eq!(names(&yaml), names(&json(&[])?));
    assert_eq!(yaml["version"], 1);

    // For kubectl, which knows them by that.
    let named = status(&["succeeded", "-o", "name"])?.well()?;
    let deleted = scene.kubectl(&["delete", named.trim(), "--dry-run=server"])?;
    ensure!(deleted.accepted, "{named}: {}", deleted.words);

    let table = status(&[])?.well()?;
    ensure!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    ensure!(!table.contains('\u{1b}'), "{table:?}");
    ensure!(status(&["--color=always"])?.well()?.contains("\u{1b}[31mRejected\u{1b}[0m"));
    let wide = status(&["-o", "wide"])?.well()?;
    let object = scene.get("succeeded").await?;
    for id in ["/status/replicationRecordId", "/spec/backupId", "/status/replicaBackupId"] {
        let id = object.text(id).context(id)?;
        ensure!(wide.contains(id) && !table.contains(id), "{id}: {wide}");
    }
    Ok(())
}

#[tokio::test]
async fn a_watch_prints_what_changes_and_outlives_the_api_server() -> Result<()> {
    let cluster = Cluster::own()?;
    install_crd(&cluster)?;
    let scene = Scene::on(&cluster, OPERATOR, Options::default()).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    let mut running = Running::start(&scene, &["status", "-w", "-o", "json"])?;
    let first: Value = serde_json::from_str(&running.line_with("db")?)?;
    assert_eq!(first["phase"], "Pending");
    cluster.stop_apiserver();
    cluster.start_apiserver()?;
    scene.set_status("db", &json!({"phase": "Replicating", "progress": 40})).await?;
    let next: Value = serde_json::from_str(&running.line_with("Replicating")?)?;
    assert_eq!((&next["name"], &next["progress"]), (&json!("db"), &json!(40)));
    Ok(())
}

#[tokio::test]
async fn no_color_counts_only_where_nothing_else_is_said() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    scene.set_status("db", &json!({"phase": "Succeeded"})).await?;
    for (when, colored) in [("auto", false), ("never", false), ("always", true)] {
        let output = command(&scene)
            .env("NO_COLOR", "1")
            .args(["status", "-n", &scene.namespace, "--color", when])
            .output()?;
        assert_eq!(String::from_utf8(output.stdout)?.contains('\u{1b}'), colored, "{when}");
    }
    Ok(())
}
