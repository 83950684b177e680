//! A start with very many resources that are not finished: what waits for its turn holds next to
//! nothing, and the list is read in few pages.
//!
//! `UNFINISHED=20000 OPERATOR_BINARY=target/release/backup-replication-operator cargo test --test
//! it -- scale::start --nocapture` measures with so many, and with an optimised operator.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use control_plane::Exit;
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Operator, Scene};
use simulator::Options;

use super::{AT_ONCE, OPERATOR};
use crate::observed::Scrape;

const DEFAULT: usize = 800;
/// Objects in a page.
const PAGE: usize = 500;
/// What each resource may add to the peak, so that 20,000 start and stay under 128 MiB. The future
/// of a whole round takes more than that alone.
const MOST_EACH: u64 = 6 * 1024;
/// What is there once, however many they are: a page of the list, and what the work takes.
const ONCE: u64 = 6 * 1024 * 1024;

fn number() -> Result<usize> {
    match std::env::var("UNFINISHED") {
        Ok(number) => number.parse().with_context(|| format!("UNFINISHED={number}")),
        Err(_) => Ok(DEFAULT),
    }
}

/// Bytes of memory by the name that /proc has for them.
#[cfg(target_os = "linux")]
fn memory(operator: &Operator, of: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", operator.process.pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{of}:")));
    let kibibytes: u64 = line.context("no such line")?.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_waits_for_its_turn_adds_little_to_the_peak_of_a_start() -> Result<()> {
    let number = number()?;
    let given = std::env::var("OPERATOR_BINARY").ok();
    let binary = given.as_deref().unwrap_or(OPERATOR);
    let scene = Scene::with(binary, Options::any_backup()).await?;
    let account = scene.operator_account()?;
    let options = scene.operator().env("KUBECONFIG", account);
    let empty = {
        let operator = options.start_ready()?;
        Scrape::of(&operator)?;
        memory(&operator, "VmHWM")?
    };
    stream::iter(0..number)
        .map(|number| {
            let manifest = Scene::manifest(&format!("waits-{number:05}"), "");
            let scene = &scene;
            async move { scene.create(&manifest).await }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    let mut peaks = Vec::new();
    for start in ["first", "second"] {
        let operator = options.start_ready()?;
        let sample = "waiting_resources{reason=\"CredentialNotFound\"}";
        let all = u32::try_from(number)?;
        let done = |scrape: &Scrape| {
            scrape.value(sample) >= f64::from(all)
                && scrape.value("queue_depth") == 0.0
                && scrape.value("reconciles_total{result=\"Done\"}") >= f64::from(all)
        };
        let scrape = Scrape::wait_for(&operator, "all waiting for their Secret", done).await?;
        let lists = scrape.value("api_requests_total{verb=\"list\",result=\"Ok\"}");
        let (peak, now) = (memory(&operator, "VmHWM")?, memory(&operator, "VmRSS")?);
        println!(
            "{number} resources, {start} start: without any {} KiB; peak {} KiB, then {} KiB, {lists} lists",
            empty / 1024,
            peak / 1024,
            now / 1024
        );
        peaks.push((start, peak));
        let pages = u32::try_from(number.div_ceil(PAGE))?;
        ensure!(lists <= f64::from(pages) + 1.0, "{lists} lists for {pages} pages");
        assert_eq!(operator.stop()?, Exit::Code(0));
    }
    for (start, peak) in peaks {
        let most = empty + ONCE + MOST_EACH * u64::try_from(number)?;
        ensure!(peak <= most, "{start} start: a peak of {peak} B, more than {most} B");
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let user = scene.operator_user();
    for event in scene.audit_events()?.iter().filter(|event| event.user == user) {
        *kinds.entry(format!("{} {}", event.verb, event.resource)).or_default() += 1;
    }
    println!("{kinds:?}");
    Ok(())
}
