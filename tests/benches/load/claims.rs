//! Claims that admission refuses: how often they are tried, with a look-up each.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::{Scene, attempt};
use serde_json::json;
use simulator::Options;

use crate::Figures;
use crate::subject::{Subject, writes};

const RESOURCES: usize = 20;
const OBSERVED: Duration = Duration::from_secs(60);

/// Refuses every claim of the namespace, and is in force when this returns.
async fn frozen(scene: &Scene) -> Result<()> {
    let name = &scene.namespace;
    let api = "admissionregistration.k8s.io/v1";
    let expression = "!has(object.status) || !has(object.status.attempts)";
    let policy = json!({
        "apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{
                "apiGroups": ["cbr.replication.dev"], "apiVersions": ["*"], "operations": ["UPDATE"],
                "resources": ["backupreplications/status"],
            }]},
            "validations": [{"expression": expression, "message": "frozen for audit"}],
        },
    });
    let binding = json!({
        "apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"], "matchResources": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
        }},
    });
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [policy, binding]});
    scene.applied(&list.to_string())?;
    for number in 0..1000 {
        let probe = format!("probe-{number}");
        scene.create(&Scene::manifest(&probe, "  suspend: true\n")).await?;
        let claimed = json!({"attempts": [attempt(1, None)]});
        let refused = scene.set_status(&probe, &claimed).await.is_err();
        scene.api().delete(&probe, &Default::default()).await?;
        if refused {
            return Ok(());
        }
    }
    anyhow::bail!("the policy does not come into force")
}

pub(crate) async fn measure(subject: &Subject) -> Result<Figures> {
    let scene = subject.scene(Options::default()).await?;
    let options = scene.operator().env("KUBECONFIG", scene.operator_account()?);
    frozen(&scene).await?;
    for number in 0..RESOURCES {
        let manifest = Scene::manifest_for(&format!("db-{number}"), &scene.new_backup(), "");
        scene.create(&manifest).await?;
    }
    let _operator = options.start_ready()?;
    tokio::time::sleep(OBSERVED).await;
    let total = scene.simulator.log(|log| log.total());
    ensure!(total.posts == 0, "a call without a claim");
    let load =
        format!("claims that admission refuses, {RESOURCES} resources, {} s", OBSERVED.as_secs());
    let figure = format!("{} look-ups, {} status writes", total.gets, writes(&scene, None).await?);
    Ok(vec![(load, figure)])
}
