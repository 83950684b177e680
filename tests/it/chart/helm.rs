//! Runs helm, and looks through what it renders.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::Applied;
use serde_json::Value;

use super::{CHART, NAME, NAMESPACE};

/// The API server's version that charts are rendered for where there is none to ask.
const KUBERNETES: &str = "--kube-version=1.36";

/// `helm` in the repository's folder, with nothing of the user's.
pub(crate) fn command() -> Result<Command> {
    let mut command = Command::new(control_plane::helm()?);
    // It keeps its own files there: no plugin and no repository of the user's.
    command
        .current_dir(repository::root())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", env!("CARGO_TARGET_TMPDIR"));
    Ok(command)
}

fn with_values(command: &mut Command, file: &str, set: &[&str]) {
    if !file.is_empty() {
        command.args(["--values", file]);
    }
    for value in set {
        command.args(["--set", value]);
    }
}

/// `helm lint --strict` with the values of a file, or with the defaults.
pub(crate) fn lint(file: &str) -> Result<Applied> {
    let mut command = command()?;
    command.args(["lint", "--strict", KUBERNETES, CHART]);
    with_values(&mut command, file, &[]);
    Ok(command.output()?.into())
}

/// `helm template` with the values of a file (or the defaults) and these, in a namespace.
pub(crate) fn template(namespace: &str, file: &str, set: &[&str]) -> Result<Applied> {
    let mut command = command()?;
    command.args(["template", NAME, CHART, KUBERNETES, "--namespace", namespace]);
    with_values(&mut command, file, set);
    Ok(command.output()?.into())
}

/// What `helm template` renders, as text.
pub(crate) fn text(namespace: &str, file: &str, set: &[&str]) -> Result<String> {
    let rendered = template(namespace, file, set)?;
    ensure!(rendered.accepted, "{file} {set:?}: {}", rendered.words);
    Ok(rendered.words)
}

/// What `helm template` renders, document by document.
pub(crate) fn objects(file: &str, set: &[&str]) -> Result<Vec<Value>> {
    Ok(serde_saphyr::from_multiple(&text(NAMESPACE, file, set)?)?)
}

/// The one object of a kind; the test of the image is not looked at.
pub(crate) fn one<'a>(objects: &'a [Value], kind: &str) -> Result<&'a Value> {
    let mut found = objects.iter().filter(|object| object["kind"] == kind);
    let first = found.next().with_context(|| format!("no {kind}"))?;
    ensure!(found.next().is_none(), "more than one {kind}");
    Ok(first)
}

/// The operator's container.
pub(crate) fn container(objects: &[Value]) -> Result<&Value> {
    one(objects, "Deployment")?.pointer("/spec/template/spec/containers/0").context("no container")
}

/// The operator's command line.
pub(crate) fn arguments(objects: &[Value]) -> Result<Vec<String>> {
    Ok(serde_json::from_value(container(objects)?["args"].clone())?)
}
