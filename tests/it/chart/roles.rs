//! The operator runs with the chart's roles in one namespace, and cannot read a Secret that they do
//! not name. It may create tokens of service accounts that the values name, and of no other.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use control_plane::Exit;
use harness::{PATIENCE, Scene, service_account, shared_cluster};
use serde_json::{Value, json};
use simulator::{Options, example};

use super::{EVERYTHING, NAME, OPERATOR, TENANT, helm};

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

/// Every rule of any kind of role by which a token of a service account can be created.
fn token_rules(objects: &[Value]) -> Result<BTreeSet<(String, String)>> {
    let mut found = BTreeSet::new();
    for object in objects {
        for rule in object["rules"].as_array().into_iter().flatten() {
            let resources: Vec<String> = serde_json::from_value(rule["resources"].clone())?;
            if !resources.iter().any(|name| name.contains('*') || name.contains("serviceaccounts"))
            {
                continue;
            }
            assert_eq!(resources, ["serviceaccounts/token"], "{object:#}");
            assert_eq!(rule["verbs"], json!(["create"]), "{object:#}");
            assert_eq!(object["kind"], "Role", "{object:#}");
            let place = object["metadata"]["namespace"].as_str().context("of the cluster")?;
            let names = rule["resourceNames"].as_array().filter(|names| !names.is_empty());
            for name in names.context("tokens of all accounts")? {
                found.insert((place.to_owned(), name.as_str().context("no name")?.to_owned()));
            }
        }
    }
    Ok(found)
}

#[test]
fn tokens_are_created_of_the_named_service_accounts_alone_and_by_default_of_none() -> Result<()> {
    let of = |place: &str, name: &str| (place.to_owned(), name.to_owned());
    let two = "rbac.serviceAccountTokens.team-b={b,c}";
    let none = "rbac.create=false";
    for (file, set, expected) in [
        ("", &[][..], vec![]),
        (TENANT, &[][..], vec![]),
        ("", &[two, none][..], vec![]),
        ("", &[two][..], vec![of("team-b", "b"), of("team-b", "c")]),
        (TENANT, &[two][..], vec![of("team-b", "b"), of("team-b", "c")]),
        (
            EVERYTHING,
            &[][..],
            vec![of("team-a", "1234"), of("team-a", "replication"), of("team-b", "replication")],
        ),
    ] {
        let rules = token_rules(&helm::objects(file, set)?)?;
        assert_eq!(rules, BTreeSet::from_iter(expected), "{file} {set:?}");
    }
    Ok(())
}

/// What `kubectl apply -k` gives is what the value gives.
#[test]
fn the_folder_for_kustomize_gives_the_same_right() -> Result<()> {
    let folder = repository::path("deploy/service-account");
    let output = shared_cluster()?.kubectl().arg("kustomize").arg(folder).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Vec<Value> = serde_saphyr::from_multiple(&String::from_utf8(output.stdout)?)?;
    let account = helm::one(&theirs, "ServiceAccount")?["metadata"]["name"].as_str();
    let account = account.context("no account")?;
    let ours = helm::objects("", &[&format!("rbac.serviceAccountTokens.backups={{{account}}}")])?;
    for kind in ["Role", "RoleBinding"] {
        let expected = helm::one(&theirs, kind)?;
        let same = |object: &&Value| {
            object["kind"] == kind && object["metadata"]["name"] == expected["metadata"]["name"]
        };
        let mut found = ours.iter().find(same).context("none of this name")?.clone();
        found["metadata"].as_object_mut().context("no metadata")?.remove("labels");
        assert_eq!(&found, expected);
    }
    Ok(())
}
