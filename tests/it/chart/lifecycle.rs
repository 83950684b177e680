//! Installed, upgraded, uninstalled and installed again by helm itself: the CRD follows the chart,
//! and the resources outlive it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use control_plane::ControlPlane;
use harness::{Applied, Cluster, Scene, kubectl_apply};

use super::{CHART, NAME, NAMESPACE, helm};

const CRD: &str = "crd/backupreplications.cbr.replication.dev";

fn helm(cluster: &ControlPlane, arguments: &[&str]) -> Result<Applied> {
    let mut command = helm::command()?;
    command
        .env("KUBECONFIG", cluster.kubeconfig())
        .args(["--namespace", NAMESPACE])
        .args(arguments);
    Ok(command.output()?.into())
}

fn done(said: Applied) -> Result<String> {
    ensure!(said.accepted, "{}", said.words);
    Ok(said.words)
}

fn kubectl(cluster: &ControlPlane, arguments: &[&str]) -> Result<Applied> {
    Ok(cluster.kubectl().args(["--namespace", NAMESPACE]).args(arguments).output()?.into())
}

/// The chart as an older version was: its CRD had a description less.
fn older_chart(folder: &Path) -> Result<String> {
    let copy = folder.join(NAME);
    let copied = std::process::Command::new("cp")
        .arg("-R")
        .arg(repository::path(CHART))
        .arg(&copy)
        .status()?;
    ensure!(copied.success(), "could not copy the chart");
    let crd = copy.join("files/crd.yaml");
    let text = fs::read_to_string(&crd)?;
    let older = text.replace("    - cbr\n", "    - older\n");
    ensure!(older != text, "nothing is older");
    fs::write(&crd, older)?;
    Ok(copy.to_str().context("a path that is no text")?.to_owned())
}

fn category(cluster: &ControlPlane) -> Result<String> {
    done(kubectl(cluster, &["get", CRD, "-o", "jsonpath={.spec.names.categories}"])?)
}

#[test]
fn an_upgrade_brings_the_crd_and_the_resources_outlive_the_release() -> Result<()> {
    let cluster = Cluster::own()?;
    let folder = tempfile::tempdir()?;
    let older = older_chart(folder.path())?;
    let said = done(helm(&cluster, &["install", NAME, &older, "--create-namespace"])?)?;
    ensure!(said.contains("all namespaces") && said.contains("spec.endpoint"), "the notes: {said}");
    assert_eq!(category(&cluster)?, r#"["older"]"#);

    done(helm(&cluster, &["upgrade", NAME, CHART, "--set", "leaderElection.enabled=false"])?)?;
    assert_eq!(category(&cluster)?, r#"["cbr"]"#);
    // Back to the other strategy: neither takes a field of the other's.
    done(helm(&cluster, &["upgrade", NAME, CHART])?)?;
    let taken = kubectl_apply(&cluster, Some(NAMESPACE), &Scene::manifest("db", ""))?;
    ensure!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));

    let said = done(helm(&cluster, &["uninstall", NAME])?)?;
    ensure!(said.contains("kept due to the resource policy"), "{said}");
    ensure!(
        kubectl(&cluster, &["get", "deployment,clusterrole", "-o", "name"])?
            .words
            .lines()
            .all(|name| !name.contains(NAME))
    );
    done(kubectl(&cluster, &["get", "backupreplication", "db"])?)?;

    // The same release takes the CRD for its own again; another one must say that it means to.
    done(helm(&cluster, &["install", NAME, CHART])?)?;
    done(helm(&cluster, &["uninstall", NAME])?)?;
    let other = ["install", "other", CHART, "--set", "crds.keep=false"];
    let said = helm(&cluster, &other)?;
    ensure!(!said.accepted && said.words.contains("cannot be imported"), "{}", said.words);
    done(helm(&cluster, &[&other[..], &["--take-ownership"]].concat())?)?;
    done(kubectl(&cluster, &["get", "backupreplication", "db"])?)?;
    done(helm(&cluster, &["uninstall", "other"])?)?;
    // It goes once its resources are gone; nobody collects them on a control plane without
    // controllers.
    let gone = done(kubectl(
        &cluster,
        &["get", CRD, "--ignore-not-found", "-o", "jsonpath={.metadata.deletionTimestamp}"],
    )?)?;
    let there = done(kubectl(&cluster, &["get", CRD, "--ignore-not-found", "-o", "name"])?)?;
    ensure!(there.is_empty() || !gone.is_empty(), "{there} stays");
    Ok(())
}
