//! One line for each decision at `info`.

use anyhow::{Context, Result};
use harness::Scene;
use serde_json::Value;
use simulator::{Advance, Options, example};

use super::OPERATOR;

#[tokio::test]
async fn a_life_has_a_line_for_each_decision() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", "  readyWhen: Replicated\n"))?;
    scene.wait("db", "waiting for the Secret", |object| object.reason() == "SecretNotFound").await?;
    scene.valid_secret()?;
    scene.wait("db", "replicating", |object| object.phase() == "Replicating").await?;
    let record = scene.simulator.records(example::BACKUP).first().context("no record")?.id.clone();
    for progress in [20, 40, 60, 80] {
        scene.simulator.advance(&record, Advance::Replicating { progress })?;
        let is_there = |object: &harness::Object| object.0.pointer("/status/progress") == Some(&progress.into());
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
            "INFO|Status written|SecretNotFound",
            "INFO|Claimed; calling|",
            "INFO|The cloud accepted the call|",
            "INFO|Status written|Replicated",
        ]
    );
    Ok(())
}
