//! Who waits for another one's request to the cloud holds nothing that a third one needs.

use anyhow::{Result, ensure};
use control_plane::Exit;
use harness::{Scene, in_time, kubectl_apply};
use serde_json::{Value, json};
use simulator::{Backup, Fault, Operation, Options, Script, Target, Token, example};
use uuid::Uuid;

use super::neighbours::ready;
use crate::OPERATOR;
use crate::observed::Scrape;

/// Namespaces, as many as have all permits together.
const TENANTS: usize = 2;
/// Resources of one backup, of which one makes the look-up that the others wait for.
const RESOURCES: usize = 4;

fn token(tenant: usize) -> String {
    format!("gAAAAABtoken-of-waiting-tenant-{tenant}")
}

fn namespace(scene: &Scene, tenant: usize) -> String {
    format!("{}-{tenant}", scene.namespace)
}

/// Resources that follow the same replication of the same backup, which is there already.
fn tenant(scene: &Scene, tenant: usize) -> Result<Vec<Value>> {
    let (name, backup) = (namespace(scene, tenant), Uuid::new_v4().to_string());
    scene.simulator.add_token(Token::new(token(tenant), example::PROJECT));
    scene.simulator.add_backup(Backup::server(&backup, example::PROJECT));
    scene.simulator.add_replication(Target {
        project_id: example::PROJECT.into(),
        backup_id: backup.clone(),
        destination_project_id: example::DESTINATION_PROJECT.into(),
        destination_region: example::DESTINATION_REGION.into(),
        destination_vault_id: example::VAULT.into(),
        name: None,
        description: None,
    })?;
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cbr-token", "namespace": name},
            "stringData": {"token": token(tenant)},
        }),
    ];
    for number in 0..RESOURCES {
        let manifest = Scene::manifest_for(&format!("db-{number}"), &backup, "");
        let mut manifest: Value = serde_saphyr::from_str(&manifest)?;
        manifest["metadata"]["namespace"] = json!(name);
        objects.push(manifest);
    }
    Ok(objects)
}

/// The look-ups that hang are never answered here: a resource whose turn came after those that wait
/// for them would wait without end.
#[tokio::test]
async fn resources_that_wait_for_one_look_up_that_hangs_keep_nobody_waiting() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let mut objects = Vec::new();
    let mut options = scene.operator().arg("--request-timeout=1h").arg("--concurrency=2");
    for number in 0..TENANTS {
        objects.extend(tenant(&scene, number)?);
        options = options.arg(format!("--namespace={}", namespace(&scene, number)));
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let applied = kubectl_apply(&scene.cluster, None, &list)?;
    ensure!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let operator = options.start_ready()?;
    let all = u32::try_from(TENANTS * RESOURCES)?;
    Scrape::wait_for(&operator, "all adopted", |scrape| {
        scrape.value("replications_total{turn=\"Adopted\"}") >= f64::from(all)
    })
    .await?;
    assert_eq!(operator.stop()?, Exit::Code(0));

    for number in 0..TENANTS {
        let fault = Fault::before_commit().hang();
        scene.simulator.script(Script::always(fault).show().token(&token(number)))?;
    }
    let hanging = |log: &simulator::Log| {
        let hangs =
            |call: &&simulator::Call| call.operation == Some(Operation::Show) && call.scripted;
        log.calls().iter().filter(hangs).count()
    };
    let operator = options.start_ready()?;
    in_time("a look-up of each", scene.simulator.wait_for(|log| hanging(log) >= TENANTS)).await?;
    for number in 0..3 {
        let (name, backup) = (format!("healthy-{number}"), scene.new_backup());
        scene.applied(&Scene::manifest_for(&name, &backup, ""))?;
        scene.wait(&name, "ready", ready).await?;
        assert_eq!(scene.posts(&backup).len(), 1);
    }
    assert_eq!(scene.simulator.log(hanging), TENANTS, "one for all of a backup");
    assert_eq!(operator.stop()?, Exit::Code(0), "no look-up is waited for");
    Ok(())
}
