//! P2. Knowledge belongs to the one who looks.

use anyhow::Result;
use harness::{Scene, in_time};
use serde_json::{Value, json};
use simulator::{Fault, Records, Script, Token, View, example};

use super::{
    Findings, OPERATOR, apply, careless, lasting_outcome, operator, origin, patient_operator, ready,
};

/// A token of the same project that is shown no record, ever.
const RESTRICTED: &str = "MIIrestricted-token-of-another-tenant";

fn as_restricted() -> Value {
    json!({"auth": {"tokenSecretRef": {"name": "restricted"}}})
}

/// Both tenants' Secrets.
async fn two_tenants() -> Result<Scene> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.simulator.add_token(Token::new(RESTRICTED, example::PROJECT));
    scene
        .simulator
        .set_token_view(RESTRICTED, Some(View { records: Records::Empty, ..View::default() }));
    scene.valid_secret()?;
    scene.secret_with("restricted", &json!({"token": RESTRICTED}))?;
    Ok(scene)
}

#[tokio::test]
async fn what_one_tenant_is_shown_proves_nothing_to_another() -> Result<()> {
    let scene = two_tenants().await?;
    let [before, known, after] = [scene.new_backup(), scene.new_backup(), scene.new_backup()];
    // Each of their calls is committed, and its answer lost.
    scene
        .simulator
        .script(Script::always(Fault::after_commit().reset()).replicate().token(RESTRICTED))?;
    let _operator = operator(&scene).start_ready()?;
    let mut findings = Findings::default();
    apply(&scene, "before", &before, &as_restricted())?;
    findings.asked("before", &lasting_outcome(&scene, "before", &before).await?);

    apply(&scene, "known", &known, &json!({}))?;
    scene.wait_for_phase("known", "Succeeded").await?;
    apply(&scene, "after", &after, &as_restricted())?;
    for (name, backup) in [("after", &after), ("before", &before)] {
        findings.asked(name, &lasting_outcome(&scene, name, backup).await?);
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}

#[tokio::test]
async fn a_token_that_is_exchanged_in_mid_call_proves_nothing_by_what_its_predecessor_was_shown()
-> Result<()> {
    let scene = two_tenants().await?;
    scene.secret_with("rotated", &json!({"token": example::TOKEN}))?;
    // Long enough for the calls to be in flight while the tokens are exchanged.
    let limits = ["--claim-window=3s", "--request-timeout=15s"];
    let _operator =
        limits.into_iter().fold(patient_operator(&scene), |o, limit| o.arg(limit)).start_ready()?;
    apply(&scene, "known", &scene.new_backup(), &json!({}))?;
    scene.wait_for_phase("known", "Succeeded").await?;

    let mut cases = Vec::new();
    for (name, secret) in [("exchanged", "cbr-token"), ("rotated", "rotated")] {
        let backup = scene.new_backup();
        let hold = scene.simulator.hold(name);
        scene.simulator.script(
            Script::once(Fault::after_commit().hold(&hold).reset()).replicate().backup(&backup),
        )?;
        apply(&scene, name, &backup, &json!({"auth": {"tokenSecretRef": {"name": secret}}}))?;
        in_time("the call arrives", hold.arrived()).await?;
        cases.push((name, backup, hold));
    }
    scene.patched("exchanged", &json!({"spec": as_restricted()}))?;
    scene.secret_with("rotated", &json!({"token": RESTRICTED}))?;
    let mut findings = Findings::default();
    for (_, _, hold) in &cases {
        hold.release();
    }
    for (name, backup, _) in &cases {
        findings.asked(name, &lasting_outcome(&scene, name, backup).await?);
        findings.counts(&scene, name, backup, (1, 1));
    }

    // With a token that is shown it, its record is found.
    scene.patched(
        "exchanged",
        &json!({"spec": {"auth": {"tokenSecretRef": {"name": "cbr-token"}}}}),
    )?;
    scene.secret_with("rotated", &json!({"token": example::TOKEN}))?;
    for (name, backup, _) in &cases {
        let object = scene.wait(name, "ready", ready).await?;
        findings
            .check(name, origin(&object).0 == Some("Called"), || format!("{:?}", origin(&object)));
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}
