//! kubeconform compares with the schemas.

use std::process::Command;

use anyhow::{Result, ensure};
use checklist::commands::output;
use serde_json::Value;

use super::Bench;
use crate::manifests::Group;

fn command(bench: &Bench) -> Command {
    let mut command = Command::new(bench.tools.linters.join("kubeconform"));
    command
        .args(["-strict", "-summary", "-output", "json", "-schema-location"])
        .arg(bench.schemas());
    command
}

pub(super) fn valid(bench: &Bench, group: &Group) -> Result<()> {
    let mut command = command(bench);
    for manifest in &group.manifests {
        command.arg(bench.file(manifest)?);
    }
    let documents: usize = group.manifests.iter().map(|manifest| manifest.documents.len()).sum();
    let said: Value = serde_json::from_str(&output(&mut command)?)?;
    // None is left out.
    ensure!(said["summary"]["valid"] == documents, "of {documents} objects: {}", said["summary"]);
    Ok(())
}
