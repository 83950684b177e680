//! What metrics, Events and traces cost together: the same work with them and without, in turns,
//! against a real API server, a real collector and the simulator.
//!
//! On: an Event for each turn is written, a trace of each round goes to the collector, and
//! `/metrics` is scraped every second. Off: no traces, no scrapes, and a role without Events. What
//! cannot be taken away is in both: the counters, and that an Event is asked for (and refused).
//!
//! `cargo bench --bench observability -- ROUNDS RESOURCES`

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Collector, Operator, Scene, service_account};
use serde_json::json;
use simulator::Options;
use uuid::Uuid;

const OPERATOR: &str = env!("CARGO_BIN_EXE_backup-replication-operator");
const AT_ONCE: usize = 16;
const SCRAPE_INTERVAL: Duration = Duration::from_secs(1);
/// Nothing takes so long, on any machine; it is no measure.
const PATIENCE: Duration = Duration::from_secs(600);

/// What one run took.
struct Took {
    wall: Duration,
    /// Of the operator's processors.
    busy: Duration,
}

#[tokio::main]
async fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let mut numbers = env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (rounds, resources) = (numbers.next().unwrap_or(7), numbers.next().unwrap_or(400));
    let collector = Collector::start()?;
    println!(
        "{rounds} rounds of {resources} resources, from the operator's start to the last acceptance"
    );
    let mut warm = true;
    let (mut walls, mut busies) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        // The first of the two finds the caches colder than the second: they take turns.
        let on_first = round % 2 == 0;
        let first = run(&collector, on_first, resources).await?;
        let second = run(&collector, !on_first, resources).await?;
        let (on, off) = if on_first { (first, second) } else { (second, first) };
        if std::mem::take(&mut warm) {
            continue;
        }
        let ratio = |on: Duration, off: Duration| on.as_secs_f64() / off.as_secs_f64();
        walls.push(ratio(on.wall, off.wall));
        busies.push(ratio(on.busy, off.busy));
        println!(
            "round {round}: on {:.2} s ({:.0}/s, processor {:.2} s), off {:.2} s ({:.0}/s, \
             processor {:.2} s)",
            on.wall.as_secs_f64(),
            per_second(resources, on.wall),
            on.busy.as_secs_f64(),
            off.wall.as_secs_f64(),
            per_second(resources, off.wall),
            off.busy.as_secs_f64(),
        );
    }
    ensure!(!collector.spans()?.is_empty(), "no trace came");
    println!(
        "on takes {} of the time of off (median; {})",
        percent(median(&mut walls)),
        spread(&walls)
    );
    println!(
        "and {} of its processor time (median; {})",
        percent(median(&mut busies)),
        spread(&busies)
    );
    Ok(())
}

fn per_second(resources: usize, took: Duration) -> f64 {
    resources as f64 / took.as_secs_f64()
}

fn percent(ratio: f64) -> String {
    format!("{:.1} %", ratio * 100.0)
}

fn median(ratios: &mut [f64]) -> f64 {
    ratios.sort_by(f64::total_cmp);
    let middle =
        ratios.get(ratios.len().saturating_sub(1) / 2..=ratios.len() / 2).unwrap_or_default();
    middle.iter().sum::<f64>() / middle.len() as f64
}

/// Of what is sorted.
fn spread(ratios: &[f64]) -> String {
    let bound = |ratio: Option<&f64>| percent(ratio.copied().unwrap_or(f64::NAN));
    format!("from {} to {}", bound(ratios.first()), bound(ratios.last()))
}

/// Lets an operator work on so many resources that are there already.
async fn run(collector: &Collector, on: bool, resources: usize) -> Result<Took> {
    let scene = Scene::with(OPERATOR, Options::any_backup()).await?;
    scene.valid_secret()?;
    stream::iter(0..resources)
        .map(|number| {
            let manifest =
                Scene::manifest_for(&format!("r-{number:04}"), &Uuid::new_v4().to_string(), "");
            let scene = &scene;
            async move { scene.create(&manifest).await }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    let mut options = scene.operator().env("KUBECONFIG", account(&scene, on)?);
    if on {
        options = options.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    }

    let started = Instant::now();
    let operator = options.start()?;
    let ended = AtomicBool::new(false);
    let wall = thread::scope(|threads| {
        if on {
            threads.spawn(|| scrape(&operator, &ended));
        }
        let done = tokio::task::block_in_place(|| {
            let all = scene.simulator.wait_for(|log| log.total().accepted >= resources as u64);
            tokio::runtime::Handle::current().block_on(tokio::time::timeout(PATIENCE, all))
        });
        let wall = started.elapsed();
        ended.store(true, Ordering::Relaxed);
        done.map(|()| wall)
    });
    let wall = wall.context("not all were accepted")?;
    // Until all is told and sent: a leader that ends has nothing left to do.
    let busy_so_far = busy(&operator)?;
    operator.stop()?;
    Ok(Took { wall, busy: busy_so_far })
}

fn scrape(operator: &Operator, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        let _text = operator.get("/metrics");
        thread::sleep(SCRAPE_INTERVAL);
    }
}

/// An account with what the operator needs, Events only where they are on.
fn account(scene: &Scene, events: bool) -> Result<PathBuf> {
    let account = service_account(&scene.cluster, &scene.namespace, "operator")?;
    let rule = |group: &str, resource: &str, verbs: &[&str]| json!({"apiGroups": [group], "resources": [resource], "verbs": verbs});
    let mut rules = vec![
        rule("cbr.replication.dev", "backupreplications", &["get", "list", "watch"]),
        rule("cbr.replication.dev", "backupreplications/status", &["patch"]),
        rule("", "secrets", &["get"]),
    ];
    if events {
        rules.push(rule("events.k8s.io", "events", &["create", "patch"]));
    }
    let api = "rbac.authorization.k8s.io";
    let metadata = json!({"name": "operator"});
    let role = json!({"apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": metadata, "rules": rules});
    let binding = json!({
        "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": api, "kind": "Role", "name": "operator"},
        "subjects": [{"kind": "ServiceAccount", "name": "operator", "namespace": scene.namespace}],
    });
    scene.applied(&role.to_string())?;
    scene.applied(&binding.to_string())?;
    Ok(account)
}

/// Processor time of the operator so far.
fn busy(operator: &Operator) -> Result<Duration> {
    const TICKS_PER_SECOND: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", operator.process.pid()))?;
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}
