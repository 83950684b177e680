//! kstatus and Argo CD's health script judge a resource alike.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use checklist::commands::output;
use serde_json::Value;

use crate::programs::Tools;

const FOLDER: &str = "deploy/argocd/resource_customizations/cbr.replication.dev/BackupReplication";

/// As docs/gitops.md has it for Flux and for Argo CD. kstatus knows no suspension: it waits.
fn expected(health: &str) -> Result<&'static str> {
    Ok(match health {
        "Progressing" | "Suspended" => "InProgress",
        "Healthy" => "Current",
        "Degraded" => "Failed",
        other => bail!("no such health: {other}"),
    })
}

pub(super) fn agrees(tools: &Tools) -> Result<()> {
    let folder = repository::path(FOLDER);
    let table: Value =
        serde_saphyr::from_str(&std::fs::read_to_string(folder.join("health_test.yaml"))?)?;
    let mut wrong = Vec::new();
    for test in table["tests"].as_array().context("no tests")? {
        let path = test["inputPath"].as_str().context("no inputPath")?;
        let health = test["healthStatus"]["status"].as_str().context("no status")?;
        let said = output(Command::new(tools.linters.join("kstatus")).arg(folder.join(path)))?;
        if said.split(' ').next() != Some(expected(health)?) {
            wrong.push(format!("{path}: Argo CD says {health}, kstatus {}", said.trim_end()));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
