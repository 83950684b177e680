//! Random histories of the cloud, credentials, edits, decisions, crashes and recreations, each run
//! through the operator's real process and through a reference, which must agree on all that
//! matters: POSTs, accepted ones, status, what a human is asked.
//!
//! `HISTORIES=1h cargo test --test it differential:: -- --nocapture` runs for an hour, from a
//! seed that it prints; `HISTORIES_SEED` is that of another run. A history on which they disagree
//! is made as simple as it gets and printed as a line for `differential/regressions.jsonl`, whose
//! histories are always run.

mod campaign;
mod history;
mod real;
mod reference;
mod simpler;
mod strategy;
mod summary;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use campaign::{Numbers, Wrong, judge};
use history::History;
use reference::{Deed, Expected};

/// Always run: what has once come out differently, and one or the other that goes far.
const REGRESSIONS: &str = include_str!("differential/regressions.jsonl");

/// Some of what random histories must come to.
const REACHED: &[&str] = &[
    "OutcomeUnknown asked",
    "Rejected asked",
    "AlreadyReplicated asked",
    "AdditionalRecords asked",
    "ReplicationFailed asked",
    "CredentialRejected ",
    "Suspended ",
    "NotAccepted -",
    "Rejected Temporary",
    "Rejected Unauthorized",
    "origin Called",
    "origin Adopted",
    "origin Declared",
    "tracking Replicated ",
    "tracking RecordGone ",
    "tracking NotReported ",
    "NotAccepted",
    "Accepted",
    "Retry",
];

fn regressions() -> Result<Vec<History>> {
    REGRESSIONS
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn the_real_process_and_the_reference_agree_on_random_histories() -> Result<()> {
    let asked =
        std::env::var("HISTORIES").ok().map(|text| campaign::duration(&text)).transpose()?;
    campaign::random(campaign::seed(asked.is_some())?, asked).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn they_agree_on_what_has_once_come_out_differently() -> Result<()> {
    let mut numbers = Numbers::default();
    let mut wrong = String::new();
    let running: Vec<_> = regressions()?
        .into_iter()
        .map(|h| (h.clone(), tokio::spawn(judge(h, campaign::PATIENCE))))
        .collect();
    for (history, verdict) in running {
        if let Some(Wrong { steps: _, why }) = numbers.count(&history, verdict.await??) {
            wrong.push_str(&format!("{}\n{why}\n", campaign::line(&history)?));
        }
    }
    println!("{numbers}");
    ensure!(wrong.is_empty(), "{wrong}");
    ensure!(
        numbers.decisions > 0,
        "no human was asked for a decision: the commands of the messages are not found"
    );
    Ok(())
}

/// Without the process, in no time: the reference itself keeps its promises. And random histories
/// come to all that there is to be compared, so that they are not about nothing.
#[test]
fn the_reference_keeps_the_promises_in_many_histories() -> Result<()> {
    let (mut lasts, mut seen) = (Duration::ZERO, BTreeSet::new());
    for number in 0..campaign::PURE {
        let history = strategy::history(campaign::SEED, number)?;
        let course = reference::course(&history).with_context(|| format!("{history:?}"))?;
        ensure!(course.broken.is_none(), "history {number}: {:?}\n{history:?}", course.broken);
        lasts += course.lasts();
        for Expected { deed, summary, .. } in &course.expected {
            seen.insert(format!(
                "{} {}",
                summary.reason,
                if summary.stalled { "asked" } else { "" }
            ));
            seen.extend(
                summary
                    .attempts
                    .iter()
                    .filter_map(|attempt| attempt.split_once(' '))
                    .map(|(_, end)| end.to_owned()),
            );
            seen.insert(format!("origin {}", summary.origin));
            seen.insert(format!("tracking {}", summary.tracking));
            if let Deed::Decide(word) = deed {
                let text = format!("{word:?}");
                seen.insert(
                    text.split_once('(').map_or(text.as_str(), |(word, _)| word).to_owned(),
                );
            }
        }
    }
    let missing: Vec<_> = REACHED.iter().filter(|what| !seen.contains(**what)).collect();
    ensure!(missing.is_empty(), "random histories never come to {missing:?}, but to {seen:#?}");
    println!("{} histories, which would last {lasts:?}, come to {seen:#?}", campaign::PURE);
    Ok(())
}
