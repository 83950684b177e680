//! Never twice, never lost: the operator's real process dies, or a message of it is lost, at every
//! message of a replication that it exchanges with the API server and the cloud.
//!
//! A run without a fault counts the messages of each scenario; then one run for each message and
//! fault. The plain run kills the process before each request and before each answer.
//! `CRASH_POINTS=all cargo test --test it crash_points:: -- --nocapture` adds lost messages, a late
//! watch, and two operators at once, and takes some minutes. A table has a row for each point.

mod fault;
mod point;
mod run;
mod scenario;
mod sleeper;
pub(crate) mod stage;
mod table;

use std::time::Instant;

use anyhow::{Context, Result};
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};

use fault::Fault;
use point::Point;
use run::{At, run};
use scenario::Scenario;
use table::Row;

use crate::OPERATOR;

/// Runs at a time. Mostly they wait for time limits of the operator.
const AT_A_TIME: usize = 32;
/// Where nothing else runs beside them.
const AT_A_TIME_ALONE: usize = 80;

/// Runs in which a story ended before its point was reached are made again: an event of a watch, or
/// the time, can save a message.
const TRIES: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_every_point_of_every_scenario_nothing_is_called_twice_and_nothing_is_lost() -> Result<()>
{
    let all = std::env::var("CRASH_POINTS").is_ok_and(|which| which == "all");
    let at_a_time = if all { AT_A_TIME_ALONE } else { AT_A_TIME };
    let begun = Instant::now();
    let points: Vec<(Scenario, At)> = stream::iter(scenario::all())
        .map(|scenario| points(scenario, Fault::kinds(all)))
        .buffered(at_a_time)
        .try_concat()
        .await?;
    let counted = points.len();
    let mut ended: Vec<(usize, Result<Met>)> = stream::iter(points.into_iter().enumerate())
        .map(|(place, (scenario, at))| async move { (place, row(scenario, at).await) })
        .buffer_unordered(at_a_time)
        .collect()
        .await;
    ended.sort_by_key(|(place, _)| *place);
    let (mut rows, mut skipped, mut failed) = (Vec::new(), Vec::new(), String::new());
    for (_, row) in ended {
        match row {
            Ok(Met::At(row)) => rows.push(*row),
            Ok(Met::Never(scenario, at)) => skipped.push((scenario, at)),
            Err(error) => failed.push_str(&format!("{error:#}\n")),
        }
    }
    println!(
        "{}of {counted} that were counted without a fault; {:?}",
        table::print(&rows),
        begun.elapsed()
    );
    for (scenario, at) in &skipped {
        println!("ended {TRIES} times without this message: {}", describe(*scenario, *at));
    }
    let wrong = table::wrong(&rows);
    assert!(wrong.is_empty() && failed.is_empty(), "{wrong}{failed}");
    let met = |scenario, at: At| {
        rows.iter().any(|row| row.scenario == scenario && row.at.point == at.point)
    };
    // Whether a round reads once more is a matter of time: a Secret's reading serves all rounds of a
    // second, and a look-up comes when it is due. A write or a call is a matter of the story.
    let never: Vec<String> = skipped
        .into_iter()
        .filter(|(_, at)| !at.point.kind.is_read())
        .filter(|(s, at)| !met(*s, *at))
        .map(|(s, at)| describe(s, at))
        .collect();
    assert!(never.is_empty(), "met by no fault: {never:#?}");
    Ok(())
}

/// How often a scenario is run without a fault, to count.
const COUNTS: usize = 3;

/// The points of a scenario that each run without a fault has, with each of the faults.
async fn points(scenario: Scenario, faults: Vec<Fault>) -> Result<Vec<(Scenario, At)>> {
    let runs = try_join_all((0..COUNTS).map(|_| spawn(scenario, None))).await?;
    let counted: Option<Vec<Vec<Point>>> = runs
        .into_iter()
        .map(|outcome| outcome.map(|outcome| Point::all(&outcome.messages)))
        .collect();
    let counted = counted.context("no fault, and no end")?;
    let points =
        counted.into_iter().reduce(|points, more| common(points, &more)).context("no run")?;
    let at = |fault| points.iter().map(move |point| (scenario, At { point: *point, fault }));
    Ok(faults.into_iter().flat_map(at).collect())
}

fn common(mut points: Vec<Point>, counted: &[Point]) -> Vec<Point> {
    points.retain(|point| counted.contains(point));
    points
}

/// Whether a fault struck at its point.
enum Met {
    At(Box<Row>),
    /// The story went to its end without that message. Whether two writes are one can depend on the
    /// time.
    Never(Scenario, At),
}

async fn row(scenario: Scenario, at: At) -> Result<Met> {
    for _ in 0..TRIES {
        let ended = spawn(scenario, Some(at)).await.with_context(|| describe(scenario, at))?;
        if let Some(outcome) = ended {
            return Ok(Met::At(Box::new(Row { scenario, at, outcome })));
        }
    }
    Ok(Met::Never(scenario, at))
}

fn describe(scenario: Scenario, at: At) -> String {
    format!("{}, {}, {}", scenario.text(), at.point.text(), at.fault.text())
}

/// On a task of its own, since starting and killing processes blocks.
async fn spawn(scenario: Scenario, at: Option<At>) -> Result<Option<run::Outcome>> {
    tokio::spawn(run(scenario, at)).await.context("a run panicked")?
}
