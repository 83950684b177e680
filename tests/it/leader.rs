//! Of several operators with a Lease one works; it stops when the Lease is lost, another takes
//! over, and nothing is doubled or lost. The same holds without the Lease.

mod handover;
mod lost;
mod refused;
mod without;

use anyhow::{Context, Result, ensure};
use harness::{Object, Operator, OperatorOptions, PATIENCE, Scene, in_time};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::Api;
use simulator::{Fault, Hold, Script};

use crate::OPERATOR;

const LEASE: &str = "the-lease";

/// An operator that takes part in the scene's own election.
fn elected(scene: &Scene) -> OperatorOptions {
    scene
        .operator()
        .arg("--leader-election")
        .arg(format!("--lease-name={LEASE}"))
        .arg(format!("--lease-namespace={}", scene.namespace))
}

/// Starts one that leads. Returns its identity, too.
async fn leader(scene: &Scene, options: &OperatorOptions) -> Result<(Operator, String)> {
    let operator = options.start_ready()?;
    leads(&operator, 1)?;
    Ok((operator, holder(scene).await?))
}

/// Starts one that stands by.
fn standby(options: &OperatorOptions) -> Result<Operator> {
    let operator = options.start_ready()?;
    stands_by(&operator, "another process leads")?;
    Ok(operator)
}

/// Waits until it has begun to lead so many times.
fn leads(operator: &Operator, times: usize) -> Result<()> {
    operator.log.wait_for_nth(times, PATIENCE, |line| line.contains("\"Leading\"")).map(drop)
}

fn stands_by(operator: &Operator, why: &str) -> Result<()> {
    operator
        .log
        .wait_for(PATIENCE, |line| line.contains("Standing by") && line.contains(why))
        .map(drop)
}

/// Waits until so many resources were about to be claimed, and were not.
fn claims_nothing(operator: &Operator, times: usize) -> Result<()> {
    operator.log.wait_for_nth(times, PATIENCE, |line| line.contains("Not claimed")).map(drop)
}

fn leases(scene: &Scene) -> Api<Lease> {
    Api::namespaced(scene.client.clone(), &scene.namespace)
}

async fn lease(scene: &Scene) -> Result<LeaseSpec> {
    leases(scene).get(LEASE).await?.spec.context("an empty lease")
}

async fn holder(scene: &Scene) -> Result<String> {
    lease(scene).await?.holder_identity.context("nobody holds the lease")
}

fn apply(scene: &Scene, name: &str, backup: &str) -> Result<()> {
    scene.applied(&Scene::manifest_for(name, backup, ""))
}

/// Applies so many resources, each for a backup of its own.
fn apply_many(scene: &Scene, number: usize) -> Result<Vec<String>> {
    let backups: Vec<String> = (0..number).map(|_| scene.new_backup()).collect();
    for (number, backup) in backups.iter().enumerate() {
        apply(scene, &format!("db-{number}"), backup)?;
    }
    Ok(backups)
}

/// Applies a resource, and returns when its call is committed and its answer held back.
async fn apply_in_call(scene: &Scene, name: &str) -> Result<(String, Hold)> {
    let backup = scene.new_backup();
    let hold = scene.simulator.hold(name);
    scene.simulator.script(
        Script::once(Fault::after_commit().hold(&hold).ordinary()).replicate().backup(&backup),
    )?;
    apply(scene, name, &backup)?;
    in_time("the call arrives", hold.arrived()).await?;
    Ok((backup, hold))
}

/// Holds the next look at each of the backups back; what it shows is what is so when it arrives.
fn hold_looks(scene: &Scene, name: &str, backups: &[String]) -> Result<Hold> {
    let hold = scene.simulator.hold(name);
    for backup in backups {
        scene.simulator.script(
            Script::once(Fault::after_commit().hold(&hold).ordinary()).show().backup(backup),
        )?;
    }
    Ok(hold)
}

fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

/// Who claimed the attempt in force.
fn claimed_by(object: &Object) -> Option<&str> {
    object.text("/status/attempts/0/claimedBy")
}

/// Each resource got one call, and names the record of it.
fn called_once(scene: &Scene, objects: &[Object]) -> Result<()> {
    for object in objects {
        let backup = object.text("/spec/backupId").context("no backup")?;
        let posts = scene.posts(backup);
        ensure!(posts.len() == 1, "{} calls for {:#}", posts.len(), object.0);
        ensure!(
            object.text("/status/replicationRecordId") == posts[0].record_id(),
            "{:#}",
            object.0
        );
        ensure!(object.attempts().len() == 1, "{:#}", object.0);
    }
    Ok(())
}
