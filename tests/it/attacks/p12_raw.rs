//! P12. Decide on raw values, redact at the door.

use anyhow::Result;
use harness::Scene;
use serde_json::{Value, json};
use simulator::{Fault, Project, Region, Script, Token, Vault, example};

use super::{
    Findings, OPERATOR, apply, careless, decided, delete, operator, origin, outcome, ready,
};

const REGION: &str = "ap-southeast-1";
const PROJECT: &str = "0605767b5780d5762fc5c0118072a5ff";
const VAULT: &str = "b7c1a0de-8800-46da-9c37-9d657a825200";

/// Tokens that share eight characters and more with what the records name.
fn cases() -> [(&'static str, &'static str, Value); 4] {
    let elsewhere = json!({"destinationRegion": REGION, "destinationProjectId": PROJECT, "destinationVaultId": VAULT});
    [
        ("region", "svc-ap-southeast-1-replication-key", elsewhere),
        ("vault", "svc-0ca3eb86-8800-replication-key", json!({})),
        ("project", "svc-68589cac08274b82-replication-key", json!({})),
        ("source", "svc-f841e01fd2b14e7f-replication-key", json!({})),
    ]
}

#[tokio::test]
async fn a_token_that_shares_letters_with_an_id_hides_no_record() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.simulator.add_region(Region::new(REGION));
    scene.simulator.add_project(Project::new(PROJECT, REGION));
    scene.simulator.add_vault(Vault::replication(VAULT, PROJECT, REGION));
    let _operator = operator(&scene).start_ready()?;
    let mut backups = Vec::new();
    for (name, token, changes) in cases() {
        let backup = scene.new_backup();
        scene.simulator.add_token(Token::new(token, example::PROJECT));
        scene.secret_with(name, &json!({"token": token}))?;
        scene
            .simulator
            .script(Script::once(Fault::after_commit().reset()).replicate().backup(&backup))?;
        let mut changes = changes;
        changes["auth"] = json!({"tokenSecretRef": {"name": name}});
        apply(&scene, name, &backup, &changes)?;
        backups.push((name, token, backup, changes));
    }
    let mut findings = Findings::default();
    for (name, token, backup, _) in &backups {
        let object = outcome(&scene, name).await?;
        findings.check(name, ready(&object), || format!("not ready: {}", object.message()));
        findings
            .check(name, origin(&object).0 == Some("Called"), || format!("{:?}", origin(&object)));
        findings
            .check(name, !object.0.to_string().contains(token), || "its token is on show".into());
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()?;

    let mut findings = Findings::default();
    for (name, _, backup, changes) in &backups {
        delete(&scene, name)?;
        apply(&scene, name, backup, changes)?;
    }
    for (name, _, backup, _) in &backups {
        let object = scene.wait(name, "decided", decided).await?;
        findings
            .check(name, origin(&object).0 == Some("Adopted"), || format!("{:?}", origin(&object)));
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}
