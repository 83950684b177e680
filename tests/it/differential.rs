//! Random histories of the cloud, credentials, edits, decisions, crashes and recreations, each run through the operator's
//! real process and through a reference, which must agree on all that matters: POSTs, accepted ones, status, what a
//! human is asked.
//!
//! `HISTORIES=1h cargo test --test it differential:: -- --nocapture` goes on for an hour, from a seed that it prints;
//! `HISTORIES_SEED` is that of another run. A history on which they disagree is made as simple as it gets and printed as a
//! line for `differential/regressions.jsonl`, whose histories are always run.

mod campaign;
mod history;
mod real;
mod reference;
mod strategy;
mod summary;

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use campaign::{Numbers, judge};
use history::History;

/// Always run: what has once come out differently, and one or the other that goes far.
const REGRESSIONS: &str = include_str!("differential/regressions.jsonl");

fn regressions() -> Result<Vec<History>> {
    REGRESSIONS.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_real_process_and_the_reference_agree_on_random_histories() -> Result<()> {
    let asked = std::env::var("HISTORIES").ok().map(|text| campaign::duration(&text)).transpose()?;
    campaign::random(campaign::seed(asked.is_some())?, asked).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn they_agree_on_what_has_once_come_out_differently() -> Result<()> {
    let mut numbers = Numbers::default();
    let mut wrong = String::new();
    let running: Vec<_> =
        regressions()?.into_iter().map(|h| (h.clone(), tokio::spawn(judge(h, campaign::PATIENCE)))).collect();
    for (history, verdict) in running {
        if let Some(why) = numbers.count(&history, verdict.await??) {
            wrong.push_str(&format!("{}\n{why}\n", campaign::line(&history)?));
        }
    }
    println!("{numbers}");
    ensure!(wrong.is_empty(), "{wrong}");
    ensure!(numbers.decisions > 0, "no human was asked for a decision: the commands of the messages are not found");
    Ok(())
}

/// Without the process, in no time: the reference itself keeps its promises.
#[test]
fn the_reference_keeps_the_promises_in_many_histories() -> Result<()> {
    let mut slowest = Duration::ZERO;
    for number in 0..campaign::PURE {
        let history = strategy::tree(campaign::SEED, number)?.current();
        let course = reference::course(&history).with_context(|| format!("{history:?}"))?;
        ensure!(course.broken.is_none(), "history {number}: {:?}\n{history:?}", course.broken);
        slowest = slowest.max(course.lasts());
    }
    println!("{} histories, of which the longest lasts {slowest:?}", campaign::PURE);
    Ok(())
}
