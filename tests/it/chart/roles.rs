//! The operator runs with the chart's roles in one namespace, and cannot read a Secret that they do
//! not name.

use anyhow::{Context, Result, ensure};
use control_plane::Exit;
use harness::{PATIENCE, Scene, service_account};
use serde_json::Value;
use simulator::{Options, example};

use super::{NAME, OPERATOR, helm};

const OTHER_BACKUP: &str = "0e4f1c2a-4c1e-4d0c-9b1b-0a2f3d4e5f60";

#[tokio::test]
async fn secrets_are_read_by_their_names_alone() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::any_backup()).await?;
    let watched = format!("watchNamespaces={{{}}}", scene.namespace);
    let text = helm::text(&scene.namespace, "", &[&watched, "rbac.secretNames={cbr-token}"])?;
    for object in serde_saphyr::from_multiple::<Value>(&text)? {
        if matches!(
            object["kind"].as_str().context("no kind")?,
            "ServiceAccount" | "Role" | "RoleBinding"
        ) {
            scene.applied(&object.to_string())?;
        }
    }
    let account = service_account(&scene.cluster, &scene.namespace, NAME)?;
    let operator = scene
        .operator()
        .env("KUBECONFIG", account)
        .arg("--leader-election")
        // A pod knows its own.
        .arg(format!("--lease-namespace={}", scene.namespace))
        .start_ready()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("named", ""))?;
    scene.wait("named", "ready", |object| object.is("Ready")).await?;

    let other = scene.kubectl(&[
        "create",
        "secret",
        "generic",
        "other",
        &format!("--from-literal=token={}", example::TOKEN),
    ])?;
    ensure!(other.accepted, "{}", other.words);
    scene.applied(
        &Scene::manifest_for("other", OTHER_BACKUP, "").replace("name: cbr-token", "name: other"),
    )?;
    operator.log.wait_for(PATIENCE, |line| {
        line.contains("\"other\"") && line.contains("role does not allow")
    })?;
    assert_eq!(scene.simulator.counts(OTHER_BACKUP).posts, 0);
    assert_eq!(operator.stop()?, Exit::Code(0));
    Ok(())
}
