//! The message says what keeps a run from its end; the exit code says whether to try again; nothing
//! is written.

use anyhow::{Result, ensure};
use serde_json::json;
use simulator::{Answer, Body, ErrorShape, Fault, Script, example};

use super::tenant::{NAME, Run, Tenant};

/// Another try may do.
const LATER: i32 = 1;
/// Somebody has to fix something.
const NEEDS_A_FIX: i32 = 3;

/// Runs, and checks that the Secret is what it was.
fn refused(tenant: &Tenant, code: i32, words: &[&str]) -> Result<()> {
    let before = tenant.secret()?;
    tenant.run(&[])?.failed(code, words)?;
    assert_eq!(before, tenant.secret()?, "{words:?}");
    Ok(())
}

#[tokio::test]
async fn what_iam_refuses_leaves_the_secret_as_it_is() -> Result<()> {
    let tenant = Tenant::with_user().await?;
    tenant.run(&[])?.well()?;
    tenant.user("x-y-z-9")?;
    refused(
        &tenant,
        NEEDS_A_FIX,
        &["does not accept the user: HTTP 401: The username or password is wrong.", "cbr-user"],
    )?;
    tenant.user(example::PASSWORD)?;
    let other = tenant.run(&["--project-id=68589cac08274b82b4e254268a3862d8"])?;
    other.failed(
        NEEDS_A_FIX,
        &["HTTP 401", "no access to the project", "rights in project 68589cac"],
    )?;
    let error = |status| Answer::status(status).error(ErrorShape::Iam, "", "No.");
    let unscoped = Answer::status(201)
        .header("x-subject-token", "MIIabc")
        .json(json!({"token": {"methods": []}}));
    let ordinary = Answer::status(201).body(Body::Ordinary { keep: None });
    let faults = [
        (
            Fault::before_commit().answer(error(403)),
            NEEDS_A_FIX,
            vec!["forbids", "HTTP 403: No.", "unlocked"],
        ),
        (
            Fault::before_commit().answer(error(404)),
            NEEDS_A_FIX,
            vec!["does not take", "--iam-endpoint", "--project-id"],
        ),
        (Fault::before_commit().answer(error(429)), LATER, vec!["fewer requests: HTTP 429: No."]),
        (Fault::before_commit().answer(error(503)), LATER, vec!["no answer: HTTP 503"]),
        (Fault::before_commit().reset(), LATER, vec!["no answer", "connection was lost"]),
        (
            Fault::before_commit().answer(unscoped),
            NEEDS_A_FIX,
            vec!["not for the project", example::PROJECT],
        ),
        (Fault::before_commit().answer(ordinary), NEEDS_A_FIX, vec!["X-Subject-Token"]),
        (
            Fault::before_commit().answer(Answer::redirect(302, "https://other.example/")),
            NEEDS_A_FIX,
            vec!["HTTP 302"],
        ),
    ];
    for (fault, code, words) in faults {
        tenant.scene.simulator.script(Script::once(fault).issue_token())?;
        refused(&tenant, code, &words)?;
    }
    tenant.run(&[])?.well()?;
    Ok(())
}

#[tokio::test]
async fn a_user_s_secret_that_is_not_as_it_must_be_is_named() -> Result<()> {
    let tenant = Tenant::new().await?;
    refused(&tenant, NEEDS_A_FIX, &["cbr-user is not there"])?;
    for (data, words) in [
        (json!({"username": example::USER, "password": "x"}), "has no key domain"),
        (
            json!({"username": example::USER, "domain": "d", "password": ""}),
            "no password under its key password",
        ),
        (
            json!({"username": "two\nlines", "domain": "d", "password": "x"}),
            "no name under its key username",
        ),
    ] {
        tenant.scene.kubectl(&["delete", "secret", "cbr-user", "--ignore-not-found"])?;
        tenant.scene.secret_with("cbr-user", &data)?;
        refused(&tenant, NEEDS_A_FIX, &["cbr-user", words])?;
    }
    ensure!(tenant.scene.simulator.log(|log| log.calls().is_empty()), "IAM was asked for nothing");
    Ok(())
}

#[tokio::test]
async fn a_refusal_of_the_api_server_is_explained() -> Result<()> {
    let tenant = Tenant::with_user().await?;
    let scene = &tenant.scene;
    let patch = json!({"immutable": true}).to_string();
    ensure!(
        scene
            .kubectl(&["patch", "secret", "cbr-token", "--type=merge", "--patch", &patch])?
            .accepted,
        "not patched"
    );
    refused(&tenant, NEEDS_A_FIX, &["refuses to patch", "cbr-token", "immutable"])?;

    ensure!(scene.kubectl(&["delete", "secret", "cbr-token"])?.accepted, "not deleted");
    tenant.run(&[])?.failed(NEEDS_A_FIX, &["cbr-token is not there; create it"])?;
    ensure!(!scene.kubectl(&["get", "secret", "cbr-token"])?.accepted, "it is not made again");

    ensure!(scene.kubectl(&["delete", "rolebinding", NAME])?.accepted, "not deleted");
    tenant.run(&[])?.failed(NEEDS_A_FIX, &["may not get", "cbr-user", "Role"])?;

    let unreachable = Run::of(tenant.command(&[])?.env("KUBECONFIG", "/no/such/kubeconfig"))?;
    unreachable.failed(LATER, &["KUBECONFIG"])
}
