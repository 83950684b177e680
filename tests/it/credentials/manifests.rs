//! The shipped manifests: rights that suffice and are all needed, and a pod that a restricted
//! namespace takes.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::account_user;
use serde_json::{Value, json};

use super::tenant::{NAME, Tenant};

/// Verb and name of a Secret.
type Right = (String, String);

fn granted(role: &Value) -> BTreeSet<Right> {
    let texts = |value: &Value| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        assert_eq!(
            (rule["apiGroups"].clone(), rule["resources"].clone()),
            (json!([""]), json!(["secrets"]))
        );
        let names = texts(&rule["resourceNames"]);
        assert!(!names.is_empty(), "all Secrets: {rule}");
        for name in &names {
            rights.extend(texts(&rule["verbs"]).into_iter().map(|verb| (verb, name.clone())));
        }
    }
    rights
}

#[tokio::test]
async fn the_role_is_sufficient_and_all_of_it_is_needed() -> Result<()> {
    let tenant = Tenant::with_user().await?;
    tenant.run(&[])?.well()?;
    let user = account_user(&tenant.scene.namespace, NAME);
    let events = tenant.scene.audit_events()?;
    let ours: Vec<_> = events.iter().filter(|event| event.user == user).collect();
    ensure!(ours.iter().all(|event| event.code == 200), "{ours:#?}");
    let used =
        ours.iter().map(|event| (event.verb.clone(), event.name.clone())).collect::<BTreeSet<_>>();
    ensure!(ours.iter().all(|event| event.resource == "secrets"), "{ours:#?}");
    assert_eq!(used, granted(tenant.object("Role")?));
    // The namespace's other Secrets are out of reach.
    let can = |verb: &str, what: &str| -> Result<bool> {
        Ok(tenant.scene.kubectl(&["auth", "can-i", verb, what, &format!("--as={user}")])?.accepted)
    };
    ensure!(
        can("get", "secrets/cbr-user")? && can("patch", "secrets/cbr-token")?,
        "the question is asked wrongly"
    );
    for (verb, what) in [
        ("get", "secrets/other"),
        ("list", "secrets"),
        ("create", "secrets"),
        ("patch", "secrets/cbr-user"),
    ] {
        ensure!(!can(verb, what)?, "{verb} {what}");
    }
    Ok(())
}

#[tokio::test]
async fn a_restricted_namespace_takes_the_pod_and_the_api_server_a_job_by_hand() -> Result<()> {
    let tenant = Tenant::new().await?;
    let scene = &tenant.scene;
    let label = "pod-security.kubernetes.io/enforce=restricted";
    ensure!(scene.kubectl(&["label", "namespace", &scene.namespace, label])?.accepted, "no label");
    let try_pod = |spec: &Value| -> Result<String> {
        let pod =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "renew"}, "spec": spec});
        let file = scene.cluster.folder().join(format!("{}.json", scene.namespace));
        std::fs::write(&file, pod.to_string())?;
        let file = file.to_str().context("no path")?;
        Ok(scene.kubectl(&["create", "--dry-run=server", "--filename", file])?.words)
    };
    let spec = tenant.pod()?;
    assert_eq!(try_pod(spec)?, "pod/renew created (server dry run)\n");
    let mut lax = spec.clone();
    lax["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
    ensure!(try_pod(&lax)?.contains("violates PodSecurity"), "the namespace would take anything");
    assert_eq!(spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"], true);

    let made =
        scene.kubectl(&["create", "job", "first-token", &format!("--from=cronjob/{NAME}")])?;
    ensure!(made.accepted, "{}", made.words);
    Ok(())
}

/// Where somebody has to fix something, no further try is made before the next run.
#[tokio::test]
async fn the_job_ends_at_once_by_the_exit_codes_that_ask_for_it() -> Result<()> {
    let tenant = Tenant::new().await?;
    let job = &tenant.object("CronJob")?["spec"];
    assert_eq!(job["concurrencyPolicy"], "Forbid");
    let rule = &job["jobTemplate"]["spec"]["podFailurePolicy"]["rules"][0];
    assert_eq!(rule["onExitCodes"]["containerName"], tenant.pod()?["containers"][0]["name"]);
    let codes: Vec<i32> = serde_json::from_value(rule["onExitCodes"]["values"].clone())?;
    let missing = tenant.run(&[])?;
    let wrong = tenant.run(&["--nonsense"])?;
    tenant.user("x")?;
    let nobody = "https://127.0.0.1:1";
    let unreachable = tenant
        .run(&[&format!("--iam-endpoint={nobody}"), &format!("--allowed-iam-endpoint={nobody}")])?;
    for (run, ends) in [(missing, true), (wrong, true), (unreachable, false)] {
        let code = run.code.context("killed")?;
        ensure!(code != 0 && codes.contains(&code) == ends, "{run:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_image_is_the_operator_s() -> Result<()> {
    let tenant = Tenant::new().await?;
    let image = tenant.pod()?["containers"][0]["image"].as_str().context("no image")?;
    let (_, tag) = image.rsplit_once(':').context("no tag")?;
    assert_eq!(tag, env!("CARGO_PKG_VERSION"));
    ensure!(image.contains("/backup-replication-operator:"), "{image}");
    Ok(())
}
