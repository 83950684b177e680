//! The image that `deploy/Dockerfile` describes is the one that the manifests expect: its version,
//! its user, its port, its command.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::shared_cluster;
use serde_json::Value;

use crate::OPERATOR;

/// The instructions of the last stage: name and the rest, with continued lines joined.
fn last_stage() -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(repository::path("deploy/Dockerfile"))?.replace("\\\n", " ");
    let (_, stage) = text.rsplit_once("\nFROM ").context("no stage")?;
    let instructions = stage.lines().skip(1).filter_map(|line| line.split_once(' '));
    Ok(instructions.map(|(name, rest)| (name.to_owned(), rest.trim().to_owned())).collect())
}

fn the(name: &str) -> Result<String> {
    let stage = last_stage()?;
    let mut found = stage.iter().filter(|(instruction, _)| instruction == name);
    let (_, rest) = found.next().with_context(|| format!("no {name}"))?;
    ensure!(found.next().is_none(), "more than one {name}");
    Ok(rest.clone())
}

fn container() -> Result<Value> {
    let output = shared_cluster()?
        .kubectl()
        .arg("kustomize")
        .arg(repository::path("deploy/kustomize"))
        .output()?;
    let objects: Vec<Value> = serde_saphyr::from_multiple(&String::from_utf8(output.stdout)?)?;
    let deployment =
        objects.iter().find(|object| object["kind"] == "Deployment").context("no Deployment")?;
    deployment.pointer("/spec/template/spec/containers/0").cloned().context("no container")
}

/// A node cannot tell that a user by name is not root.
#[test]
fn it_runs_as_the_user_and_listens_on_the_port_of_the_manifests() -> Result<()> {
    let container = container()?;
    let security = &container["securityContext"];
    assert_eq!(the("USER")?, format!("{}:{}", security["runAsUser"], security["runAsGroup"]));
    assert_eq!(the("EXPOSE")?, container["ports"][0]["containerPort"].to_string());
    Ok(())
}

#[test]
fn it_is_labelled_with_the_binary_s_version() -> Result<()> {
    let labels = the("LABEL")?;
    let version = concat!("org.opencontainers.image.version=\"", env!("CARGO_PKG_VERSION"), "\"");
    ensure!(labels.contains(version), "no {version} in {labels}");
    let source = concat!("org.opencontainers.image.source=\"", env!("CARGO_PKG_REPOSITORY"), "\"");
    ensure!(labels.contains(source), "no {source} in {labels}");
    Ok(())
}

#[test]
fn its_command_is_one_of_the_binary() -> Result<()> {
    let command: Vec<String> = serde_json::from_str(&the("CMD")?)?;
    // With the command known, it is the kubeconfig that keeps it from starting.
    let environment = [("BREP_LISTEN", "127.0.0.1:0"), ("KUBECONFIG", "/no/such/kubeconfig")];
    let output = Command::new(OPERATOR).args(command).env_clear().envs(environment).output()?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(1) && said.contains("KUBECONFIG"), "{said}");
    Ok(())
}
