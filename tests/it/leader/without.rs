//! Two operators that both believe that they lead: the promise does not need the Lease. Here they
//! also run with different limits, as in a rollout that changes an option.

use anyhow::{Context, Result, ensure};
use control_plane::Exit;
use harness::{OperatorOptions, Scene, in_time};
use jiff::{Timestamp, ToSpan};
use simulator::{Fault, Hold, Options, Script};

use super::{OPERATOR, apply, apply_in_call, apply_many, called_once, hold_looks, ready};

const NUMBER: usize = 20;
/// For a call that must not be over before the other has started.
const WINDOW_AND_LIMIT_SECONDS: i64 = 12;

fn patient(scene: &Scene) -> OperatorOptions {
    scene
        .operator()
        .arg("--claim-window=2s")
        .arg("--request-timeout=10s")
        .arg("--settling-time=30s")
}

fn hasty(scene: &Scene) -> OperatorOptions {
    scene.operator().arg("--claim-window=2s").arg("--request-timeout=3s").arg("--settling-time=1s")
}

#[tokio::test]
async fn calls_of_one_operator_are_left_alone_by_the_other_for_every_end() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    let _first = patient(&scene).start_ready()?;
    let (_, slow) = apply_in_call(&scene, "slow").await?;
    let lost = lost_in_call(&scene, "lost").await?;
    let _second = hasty(&scene).start_ready()?;
    // The one that looks first is held back, so that the other calls.
    let backup = scene.new_backup();
    let look = hold_looks(&scene, "look", std::slice::from_ref(&backup))?;
    apply(&scene, "contested", &backup)?;
    in_time("a look", look.arrived()).await?;
    scene.wait("contested", "ready", ready).await?;
    look.release();
    apply_many(&scene, NUMBER)?;
    slow.release();
    lost.release();
    called_once(&scene, &scene.wait_for_all(NUMBER + 3, ready).await?)
}

/// Applies a resource whose call is accepted and never answered.
async fn lost_in_call(scene: &Scene, name: &str) -> Result<Hold> {
    let backup = scene.new_backup();
    let hold = scene.simulator.hold(name);
    scene.simulator.script(
        Script::once(Fault::after_commit().hold(&hold).reset()).replicate().backup(&backup),
    )?;
    apply(scene, name, &backup)?;
    in_time("the call arrives", hold.arrived()).await?;
    Ok(hold)
}

/// The limits of the one that claimed hold for the other, too, whose own are far shorter. A cloud
/// that refuses no second replica.
#[tokio::test]
async fn a_call_whose_caller_is_gone_is_left_alone_for_the_callers_own_limits() -> Result<()> {
    let mut options = Options::default();
    options.behaviour.accept_duplicates = true;
    let scene = Scene::with(OPERATOR, options).await?;
    scene.valid_secret()?;
    let gone = patient(&scene).start_ready()?;
    let (_, _call) = apply_in_call(&scene, "db").await?;
    assert_eq!(gone.process.kill()?, Exit::Signal(9));
    let _next = hasty(&scene).start_ready()?;
    let object = scene.wait("db", "ready", ready).await?;
    called_once(&scene, std::slice::from_ref(&object))?;
    let time = |field: &str| -> Result<Timestamp> {
        Ok(object
            .text(&format!("/status/attempts/0/{field}"))
            .with_context(|| format!("no {field}"))?
            .parse()?)
    };
    let (claimed, ended) = (time("claimedAt")?, time("endedAt")?);
    ensure!(
        ended >= claimed.checked_add(WINDOW_AND_LIMIT_SECONDS.seconds())?,
        "{claimed} to {ended}"
    );
    Ok(())
}
