//! Tokens of service accounts: the shipped roles give the operator no right to create one; a Role
//! that names an account gives it that account's, and no other's.

use anyhow::{Result, ensure};
use control_plane::Exit;
use harness::{Scene, service_account, shared_cluster};
use serde_json::{Value, json};
use simulator::Options;

use super::{KUSTOMIZATION, NAME, find, rendered, rendered_from, texts};
use crate::OPERATOR;
use crate::credentials::{ACCOUNT, by_account, trust};

/// What an administrator applies beside the installation.
const FOLDER: &str = "deploy/service-account";

#[test]
fn the_shipped_roles_have_no_right_to_create_a_token() -> Result<()> {
    for object in rendered_from(shared_cluster()?, KUSTOMIZATION)? {
        for rule in object["rules"].as_array().into_iter().flatten() {
            for resource in texts(&rule["resources"]) {
                ensure!(
                    !resource.contains('*') && !resource.starts_with("serviceaccounts"),
                    "{object:#}"
                );
            }
        }
    }
    Ok(())
}

/// A resource that names this account as the one whose token goes to IAM.
fn with_account(name: &str, backup: &str, account: &str) -> String {
    let mut auth = by_account();
    auth["serviceAccount"]["name"] = json!(account);
    Scene::manifest_with(name, backup, &auth)
}

/// The shipped Role and its binding, for the account of this test and the operator of this scene.
fn shipped(home: &str) -> Result<Vec<Value>> {
    let mut objects = rendered_from(shared_cluster()?, FOLDER)?;
    objects.retain(|object| object["kind"] != "ServiceAccount");
    for object in &mut objects {
        // Kubectl puts it into the scene's namespace.
        object["metadata"].as_object_mut().map(|metadata| metadata.remove("namespace"));
        if object["kind"] == "Role" {
            object["rules"][0]["resourceNames"] = json!([ACCOUNT]);
        } else {
            object["subjects"][0]["namespace"] = json!(home);
        }
    }
    Ok(objects)
}

/// The operator lives in a namespace of its own, under the shipped rules alone.
#[tokio::test]
async fn a_role_that_names_an_account_is_needed_and_suffices_for_that_account_alone() -> Result<()>
{
    let home = Scene::new(OPERATOR).await?;
    let scene = Scene::with(OPERATOR, Options::any_backup()).await?;
    trust(&scene)?;
    let cluster = shared_cluster()?;
    let account = service_account(cluster, &home.namespace, NAME)?;
    let rules = find(&rendered(cluster)?, "ClusterRole", NAME)?["rules"].clone();
    let api = "rbac.authorization.k8s.io";
    for object in [
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "Role",
            "metadata": {"name": NAME}, "rules": rules,
        }),
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": NAME},
            "roleRef": {"apiGroup": api, "kind": "Role", "name": NAME},
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": home.namespace}],
        }),
    ] {
        scene.applied(&object.to_string())?;
    }
    let operator = scene.operator().env("KUBECONFIG", account).start_ready()?;

    let backup = scene.new_backup();
    scene.applied(&with_account("db", &backup, ACCOUNT))?;
    let refused = |object: &harness::Object| object.reason() == "CredentialNotPermitted";
    let told = scene.wait("db", "not permitted", refused).await?;
    let message = told.message().to_owned();
    for word in [ACCOUNT, "serviceaccounts/token", &scene.namespace, "automatically once it may"] {
        ensure!(message.contains(word), "no {word} in: {message}");
    }
    assert_eq!(scene.simulator.exchanges(crate::credentials::PROVIDER).asked, 0);

    for object in shipped(&home.namespace)? {
        scene.applied(&object.to_string())?;
    }
    scene.wait("db", "ready", |object| object.is("Ready")).await?;
    let counts = scene.simulator.counts(&backup);
    assert_eq!((counts.posts, counts.accepted), (1, 1));

    // Another account of the same namespace stays out of reach.
    let made = scene.kubectl(&["create", "serviceaccount", "another"])?;
    ensure!(made.accepted, "{}", made.words);
    scene.applied(&with_account("other", &scene.new_backup(), "another"))?;
    scene.wait("other", "not permitted", refused).await?;
    assert_eq!(operator.stop()?, Exit::Code(0));
    Ok(())
}
