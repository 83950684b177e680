//! Who may not read or write the lease says so and begins nothing.

use anyhow::{Result, ensure};
use harness::{PATIENCE, Scene, service_account};
use serde_json::{Value, json};

use super::{LEASE, OPERATOR, called_once, elected, leads, ready};

/// A role of the scene's namespace for its one service account.
fn grant(scene: &Scene, name: &str, rules: &Value) -> Result<()> {
    let api = "rbac.authorization.k8s.io";
    for object in [
        json!({"apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": {"name": name}, "rules": rules}),
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": api, "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": scene.namespace}],
        }),
    ] {
        scene.applied(&object.to_string())?;
    }
    Ok(())
}

#[tokio::test]
async fn without_the_role_it_says_so_and_begins_when_it_has_it() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let account = service_account(&scene.cluster, &scene.namespace, "operator")?;
    let all =
        json!([{"apiGroups": ["cbr.replication.dev", ""], "resources": ["*"], "verbs": ["*"]}]);
    grant(&scene, "all-but-the-lease", &all)?;
    let operator = elected(&scene).env("KUBECONFIG", account).start_ready()?;
    let refused = "role does not allow it";
    operator
        .log
        .wait_for(PATIENCE, |line| line.contains("Not ready: lease") && line.contains(refused))?;
    let (status, body) = operator.get("/ready")?;
    ensure!(status == 503 && body.contains(LEASE) && body.contains(refused), "{status}: {body}");
    scene.applied(&Scene::manifest("db", ""))?;

    let leases = |more: Value, verbs: &[&str]| {
        let mut rule =
            json!({"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": verbs});
        rule["resourceNames"] = more;
        rule
    };
    grant(
        &scene,
        "lease",
        &json!([leases(json!([]), &["create"]), leases(json!([LEASE]), &["get", "update"])]),
    )?;
    leads(&operator, 1)?;
    called_once(&scene, &[scene.wait("db", "ready", ready).await?])
}
