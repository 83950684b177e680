//! What others feel of a load: the rows that a test cannot measure on a busy machine.
//!
//! `cargo bench --bench load -- hang`: ten namespaces whose endpoint hangs, 20 resources each; how
//! long another tenant waits for its first call.
//! `cargo bench --bench load -- quota`: 500 resources at once against a quota of 200 requests in five
//! seconds, without `Retry-After`; how many requests are refused. `quota 300` counts five minutes.

use std::time::{Duration, Instant};
use std::{env, process};

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene, kubectl_apply};
use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::{Backup, Fault, Options, Pace, Quota, Script, Token, Verdict, example};
use uuid::Uuid;

const OPERATOR: &str = env!("CARGO_BIN_EXE_backup-replication-operator");

#[tokio::main]
async fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|text| text != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("hang") => hang().await,
        Some("quota") => {
            let seconds = arguments.get(1).map_or(Ok(5), |text| text.parse())?;
            quota(seconds).await
        }
        Some(_) | None => {
            eprintln!("usage: cargo bench --bench load -- hang | quota [SECONDS]");
            process::exit(2)
        }
    }
}

fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

async fn hang() -> Result<()> {
    const NAMESPACES: usize = 10;
    const RESOURCES: usize = 20;
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    scene.valid_secret()?;
    let token = "gAAAAABtoken-that-hangs";
    scene.simulator.add_token(Token::new(token, example::PROJECT));
    scene.simulator.script(Script::always(Fault::before_commit().hang()).show().token(token))?;
    let mut operator = scene.operator();
    let mut objects = Vec::new();
    for number in 0..NAMESPACES {
        let name = format!("{}-{number}", scene.namespace);
        operator = operator.arg(format!("--namespace={name}"));
        let metadata = json!({"name": "cbr-token", "namespace": name});
        objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        objects.push(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": token},
        }));
        for resource in 0..RESOURCES {
            let backup = Uuid::new_v4().to_string();
            scene.simulator.add_backup(Backup::server(&backup, example::PROJECT));
            let manifest = Scene::manifest_for(&format!("db-{resource}"), &backup, "");
            let mut manifest: Value = serde_saphyr::from_str(&manifest)?;
            manifest["metadata"]["namespace"] = json!(name);
            objects.push(manifest);
        }
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let applied = kubectl_apply(&scene.cluster, None, &list)?;
    ensure!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    let _operator = operator.start_ready()?;
    harness::in_time("what hangs", scene.simulator.wait_for(|log| log.total().gets >= 16)).await?;
    println!("{NAMESPACES} namespaces whose endpoint hangs, {RESOURCES} resources each");
    for number in 0..5 {
        let (name, backup) = (format!("healthy-{number}"), scene.new_backup());
        scene.create(&Scene::manifest_for(&name, &backup, "")).await?;
        let created = Timestamp::now();
        scene.wait(&name, "ready", ready).await?;
        let posts = scene.posts(&backup);
        let waited = posts.first().context("no call")?.at.duration_since(created);
        println!("another tenant: called after {:.2} s", waited.as_secs_f64());
    }
    Ok(())
}

async fn quota(seconds: u64) -> Result<()> {
    const RESOURCES: usize = 500;
    const REQUESTS: u32 = 200;
    let mut options = Options::any_backup();
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    options.behaviour.quota = Some(Quota { requests: REQUESTS, milliseconds: seconds * 1000 });
    let scene = Scene::with(OPERATOR, options).await?;
    scene.valid_secret()?;
    for number in 0..RESOURCES {
        let backup = Uuid::new_v4().to_string();
        scene.create(&Scene::manifest_for(&format!("db-{number}"), &backup, "")).await?;
    }
    let began = Instant::now();
    let _operator = scene.operator().env("BREP_REQUESTS_PER_MINUTE", "3000").start_ready()?;
    let mut recorded = 0;
    while recorded < RESOURCES {
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
    println!(
        "{RESOURCES} resources at once, {REQUESTS} requests in {seconds} s: all recorded after \
         {:.0} s by {requests} requests, {refused} of them refused ({:.1} %)",
        began.elapsed().as_secs_f64(),
        refused as f64 / requests as f64 * 100.0
    );
    Ok(())
}
