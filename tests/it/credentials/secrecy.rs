//! No part of any credential is anywhere but in its Secret, whatever the cloud echoes.

use anyhow::Result;
use harness::Scene;
use serde_json::json;
use simulator::{Answer, Fault, Script, example};

use super::{by_access_key, by_account, by_password, key_secret, trust, user_secret};
use crate::OPERATOR;

#[tokio::test]
async fn no_credential_is_shown_by_an_operator_that_says_all_it_can() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let operator = scene.operator().env("RUST_LOG", "trace").start_ready()?;
    user_secret(&scene, example::PASSWORD)?;
    key_secret(&scene, example::SECRET_KEY)?;
    trust(&scene)?;
    let kinds = [("password", by_password()), ("key", by_access_key()), ("account", by_account())];
    for (name, auth) in &kinds {
        for (end, answer) in [("ready", None), ("echo", Some(Answer::echo(400)))] {
            let backup = scene.new_backup();
            if let Some(answer) = answer {
                let fault = Fault::before_commit().answer(answer);
                scene.simulator.script(Script::always(fault).replicate().backup(&backup))?;
            }
            scene.applied(&Scene::manifest_with(&format!("{name}-{end}"), &backup, auth))?;
        }
    }
    // IAM and the gateway repeat what they are shown.
    let echo = || Fault::before_commit().answer(Answer::echo(401));
    scene.wait_for_all(6, |object| !object.attempts().is_empty()).await?;
    scene.simulator.script(Script::always(echo()).issue_token())?;
    scene.simulator.script(Script::always(echo()).exchange())?;
    let user = json!({"username": example::USER, "domain": example::DOMAIN,
        "password": "another-password-that-is-wrong"});
    scene.secret_with("wrong-user", &user)?;
    let key = json!({"accessKey": example::ACCESS_KEY,
        "secretKey": "another-secret-key-that-is-wrong"});
    scene.secret_with("wrong-key", &key)?;
    for (name, auth) in [
        ("password", json!({"passwordSecretRef": {"name": "wrong-user"}})),
        ("key", json!({"accessKeySecretRef": {"name": "wrong-key"}})),
    ] {
        let name = format!("{name}-refused");
        scene.applied(&Scene::manifest_with(&name, &scene.new_backup(), &auth))?;
        let told = |reason: &str| ["LoginRefused", "CredentialRejected"].contains(&reason);
        scene.wait(&name, "refused", |object| told(object.reason())).await?;
    }
    let mut places = vec![scene.kubectl(&["get", "brep,events", "--output=yaml"])?.words];
    places.push(operator.get("/metrics")?.1);
    operator.stop()?;
    places.push(operator.log.text());
    assert!(places.iter().any(|place| place.contains("TRACE")), "the log says all it can");
    let issued = scene.simulator.log(|log| {
        let sent = log.calls().iter().filter_map(|call| call.headers.get("x-auth-token"));
        sent.map(str::to_owned).collect::<Vec<_>>()
    });
    assert!(!issued.is_empty());
    let secrets = [
        example::PASSWORD,
        example::SECRET_KEY,
        "another-password-that-is-wrong",
        "another-secret-key-that-is-wrong",
        "eyJhbGciOi",
        // No secrets, and yet nobody's business.
        example::USER,
        example::DOMAIN,
    ];
    for secret in secrets.into_iter().chain(issued.iter().map(String::as_str)) {
        for place in &places {
            let line = place.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "a secret is shown");
        }
    }
    Ok(())
}
