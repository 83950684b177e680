//! The scripts as Argo CD's own ConfigMap wants them.

use std::fs;

use anyhow::{Context, Result};

use super::lua::folder;

const KIND: &str = "cbr.replication.dev_BackupReplication";
const ACTIONS: [&str; 3] = ["not-accepted", "accepted", "retry"];

/// A patch of `argocd-cm`.
pub(crate) fn patch() -> Result<String> {
    let mut actions = format!(
        "discovery.lua: |\n{}definitions:\n",
        indented(&script("actions/discovery.lua")?, 2)
    );
    for name in ACTIONS {
        let script = indented(&script(&format!("actions/{name}/action.lua"))?, 4);
        actions.push_str(&format!("- name: {name}\n  action.lua: |\n{script}"));
    }
    let health = indented(&script("health.lua")?, 4);
    let actions = indented(&actions, 4);
    Ok(format!(
        "# For the data of the ConfigMap argocd-cm. Made of the scripts in \
         resource_customizations.\ndata:\n  resource.customizations.health.{KIND}: |\n{health}  \
         resource.customizations.actions.{KIND}: |\n{actions}"
    ))
}

fn script(path: &str) -> Result<String> {
    fs::read_to_string(folder().join(path)).with_context(|| path.to_owned())
}

fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| {
        if line.is_empty() { "\n".to_owned() } else { format!("{}{line}\n", " ".repeat(by)) }
    };
    text.lines().map(line).collect()
}
