//! What `kubectl describe` and `kubectl brep explain` show in each situation that somebody is woken
//! by stands in the runbook as it is.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::{Object, Operator, PATIENCE, Scene};
use serde_json::json;
use simulator::{
    Advance, Answer, Fault, LookUp, Options, Records, RetryAfter, Script, Simulator, View, example,
};

use super::RUNBOOK;
use super::masks::masked;
use crate::OPERATOR;
use crate::generated::{is_written, part_like, presentable};

const PLUGIN: &str = env!("CARGO_BIN_EXE_kubectl-brep");

/// A scene with a token, and an operator whose claims and unknown outcomes settle within seconds.
async fn scene() -> Result<(Scene, Operator)> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let operator = scene
        .operator()
        .arg("--claim-window=1s")
        .arg("--request-timeout=2s")
        .arg("--settling-time=1s");
    let operator = operator.start_ready()?;
    Ok((scene, operator))
}

/// What the plugin says, whichever way it ends.
fn explained(scene: &Scene, name: &str, kubeconfig: &str) -> Result<String> {
    let mut command = Command::new(PLUGIN);
    command.env_clear().env("KUBECONFIG", kubeconfig).stdin(Stdio::null());
    let output = command.args(["explain", name, "-n", &scene.namespace]).output()?;
    Ok(String::from_utf8([output.stdout, output.stderr].concat())?)
}

/// Both outputs, as a reader would have typed for them.
fn shown(scene: &Scene, name: &str) -> Result<String> {
    let described = scene.kubectl(&["describe", "brep", name])?.words;
    let (_, status) = described.split_once("\nStatus:").with_context(|| described.clone())?;
    let explained = explained(scene, name, &scene.cluster.kubeconfig().display().to_string())?;
    let text = format!(
        "```console\n$ kubectl describe brep -n backups {name} | sed -n \
         '/^Status:/,$p'\nStatus:{status}\n$ kubectl brep explain -n backups \
         {name}\n{explained}```\n"
    );
    presentable(&text, &scene.namespace)
}

/// The runbook shows the resource as it is, once its Events are there.
async fn is_shown(scene: &Scene, name: &str) -> Result<()> {
    let part = format!("output of {name}");
    let started = Instant::now();
    let mut before = String::new();
    loop {
        let now = shown(scene, name)?;
        // What is written has to be what stays.
        let settled =
            !is_written() || (masked(&now)? == masked(&before)? && !now.contains("<none>"));
        let held = if settled { part_like(RUNBOOK, &part, &now, masked) } else { Ok(()) };
        match held {
            Ok(()) if settled => return Ok(()),
            Err(error) if started.elapsed() > PATIENCE => return Err(error),
            Ok(()) | Err(_) => {}
        }
        ensure!(started.elapsed() < PATIENCE * 2, "{name} does not settle: {now}");
        before = now;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn stalled(object: &Object) -> bool {
    object.is("Stalled") && object.is_observed()
}

async fn copied(scene: &Scene, name: &str, backup: &str) -> Result<()> {
    scene.applied(&Scene::manifest_for(name, backup, ""))?;
    let accepted = |object: &Object| object.text("/status/replicationRecordId").is_some();
    scene.wait(name, "accepted", accepted).await?;
    scene.simulator.advance(backup, Advance::Replicating { progress: 8 })?;
    let so_far = |object: &Object| object.0.pointer("/status/progress") == Some(&json!(8));
    scene.wait(name, "so far", so_far).await?;
    Ok(())
}

#[tokio::test]
async fn a_token_that_expired_before_the_call() -> Result<()> {
    let (scene, _operator) = scene().await?;
    scene.simulator.revoke_token(example::TOKEN)?;
    scene.applied(&Scene::manifest("token-expired", ""))?;
    scene
        .wait("token-expired", "refused", |object| object.reason() == "CredentialRejected")
        .await?;
    is_shown(&scene, "token-expired").await
}

#[tokio::test]
async fn a_token_that_expires_while_the_copy_is_followed() -> Result<()> {
    let (scene, _operator) = scene().await?;
    let backup = scene.new_backup();
    copied(&scene, "token-expired-later", &backup).await?;
    scene.simulator.revoke_token(example::TOKEN)?;
    let told = |object: &Object| object.condition("Replicated").1 == "CredentialRejected";
    scene.wait("token-expired-later", "told", told).await?;
    is_shown(&scene, "token-expired-later").await
}

#[tokio::test]
async fn an_outcome_that_is_unknown_with_and_without_the_right_to_look() -> Result<()> {
    let (scene, _operator) = scene().await?;
    let ways = [
        ("outcome-unknown", View { records: Records::Absent, ..View::default() }),
        ("outcome-unknown-no-right", View { look_up: LookUp::Forbidden, ..View::default() }),
    ];
    for (name, view) in ways {
        let backup = scene.new_backup();
        scene.simulator.set_view(&backup, Some(view));
        scene
            .simulator
            .script(Script::once(Fault::before_commit().reset()).replicate().backup(&backup))?;
        scene.applied(&Scene::manifest_for(name, &backup, ""))?;
        let object = scene.wait(name, "stalled", stalled).await?;
        let message = object.message();
        ensure!(
            message.contains("cbr:backups:get") == (name == "outcome-unknown-no-right"),
            "{message}"
        );
        is_shown(&scene, name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_replica_that_the_cloud_has_or_makes() -> Result<()> {
    let (scene, _operator) = scene().await?;
    let backup = scene.new_backup();
    scene.simulator.set_view(&backup, Some(View { look_up: LookUp::NotFound, ..View::default() }));
    scene.applied(&Scene::manifest_for("first", &backup, ""))?;
    scene.wait("first", "accepted", |object| object.is("Ready")).await?;
    scene.applied(&Scene::manifest_for("already-replicated", &backup, ""))?;
    scene.wait("already-replicated", "stalled", stalled).await?;
    let said =
        explained(&scene, "already-replicated", &scene.cluster.kubeconfig().display().to_string())?;
    ensure!(
        said.contains("already exists or is being made") && !said.contains("no replica"),
        "{said}"
    );
    is_shown(&scene, "already-replicated").await
}

#[tokio::test]
async fn a_vault_that_is_missing() -> Result<()> {
    let (scene, _operator) = scene().await?;
    let manifest = Scene::manifest_for("vault-missing", &scene.new_backup(), "");
    scene.applied(&manifest.replace("destinationVaultId: ", "destinationVaultId: no-"))?;
    scene.wait("vault-missing", "rejected", stalled).await?;
    is_shown(&scene, "vault-missing").await
}

#[tokio::test]
async fn a_replication_that_failed() -> Result<()> {
    let (scene, _operator) = scene().await?;
    let backup = scene.new_backup();
    copied(&scene, "replication-failed", &backup).await?;
    let reason = "The destination vault is full.".to_owned();
    scene
        .simulator
        .advance(&backup, Advance::Fail { code: "BackupService.6129".into(), reason })?;
    scene.wait_for_phase("replication-failed", "Failed").await?;
    is_shown(&scene, "replication-failed").await
}

#[tokio::test]
async fn a_cloud_that_throttles() -> Result<()> {
    let (scene, _operator) = scene().await?;
    let throttled = Answer::throttled(Some(RetryAfter::Seconds(3600)));
    scene.simulator.script(Script::once(Fault::before_commit().answer(throttled)).replicate())?;
    scene.applied(&Scene::manifest("throttled", ""))?;
    scene.wait("throttled", "throttled", |object| object.reason() == "Throttled").await?;
    is_shown(&scene, "throttled").await
}

#[tokio::test]
async fn a_certificate_of_another_authority_and_an_endpoint_that_is_not_allowed() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let stranger = Simulator::start(Options::default())?;
    let allowed = format!("--allowed-endpoint={}", stranger.https_url());
    let _operator = scene.operator().arg(allowed).start_ready()?;
    scene.valid_secret()?;
    let endpoints = [
        ("wrong-ca", stranger.https_url(), "LookUpFailed"),
        ("endpoint-not-allowed", "https://cbr.example.org".to_owned(), "EndpointRefused"),
    ];
    for (name, endpoint, reason) in endpoints {
        scene.applied(&Scene::manifest_for(
            name,
            &scene.new_backup(),
            &format!("  endpoint: {endpoint}\n"),
        ))?;
        scene.wait(name, "told", |object| object.reason() == reason).await?;
        is_shown(&scene, name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_api_server_that_is_away() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("kubeconfig");
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "away",
        "clusters": [{"name": "away", "cluster": {"server": "https://127.0.0.1:9"}}],
        "users": [{"name": "away", "user": {}}],
        "contexts": [{"name": "away", "context": {"cluster": "away", "user": "away"}}],
    });
    std::fs::write(&file, kubeconfig.to_string())?;
    let said = explained(&scene, "db-to-eu-nl", &file.display().to_string())?;
    let said = said.replace("https://127.0.0.1:9", "https://api.cluster.example:6443");
    let text = format!("```console\n$ kubectl brep explain -n backups db-to-eu-nl\n{said}```\n");
    part_like(RUNBOOK, "output of api-server-away", &presentable(&text, &scene.namespace)?, masked)
}
