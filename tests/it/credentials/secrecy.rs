//! Neither the token nor the password is anywhere but in its Secret, whatever IAM and the API
//! server make of them.

use std::collections::HashSet;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use harness::PATIENCE;
use serde_json::{Value, json};
use simulator::{Answer, ErrorShape, Fault, Script, User, example};
use uuid::Uuid;

use super::tenant::Tenant;

/// Whether as many as eight characters in a row of the secret are in the text.
fn is_in(secret: &str, text: &str) -> bool {
    let runs: HashSet<&[u8]> = secret.as_bytes().windows(8).collect();
    text.as_bytes().windows(8).any(|window| runs.contains(window))
}

/// An admission policy that repeats what it refuses.
fn talkative(namespace: &str) -> [Value; 2] {
    let api = "admissionregistration.k8s.io/v1";
    let policy = json!({
        "apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": namespace},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": ["UPDATE"]}],
            },
            "validations": [{"expression": "!has(object.data.token)", "messageExpression": "'not \
                this one: ' + string(object.data.token)"}],
        },
    });
    let binding = json!({
        "apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": namespace},
        "spec": {"policyName": namespace, "validationActions": ["Deny"]},
    });
    [policy, binding]
}

#[tokio::test]
async fn token_and_password_are_in_their_secrets_and_nowhere_else() -> Result<()> {
    let tenant = Tenant::new().await?;
    let scene = &tenant.scene;
    let password = format!("P\"{}/ä", Uuid::new_v4().simple());
    scene.simulator.add_user(User::new(example::DOMAIN, "another", &password, example::PROJECT));
    let user = json!({"username": "another", "domain": example::DOMAIN, "password": password});
    scene.secret_with("cbr-user", &user)?;

    let mut said = tenant.run(&[])?.well()?;
    let token = tenant.token()?.context("no token")?;
    let escaped = serde_json::to_string(&password)?;
    for answer in [
        Answer::status(401).error(
            ErrorShape::Iam,
            "",
            format!("The password {password} of the user is wrong."),
        ),
        Answer::status(403).error(ErrorShape::Gateway, &password, format!("{escaped} is wrong.")),
        Answer::status(400).text(format!("<html>{}</html>", password.replace('"', "&quot;"))),
        Answer::status(500).header("x-request-id", password.replace('ä', "")).text(&password),
        Answer::echo(502),
        Answer::status(201).header("x-subject-token", &token).text(&password),
        Answer::status(201)
            .header("x-subject-token", &token)
            .json(json!({"token": {"project": {"id": password}}})),
    ] {
        scene
            .simulator
            .script(Script::once(Fault::before_commit().answer(answer)).issue_token())?;
        let run = tenant.run(&[])?;
        ensure!(run.code != Some(0) && run.err.contains("IAM"), "{run:?}");
        said += &run.err;
    }
    for object in talkative(&scene.namespace) {
        scene.applied(&object.to_string())?;
    }
    // A policy takes effect some moments after it was made.
    let began = Instant::now();
    let refusal = loop {
        let run = tenant.run(&[])?;
        if run.code != Some(0) {
            break run;
        }
        ensure!(began.elapsed() < PATIENCE, "the policy has no effect");
    };
    ensure!(refusal.err.contains("not this one: [redacted]"), "{refusal:?}");
    said += &refusal.err;
    for name in ["validatingadmissionpolicybinding", "validatingadmissionpolicy"] {
        scene.kubectl(&["delete", name, &scene.namespace])?;
    }

    let token_now = tenant.token()?.context("no token")?;
    let kinds =
        scene.kubectl(&["api-resources", "--namespaced", "--verbs=list", "--output=name"])?.words;
    let kinds: Vec<&str> = kinds.lines().filter(|kind| *kind != "secrets").collect();
    let objects =
        scene.kubectl(&["get", &kinds.join(","), "--output=yaml", "--show-managed-fields"])?;
    ensure!(objects.accepted && objects.words.contains("kind: CronJob"), "{}", objects.words);
    let metadata = tenant.secret()?.0["metadata"].to_string();
    let audit = scene.audit_log()?;
    let base64 = tenant.secret()?.text("/data/token").context("no token")?.to_owned();
    let secrets = scene.kubectl(&["get", "secrets", "--output=yaml"])?.words;
    ensure!(is_in(&base64, &secrets), "a leak would be found");
    for (place, text) in [
        ("output", &said),
        ("objects", &objects.words),
        ("metadata", &metadata),
        ("audit log", &audit),
    ] {
        for secret in [&token, &token_now, &base64, &password, &escaped] {
            ensure!(!is_in(secret, text), "{place} has some of it");
        }
    }
    Ok(())
}
