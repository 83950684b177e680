//! docs/examples/nightly.yaml does what its page says: its script, run with the rights of its Role.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::Scene;
use serde_json::{Value, json};

use super::{accepted, add, backup, chosen, operator, ready, scene};

/// Runs the script of the CronJob as its service account, and returns what it said.
fn run(scene: &Scene, script: &str) -> Result<String> {
    let mut kubeconfig: Value =
        serde_json::from_slice(&std::fs::read(scene.cluster.kubeconfig())?)?;
    let user = kubeconfig.pointer_mut("/users/0/user").context("no user in the kubeconfig")?;
    user["as"] = json!(format!("system:serviceaccount:{}:nightly-replication", scene.namespace));
    let file = scene.cluster.folder().join(format!("{}.nightly.json", scene.namespace));
    std::fs::write(&file, kubeconfig.to_string())?;
    let kubectl = scene.cluster.kubectl();
    let folder = std::path::Path::new(kubectl.get_program()).parent().context("no folder")?;
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let output = Command::new("/bin/sh")
        .args(["-ceu", script])
        .env_clear()
        .env("PATH", path)
        .env("KUBECONFIG", &file)
        .env("HOME", scene.cluster.folder())
        .output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(output.status.success(), "{said}");
    Ok(said)
}

#[tokio::test]
async fn the_nightly_example_makes_one_resource_a_day_and_one_call() -> Result<()> {
    let scene = scene().await?;
    scene.valid_secret()?;
    let text = std::fs::read_to_string(repository::path("docs/examples/nightly.yaml"))?;
    let text = text.replace("namespace: backups", &format!("namespace: {}", scene.namespace));
    scene.applied(&text)?;
    let job = text.split("\n---\n").last().context("no CronJob")?;
    let job: Value = serde_saphyr::from_str(job)?;
    let container =
        job.pointer("/spec/jobTemplate/spec/template/spec/containers/0").context("no container")?;
    let script = container["command"][2].as_str().context("no script")?;
    // Yesterday's is there, and today's is not.
    add(&scene, backup(60 * 24 + 60));
    let _operator = operator(&scene).start_ready()?;
    let said = run(&scene, script)?;
    let name = said
        .split_whitespace()
        .find_map(|word| word.strip_prefix("backupreplication.cbr.replication.dev/"))
        .with_context(|| said.clone())?
        .to_owned();
    let waits = |object: &harness::Object| object.reason() == "NoMatchingBackup";
    scene.wait(&name, "waiting for today's backup", waits).await?;
    let todays = add(&scene, backup(0));
    let object = scene.wait(&name, "ready", ready).await?;
    assert_eq!(chosen(&object), Some(todays.as_str()));
    // A second run on the same day: no other resource, and no other call.
    add(&scene, backup(0));
    let day = |said: &str| said.contains(&name);
    let again = run(&scene, script)?;
    assert!(day(&again) || !again.is_empty(), "{again}");
    if day(&again) {
        assert_eq!(
            (chosen(&scene.get(&name).await?), accepted(&scene)),
            (Some(todays.as_str()), 1)
        );
    }
    Ok(())
}
