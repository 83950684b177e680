//! Argo CD's own engine runs the scripts of deploy/argocd.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use checklist::report;
use serde_json::Value;

use super::SYSTEM;
use crate::cluster::Cluster;
use crate::gitops::ArgoCd;

/// As the tables say that the scripts' other tests go by.
pub(in crate::checks) fn judged(cluster: &Cluster) -> Result<()> {
    let argocd = cluster.argocd()?;
    let folder = repository::path(
        "deploy/argocd/resource_customizations/cbr.replication.dev/BackupReplication",
    );
    let settings = cluster.folder.join("argocd-cm.yaml");
    let patched = cluster.kubectl(&["-n", SYSTEM, "get", "configmap/argocd-cm", "-o", "yaml"])?;
    fs::write(&settings, patched).context("could not write the settings")?;
    let engine = Engine { argocd, settings };

    let examples = health(&engine, &folder)?;
    report::fact("resources judged", &examples.to_string());
    actions(&engine, &folder.join("actions"))
}

struct Engine<'a> {
    argocd: &'a ArgoCd,
    settings: PathBuf,
}

impl Engine<'_> {
    /// `argocd admin settings resource-overrides`, on a file.
    fn run(&self, command: &str, resource: &Path, more: &[&str]) -> Result<String> {
        let (resource, settings) =
            (resource.display().to_string(), self.settings.display().to_string());
        let arguments = ["admin", "settings", "resource-overrides", command, &resource];
        let settings = ["--argocd-cm-path", &settings];
        self.argocd.run(&[&arguments[..], more, &settings].concat())
    }
}

/// Each file of the test data. Returns how many there are.
fn health(engine: &Engine<'_>, folder: &Path) -> Result<usize> {
    let table = yaml(&folder.join("health_test.yaml"))?;
    let tests = table["tests"].as_array().context("tests")?;
    for test in tests {
        let path = test["inputPath"].as_str().context("inputPath")?;
        let said = engine.run("health", &folder.join(path), &[])?;
        let text = |field: &str| test["healthStatus"][field].as_str().context("healthStatus");
        let expected = format!("STATUS: {}\nMESSAGE: {}\n", text("status")?, text("message")?);
        ensure!(said == expected, "{path}: {said}instead of: {expected}");
    }
    let there = fs::read_dir(folder.join("testdata")).context("no test data")?.count();
    ensure!(there == tests.len(), "{there} resources, and {} in the table", tests.len());
    Ok(there)
}

/// What is offered for each, and what the actions write.
fn actions(engine: &Engine<'_>, folder: &Path) -> Result<()> {
    let table = yaml(&folder.join("action_test.yaml"))?;
    for test in table["discoveryTests"].as_array().context("discoveryTests")? {
        let path = test["inputPath"].as_str().context("inputPath")?;
        let offered = engine.run("list-actions", &folder.join(path), &[])?;
        let offered: Vec<Vec<&str>> =
            offered.lines().map(|line| line.split_whitespace().collect()).collect();
        for action in test["result"].as_array().context("result")? {
            let (name, disabled) =
                (action["name"].as_str().context("name")?, action["disabled"].to_string());
            ensure!(
                offered.contains(&vec![name, disabled.as_str()]),
                "{path}: {name} is not {disabled}: {offered:?}"
            );
        }
    }
    for test in table["actionTests"].as_array().context("actionTests")? {
        let text = |field: &str| test[field].as_str().with_context(|| field.to_owned());
        let said =
            engine.run("run-action", &folder.join(text("inputPath")?), &[text("action")?])?;
        let expected = yaml(&folder.join(text("expectedOutputPath")?))?;
        let decision = &expected["metadata"]["annotations"]["cbr.replication.dev/decision"];
        let decision = decision.as_str().context("a decision")?;
        ensure!(said.contains(decision), "{}: not {decision}, but {said}", text("action")?);
    }
    Ok(())
}

fn yaml(path: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    serde_saphyr::from_str(&text).with_context(|| format!("{} is no YAML", path.display()))
}
