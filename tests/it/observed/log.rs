//! One line for each decision at `info`.

use anyhow::{Context, Result};
use harness::Scene;
use serde_json::Value;
use simulator::{Advance, Options, example};

use super::OPERATOR;

/// A pipe and a file are no terminal, whatever the environment says of one.
#[test]
fn a_log_that_is_no_terminal_has_no_escape_codes() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for format in ["text", "json"] {
        for set in [
            &[][..],
            &[("TERM", "xterm-256color")],
            &[("NO_COLOR", "1")],
            &[("CLICOLOR_FORCE", "1")],
        ] {
            let file = folder.path().join("log");
            let mut command = std::process::Command::new(OPERATOR);
            command.env_clear().env("KUBECONFIG", "/no/such/kubeconfig").args([
                "--listen=127.0.0.1:0",
                "--log-format",
                format,
            ]);
            // The log says this, too.
            command
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
            command.envs(set.iter().copied());
            let piped = command.output()?;
            command.stderr(std::fs::File::create(&file)?).status()?;
            for log in [piped.stderr, std::fs::read(file)?] {
                let log = String::from_utf8(log)?;
                assert!(
                    log.contains("No traces are sent") && !log.contains('\u{1b}'),
                    "{set:?}: {log:?}"
                );
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_life_has_a_line_for_each_decision() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", "  readyWhen: Replicated\n"))?;
    scene
        .wait("db", "waiting for the Secret", |object| object.reason() == "CredentialNotFound")
        .await?;
    scene.valid_secret()?;
    scene.wait("db", "replicating", |object| object.phase() == "Replicating").await?;
    let record = scene.simulator.records(example::BACKUP).first().context("no record")?.id.clone();
    for progress in [20, 40, 60, 80] {
        scene.simulator.advance(&record, Advance::Replicating { progress })?;
        let is_there = |object: &harness::Object| {
            object.0.pointer("/status/progress") == Some(&progress.into())
        };
        scene.wait("db", "further", is_there).await?;
    }
    scene.simulator.advance(&record, Advance::Success)?;
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    operator.stop()?;

    let mut said = Vec::new();
    for line in operator.log.text().lines() {
        let line: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        if line["span"]["resource"] == "db" {
            assert_eq!(line["span"]["namespace"], scene.namespace.as_str());
            let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
            said.push([text("level"), text("message"), text("reason")].join("|"));
        }
    }
    assert_eq!(
        said,
        [
            "WARN|Status written|CredentialNotFound",
            "INFO|Claimed; calling|",
            "INFO|The cloud accepted the call|",
            "INFO|Status written|Replicated",
        ]
    );
    Ok(())
}

/// Nothing continues without a human: a log that is searched for errors must show it.
#[tokio::test]
async fn a_replication_that_fails_is_an_error() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "replicating", |object| object.phase() == "Replicating").await?;
    let record = scene.simulator.records(example::BACKUP).first().context("no record")?.id.clone();
    let why = "The vault is full.";
    scene.simulator.advance(
        &record,
        Advance::Fail { code: "BackupService.6129".into(), reason: why.into() },
    )?;
    scene.wait("db", "failed", |object| object.phase() == "Failed").await?;
    operator.stop()?;
    let text = operator.log.text();
    let errors: Vec<&str> =
        text.lines().filter(|line| line.contains(r#""level":"ERROR""#)).collect();
    assert!(
        errors.len() == 1 && errors[0].contains("ReplicationFailed") && errors[0].contains(why),
        "{errors:?}"
    );
    Ok(())
}
