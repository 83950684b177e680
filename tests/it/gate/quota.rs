//! Against a quota that is not announced all resources come to their end, and nothing is called
//! twice. How few requests are refused is told by `src/protocol/pace_tests.rs`, with a clock of its
//! own, and by `cargo bench --bench load`: here the quota is so small that any machine meets it.

use anyhow::{Result, ensure};
use harness::Scene;
use simulator::{Operation, Options, Pace, Quota, Verdict};
use std::time::Duration;

use super::OPERATOR;

const RESOURCES: usize = 12;
const QUOTA: Quota = Quota { requests: 15, milliseconds: 15_000 };

#[tokio::test]
async fn resources_that_meet_the_quota_are_recorded() -> Result<()> {
    let mut options = Options::any_backup();
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    options.behaviour.quota = Some(QUOTA);
    let scene = Scene::with(OPERATOR, options).await?;
    scene.valid_secret()?;
    scene.applied_many(RESOURCES)?;
    let _operator = scene.operator().env("BREP_REQUESTS_PER_MINUTE", "3000").start_ready()?;
    let began = jiff::Timestamp::now();
    let objects = scene.wait_for_all(RESOURCES, |object| object.is("Ready")).await?;

    let (requests, refused) = scene.simulator.log(|log| {
        let is_refused = |call: &&simulator::Call| {
            matches!(call.verdict, Some(Verdict::Refused { status: 429, code: _ }))
        };
        (log.calls().len(), log.calls().iter().filter(is_refused).count())
    });
    let took = jiff::Timestamp::now().duration_since(began);
    println!("{requests} requests in {took:?}, {refused} of them refused");
    ensure!(refused > 0, "the quota was not met");
    ensure!(refused * 2 < requests, "{refused} of {requests} requests were refused");
    let calls = scene.simulator.log(|log| {
        let calls = log.calls().iter();
        calls.filter(|call| call.operation == Some(Operation::Replicate)).count()
    });
    ensure!(calls < RESOURCES + refused + 1, "{calls} calls");
    assert_eq!(scene.simulator.log(|log| log.total().accepted), RESOURCES as u64);
    for object in &objects {
        ensure!(object.text("/status/replicationRecordId").is_some(), "{:#}", object.0);
    }
    Ok(())
}
