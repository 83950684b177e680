//! The leader ends, in order or not, and the standby takes over.

use anyhow::{Result, ensure};
use control_plane::Exit;
use harness::{Operator, Scene};

use super::{
    OPERATOR, apply, apply_in_call, apply_many, called_once, claimed_by, elected, holder, leader,
    leads, lease, ready, standby,
};

fn says(operator: &Operator, role: &str, leader: &str) -> Result<()> {
    let (status, body) = operator.get("/ready")?;
    ensure!(
        status == 200 && body.starts_with("ready\n") && body.contains(role),
        "{status}: {body}"
    );
    assert_eq!(operator.get("/health")?.0, 200);
    let metrics = operator.get("/metrics")?.1;
    ensure!(
        metrics.lines().any(|line| line == format!("backup_replication_leader {leader}")),
        "{metrics}"
    );
    Ok(())
}

#[tokio::test]
async fn one_works_and_the_other_is_ready_and_takes_over_while_the_first_still_drains() -> Result<()>
{
    const NUMBER: usize = 10;
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let (first, identity) = leader(&scene, &elected(&scene)).await?;
    let second = standby(&elected(&scene))?;
    says(&first, "leading", "1")?;
    says(&second, &format!("standing by: {identity} leads"), "0")?;
    apply_many(&scene, NUMBER)?;
    let objects = scene.wait_for_all(NUMBER, ready).await?;
    called_once(&scene, &objects)?;
    for object in &objects {
        assert_eq!(claimed_by(object), Some(identity.as_str()));
    }

    let (_, call) = apply_in_call(&scene, "draining").await?;
    first.process.terminate()?;
    leads(&second, 1)?;
    apply(&scene, "next", &scene.new_backup())?;
    let next = scene.wait("next", "ready", ready).await?;
    assert_eq!(claimed_by(&next), Some(holder(&scene).await?.as_str()));
    assert_ne!(claimed_by(&next), Some(identity.as_str()));
    assert_eq!(lease(&scene).await?.lease_transitions, Some(1));
    says(&second, "leading", "1")?;

    assert!(first.process.is_running(), "its call is still out");
    call.release();
    assert_eq!(first.process.wait(harness::PATIENCE)?, Exit::Code(0));
    let drained = scene.wait("draining", "ready", ready).await?;
    assert_eq!(claimed_by(&drained), Some(identity.as_str()));
    called_once(&scene, &[next, drained])
}

#[tokio::test]
async fn the_last_one_leaves_the_lease_free() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let (only, _) = leader(&scene, &elected(&scene)).await?;
    assert_eq!(only.stop()?, Exit::Code(0));
    assert_eq!(lease(&scene).await?.holder_identity, None);
    Ok(())
}

#[tokio::test]
async fn killed_in_mid_call_the_other_finds_its_call_and_does_the_rest() -> Result<()> {
    const NUMBER: usize = 3;
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let options = elected(&scene).arg("--claim-window=2s").arg("--request-timeout=3s");
    let (first, identity) = leader(&scene, &options).await?;
    let second = standby(&options)?;
    let (_, _call) = apply_in_call(&scene, "lost").await?;
    assert_eq!(first.process.kill()?, Exit::Signal(9));
    apply_many(&scene, NUMBER)?;
    leads(&second, 1)?;
    let objects = scene.wait_for_all(NUMBER + 1, ready).await?;
    called_once(&scene, &objects)?;
    let of_first: Vec<_> =
        objects.iter().filter(|object| claimed_by(object) == Some(&identity)).collect();
    ensure!(
        of_first.len() == 1 && of_first[0].text("/metadata/name") == Some("lost"),
        "{of_first:?}"
    );
    Ok(())
}
