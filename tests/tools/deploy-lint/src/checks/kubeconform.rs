//! kubeconform compares with the schemas.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use checklist::commands::{output, refused};
use serde_json::Value;

use super::Bench;
use crate::manifests::{Group, Manifest};

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

/// The schema that editors use takes the examples, and none with a mistake in it.
pub(super) fn in_editors(bench: &Bench) -> Result<()> {
    let groups = bench.groups.iter().filter(|group| group.name == "docs/examples");
    let documents = groups.flat_map(|group| &group.manifests).flat_map(|one| &one.documents);
    let ours = documents.filter(|text| text.contains("\nkind: BackupReplication\n"));
    let documents: Vec<String> = ours.cloned().collect();
    let by_token = documents.iter().find(|text| text.contains("tokenSecretRef:"));
    let first = by_token.context("no example with a token")?.clone();
    let with = |name: &str, documents: Vec<String>| -> Result<Command> {
        let mut command = Command::new(bench.tools.linters.join("kubeconform"));
        command
            .args(["-strict", "-summary", "-output", "json", "-schema-location"])
            .arg(repository::path("docs/backupreplication.schema.json"))
            .arg(bench.file(&Manifest { name: name.to_owned(), documents })?);
        Ok(command)
    };
    let number = documents.len();
    let said: Value = serde_json::from_str(&output(&mut with("in-editors", documents)?)?)?;
    ensure!(number > 5 && said["summary"]["valid"] == number, "of {number}: {}", said["summary"]);
    for (right, wrong) in [
        ("destinationRegion:", "destinationregion:"),
        ("kind: BackupReplication", "kind: BackupReplications"),
        ("auth:", "readyWhen: Soon\n  auth:"),
        ("auth:", "auth:\n    accessKeySecretRef: {name: a}"),
    ] {
        let text = first.replace(right, wrong);
        ensure!(text != first, "no {right} in {first}");
        refused(&mut with("in-editors-wrong", vec![text])?).context(wrong)?;
    }
    Ok(())
}
