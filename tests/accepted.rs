//! One call for each resource, exactly as the API's page has it, and everything that came back in the status.

use anyhow::Result;
use harness::Scene;
use simulator::example;

const OPERATOR: &str = env!("CARGO_BIN_EXE_backup-replication-operator");

#[tokio::test]
async fn a_resource_is_replicated_once_and_tells_what_the_cloud_answered() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    scene.applied(&Scene::manifest("db", ""))?;

    let object = scene.wait("db", "ready", |object| object.is("Ready")).await?;
    println!("{:#}", object.0);
    assert_eq!(scene.simulator.counts(example::BACKUP).accepted, 1);
    drop(operator);
    Ok(())
}
