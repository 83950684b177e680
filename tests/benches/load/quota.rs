//! 500 resources at once against a quota, without `Retry-After`: how many requests are refused.

use std::env;
use std::time::{Duration, Instant};

use anyhow::Result;
use harness::{Object, Scene};
use simulator::{Options, Pace, Quota, Verdict};
use uuid::Uuid;

use crate::Figures;
use crate::subject::{Subject, ready};

const RESOURCES: usize = 500;
const REQUESTS: u32 = 200;
/// Longer than any operator that goes on needs.
const PATIENCE: Duration = Duration::from_secs(3600);

pub(crate) async fn measure(subject: &Subject) -> Result<Figures> {
    let seconds: u64 = env::var("QUOTA_SECONDS").map_or(Ok(15), |text| text.parse())?;
    let mut options = Options::any_backup();
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    options.behaviour.quota = Some(Quota { requests: REQUESTS, milliseconds: seconds * 1000 });
    let scene = subject.scene(options).await?;
    for number in 0..RESOURCES {
        let backup = Uuid::new_v4().to_string();
        scene.create(&Scene::manifest_for(&format!("db-{number}"), &backup, "")).await?;
    }
    let began = Instant::now();
    let _operator = scene.operator().env("BREP_REQUESTS_PER_MINUTE", "3000").start_ready()?;
    let mut recorded = 0;
    while recorded < RESOURCES && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let all = scene.api().list(&kube::api::ListParams::default()).await?;
        let is_ready = |object: &kube::api::DynamicObject| {
            serde_json::to_value(object).is_ok_and(|object| ready(&Object(object)))
        };
        recorded = all.items.iter().filter(|object| is_ready(object)).count();
    }
    let (requests, refused) = scene.simulator.log(|log| {
        let refusals = log
            .calls()
            .iter()
            .filter(|call| matches!(call.verdict, Some(Verdict::Refused { status: 429, code: _ })));
        (log.calls().len(), refusals.count())
    });
    let load = format!("{RESOURCES} resources at once, {REQUESTS} requests in {seconds} s");
    let figure = format!(
        "{recorded} recorded after {:.0} s by {requests} requests, {refused} of them answered 429 ({:.1} %)",
        began.elapsed().as_secs_f64(),
        refused as f64 / requests.max(1) as f64 * 100.0
    );
    Ok(vec![(load, figure)])
}
