//! Requests that hang leave the process handles for everything else, and others room for theirs.

use anyhow::{Result, ensure};
use control_plane::Exit;
use harness::{Scene, in_time, kubectl_apply};
use serde_json::{Value, json};
use simulator::{Fault, Options, Script, Token, example};

use super::neighbours::ready;
use crate::OPERATOR;

/// Files and connections that the operator may have open.
const HANDLES: u32 = 128;
/// A quarter of them is for requests, and a sixth of these for one namespace at one endpoint.
const SHARE: usize = 6;
/// More requests than there are handles, each credential with as many as it may have.
const CREDENTIALS: usize = 8;
const RESOURCES: usize = 16;

fn token(number: usize) -> String {
    format!("gAAAAABtoken-of-greedy-tenant-{number}")
}

fn credential(scene: &Scene, namespace: &str, number: usize) -> Result<Vec<Value>> {
    let secret = format!("token-{number}");
    scene.simulator.add_token(Token::new(token(number), example::PROJECT));
    let fault = Fault::before_commit().hang();
    scene.simulator.script(Script::always(fault).show().token(&token(number)))?;
    let mut objects = vec![json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret, "namespace": namespace},
        "stringData": {"token": token(number)},
    })];
    let auth = json!({"tokenSecretRef": {"name": secret}});
    for resource in 0..RESOURCES {
        let name = format!("db-{number}-{resource}");
        let manifest = Scene::manifest_with(&name, &scene.new_backup(), &auth);
        let mut manifest: Value = serde_saphyr::from_str(&manifest)?;
        manifest["metadata"]["namespace"] = json!(namespace);
        objects.push(manifest);
    }
    Ok(objects)
}

#[tokio::test]
async fn a_tenant_with_many_credentials_that_hang_leaves_handles_and_room_for_others() -> Result<()>
{
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let greedy = format!("{}-greedy", scene.namespace);
    let mut objects =
        vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": greedy}})];
    for number in 0..CREDENTIALS {
        objects.extend(credential(&scene, &greedy, number)?);
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let applied = kubectl_apply(&scene.cluster, None, &list)?;
    ensure!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let operator = scene
        .operator()
        .arg("--request-timeout=1h")
        .arg(format!("--namespace={greedy}"))
        .open_files(HANDLES)
        .start_ready()?;
    let hanging = |log: &simulator::Log| log.calls().iter().filter(|call| call.scripted).count();
    in_time("its share", scene.simulator.wait_for(|log| hanging(log) >= SHARE)).await?;

    for number in 0..3 {
        let (name, backup) = (format!("healthy-{number}"), scene.new_backup());
        scene.applied(&Scene::manifest_for(&name, &backup, ""))?;
        scene.wait(&name, "ready", ready).await?;
        assert_eq!(scene.posts(&backup).len(), 1);
    }
    assert_eq!(operator.get("/health")?.0, 200);
    assert_eq!(scene.simulator.log(hanging), SHARE);
    let told = |line: &str| line.contains("Requests to the cloud wait") && line.contains(&greedy);
    operator.log.wait_for(harness::PATIENCE, told)?;
    assert_eq!(operator.stop()?, Exit::Code(0), "no look-up is waited for");
    Ok(())
}
