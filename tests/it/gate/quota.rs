//! Against a quota that is not announced, few requests are refused and all resources come to their
//! end. A quota that is known counts 200 requests in five minutes; here they are five seconds.

use anyhow::{Result, ensure};
use harness::Scene;
use simulator::{Operation, Options, Pace, Quota, Verdict};
use std::time::Duration;

use super::OPERATOR;

const RESOURCES: usize = 500;
const QUOTA: Quota = Quota { requests: 200, milliseconds: 5000 };

#[tokio::test]
async fn five_hundred_resources_at_once_are_recorded_with_few_refusals() -> Result<()> {
    let mut options = Options::any_backup();
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    options.behaviour.quota = Some(QUOTA);
    let scene = Scene::with(OPERATOR, options).await?;
    scene.valid_secret()?;
    let one = |number: usize| {
        let backup = uuid::Uuid::new_v4().to_string();
        Scene::manifest_for(&format!("db-{number}"), &backup, "")
    };
    let all: Vec<String> = (0..RESOURCES).map(one).collect();
    scene.applied(&all.join("\n---\n"))?;
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
    ensure!(refused * 20 < requests, "{refused} of {requests} requests were refused");
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
