//! The leader lives, and has lost the lease: it claims nothing any more, writes down how its calls
//! ended, and stands by.

use anyhow::Result;
use harness::{Cluster, PATIENCE, Scene, in_time, install_crd};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;
use simulator::Options;

use super::{
    LEASE, OPERATOR, apply, apply_in_call, apply_many, called_once, claimed_by, claims_nothing,
    elected, hold_looks, holder, leader, leads, leases, ready, standby, stands_by,
};

const NUMBER: usize = 3;

/// Its looks are answered when it wakes up, and nobody has claimed since: without the Lease,
/// nothing would stop its claims.
#[tokio::test]
async fn asleep_until_another_leads_it_wakes_up_and_claims_nothing() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    // The looks wait for a lease to expire.
    let options = elected(&scene).arg("--request-timeout=10m");
    let (first, asleep) = leader(&scene, &options).await?;
    let second = standby(&options)?;
    let backups: Vec<String> = (0..NUMBER).map(|_| scene.new_backup()).collect();
    let first_looks = hold_looks(&scene, "first", &backups)?;
    for (number, backup) in backups.iter().enumerate() {
        apply(&scene, &format!("db-{number}"), backup)?;
    }
    in_time("its looks", first_looks.arrivals(NUMBER as u64)).await?;
    let second_looks = hold_looks(&scene, "second", &backups)?;
    first.process.pause()?;
    leads(&second, 1)?;
    in_time("the other's looks", second_looks.arrivals(NUMBER as u64)).await?;

    // What it has waited for is there when it wakes up.
    first_looks.release();
    first.process.resume()?;
    claims_nothing(&first, NUMBER)?;
    stands_by(&first, "another process leads")?;
    assert_eq!(scene.simulator.log(|log| log.total()).posts, 0);
    second_looks.release();
    let objects = scene.wait_for_all(NUMBER, ready).await?;
    called_once(&scene, &objects)?;
    let awake = holder(&scene).await?;
    assert_ne!(awake, asleep);
    for object in &objects {
        assert_eq!(claimed_by(object), Some(awake.as_str()));
    }

    // It did not end, and leads again when it is its turn.
    second.stop()?;
    leads(&first, 2)?;
    apply(&scene, "next", &scene.new_backup())?;
    let next = scene.wait("next", "ready", ready).await?;
    assert_eq!(claimed_by(&next), Some(asleep.as_str()));
    Ok(())
}

#[tokio::test]
async fn an_outsider_who_takes_the_lease_stops_its_claims_and_not_its_records() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let (operator, identity) = leader(&scene, &elected(&scene)).await?;
    let (_, call) = apply_in_call(&scene, "out").await?;
    let backup = scene.new_backup();
    let look = hold_looks(&scene, "look", std::slice::from_ref(&backup))?;
    apply(&scene, "looked-at", &backup)?;
    in_time("the look", look.arrived()).await?;

    let taken = json!({"spec": {"holderIdentity": "outsider", "leaseDurationSeconds": 3600}});
    leases(&scene).patch(LEASE, &PatchParams::default(), &Patch::Merge(taken)).await?;
    stands_by(&operator, "\"outsider\"")?;
    look.release();
    claims_nothing(&operator, 1)?;
    apply(&scene, "new", &scene.new_backup())?;
    call.release();
    let out = scene.wait("out", "ready", ready).await?;
    assert_eq!(scene.simulator.log(|log| log.total()).posts, 1);
    assert_eq!(holder(&scene).await?, "outsider");

    // What came meanwhile is not forgotten.
    leases(&scene).delete(LEASE, &DeleteParams::default()).await?;
    leads(&operator, 2)?;
    let objects = [
        out,
        scene.wait("looked-at", "ready", ready).await?,
        scene.wait("new", "ready", ready).await?,
    ];
    assert_eq!(holder(&scene).await?, identity);
    called_once(&scene, &objects)
}

#[tokio::test]
async fn a_lease_that_is_deleted_has_one_holder_again() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let (_first, _) = leader(&scene, &elected(&scene)).await?;
    let _second = standby(&elected(&scene))?;
    leases(&scene).delete(LEASE, &DeleteParams::default()).await?;
    apply_many(&scene, NUMBER)?;
    called_once(&scene, &scene.wait_for_all(NUMBER, ready).await?)?;
    let made_anew =
        kube::runtime::wait::await_condition(leases(&scene), LEASE, |lease: Option<&_>| {
            lease.is_some()
        });
    in_time("a lease", made_anew).await??;
    holder(&scene).await.map(drop)
}

/// The call's end is known to this process alone: it must neither exit nor forget it.
#[tokio::test]
async fn a_lease_that_cannot_be_renewed_in_time_stops_its_claims_and_not_its_records() -> Result<()>
{
    let cluster = &Cluster::own()?;
    install_crd(cluster)?;
    let scene = Scene::on(cluster, OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let (operator, identity) = leader(&scene, &elected(&scene)).await?;
    let (_, call) = apply_in_call(&scene, "out").await?;
    let backup = scene.new_backup();
    let look = hold_looks(&scene, "look", std::slice::from_ref(&backup))?;
    apply(&scene, "looked-at", &backup)?;
    in_time("the look", look.arrived()).await?;

    cluster.stop_apiserver();
    stands_by(&operator, "not renewed in time")?;
    let (status, body) = operator.get("/ready")?;
    assert!(status == 503 && body.contains(LEASE), "{status}: {body}");
    assert_eq!(operator.get("/health")?.0, 200);
    look.release();
    claims_nothing(&operator, 1)?;
    call.release();
    operator.log.wait_for(PATIENCE, |line| line.contains("not written yet"))?;

    cluster.start_apiserver()?;
    let objects =
        [scene.wait("out", "ready", ready).await?, scene.wait("looked-at", "ready", ready).await?];
    assert_eq!(holder(&scene).await?, identity);
    called_once(&scene, &objects)
}
