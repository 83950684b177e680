//! One run: one story, with at most one fault at one point, to its end.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Object, Operator, Scene, in_time};
use proxy::Moment;
use simulator::{Record, example};

use super::OPERATOR;
use super::fault::{Fault, FaultKind};
use super::point::{Kind, Point};
use super::scenario::{Scenario, Sight};
use super::stage::{Behind, NAME, apply};

/// How late a watch is that lags: later than what a round takes.
const LAG: Duration = Duration::from_millis(700);

/// How long a story may take on a busy machine, where a claim's window may be missed now and then:
/// it is claimed again.
const LONG: Duration = Duration::from_secs(600);

/// A fault at one of the points of a story.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) point: Point,
    pub(crate) fault: Fault,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The messages of the first process, in order, and of the one that was started after it.
    pub(crate) messages: Vec<Kind>,
    /// Calls that the simulator saw, and those of them that it accepted.
    pub(crate) posts: u64,
    pub(crate) accepted: u64,
    pub(crate) phase: String,
    /// The record id in the status.
    pub(crate) record: Option<String>,
    /// How the replication came to be this resource's, by the status.
    pub(crate) origin: String,
    /// Replications to the destination beyond the first.
    pub(crate) duplicates: usize,
    /// There is no replication, or the status does not name it.
    pub(crate) lost: bool,
    /// How often a human was needed.
    pub(crate) asked: usize,
    /// For the person who has to find out why.
    pub(crate) evidence: String,
}

/// Runs the story. `None`: it ended before the point was reached.
pub(crate) async fn run(scenario: Scenario, at: Option<At>) -> Result<Option<Outcome>> {
    let scene = Scene::with(OPERATOR, scenario.options()).await?;
    let backup = scene.new_backup();
    scenario.prepare(&scene, &backup).await?;
    let before = scene.simulator.counts(&backup);
    let carried = tokio::spawn(scenario.carry_on(scene.simulator.clone(), backup.clone()));
    let behind = Behind::new(&scene).await?;
    apply(&scene, scenario, &backup).await?;
    let mut operators = Vec::new();
    let mut beside = None;
    let mut ended = None;
    let mut story = pin!(end_of_story(&scene, &backup));
    match at {
        None => operators.push(behind.start()?),
        Some(At { point, fault }) => {
            if fault.kind == FaultKind::KillBeside {
                beside = Some(Behind::new(&scene).await?);
            }
            let mut strikes = pin!(strike(&behind, beside.as_ref(), point, fault, &mut operators));
            tokio::select! {
                struck = &mut strikes => struck?,
                end = &mut story => {
                    ended = Some(end?);
                    // The end of the story is seen by others before the answer to its last message
                    // is.
                    if point.first_in(&kinds(&behind)).is_none() {
                        carried.abort();
                        return Ok(None);
                    }
                    in_time("the point", strikes).await??;
                }
            }
        }
    }
    let (object, asked) = match ended {
        Some(end) => end,
        None => story.await?,
    };
    carried.abort();

    let after = scene.simulator.counts(&backup);
    let records = replicated(&scene, &backup);
    let record = object.text("/status/replicationRecordId").map(str::to_owned);
    let only = records.first().map(|record| record.id.clone());
    let logged = records.first().map(|record| record.log_id.clone());
    let logs: Vec<String> = operators.iter().map(|operator| operator.log.text()).collect();
    Ok(Some(Outcome {
        messages: kinds(&behind),
        posts: after.posts - before.posts,
        accepted: after.accepted - before.accepted,
        phase: object.phase().to_owned(),
        origin: object.text("/status/origin").unwrap_or_default().to_owned(),
        duplicates: records.len().saturating_sub(1),
        // What is known by the logs alone has no record id.
        lost: match (&record, object.text("/status/operationLogId")) {
            (Some(_), _) => record != only,
            (None, Some(log)) => Some(log) != logged.as_deref(),
            (None, None) => true,
        },
        record,
        asked,
        evidence: format!("{:#}\n{records:#?}\n{}", object.0, logs.join("\n-- next process --\n")),
    }))
}

/// What passed these proxies, in order.
fn kinds(behind: &Behind) -> Vec<Kind> {
    behind.gate.messages().iter().map(Kind::of).collect()
}

/// Starts the operators and has the fault strike.
async fn strike(
    behind: &Behind,
    beside: Option<&Behind>,
    point: Point,
    fault: Fault,
    operators: &mut Vec<Operator>,
) -> Result<()> {
    let mut stop = behind.gate.stop(fault.moment, point.meets());
    if fault.kind == FaultKind::KillLagging {
        behind.gate.lag(LAG);
    }
    // The other one sees the resource, and nothing that it asks for the resource passes before the
    // point is reached.
    let other = match beside {
        Some(beside) => {
            let mut waits = beside.gate.stop(Moment::Request, |_| true);
            let process = beside.start()?;
            waits.reached().await?;
            Some((beside, waits, process))
        }
        None => None,
    };
    operators.push(behind.start()?);
    stop.reached().await?;
    if let Some((beside, waits, process)) = other {
        waits.pass();
        beside.gate.answered(1).await;
        operators.push(process);
    }
    if fault.is_kill() {
        operators.first().context("no operator")?.process.kill()?;
    }
    stop.reset();
    if fault.is_kill() && beside.is_none() {
        operators.push(behind.start()?);
    }
    Ok(())
}

/// Waits for the end. Where a human is asked, one looks and pastes the command that is true.
async fn end_of_story(scene: &Scene, backup: &str) -> Result<(Object, usize)> {
    let mut asked: Vec<String> = Vec::new();
    loop {
        // A refusal is told as such, and heals.
        let is_new = |object: &Object| {
            object.is("Stalled")
                && object.reason() != "Rejected"
                && !asked.iter().any(|id| id == object.attempt_id())
        };
        let end = |object: &Object| finished(object) || is_new(object);
        let object = scene.wait_within(LONG, NAME, "at its end", end).await?;
        if finished(&object) {
            return Ok((object, asked.len()));
        }
        ensure!(object.reason() == "OutcomeUnknown", "stalled for another reason: {:#}", object.0);
        let commands = object.commands();
        let [not_accepted, accepted, _] = commands.as_slice() else {
            anyhow::bail!("not the three commands: {}", object.message());
        };
        let line = match replicated(scene, backup).first() {
            Some(record) => accepted.replace("<RECORD_ID>", &record.id),
            None => not_accepted.clone(),
        };
        let pasted = scene.paste(&line)?;
        ensure!(pasted.accepted, "{line}: {}", pasted.words);
        asked.push(object.attempt_id().to_owned());
    }
}

pub(crate) fn finished(object: &Object) -> bool {
    object.is_observed()
        && ["Succeeded", "Failed"].contains(&object.phase())
        && !object.is("Stalled")
}

/// The replications to the resource's destination, oldest first.
pub(crate) fn replicated(scene: &Scene, backup: &str) -> Vec<Record> {
    let mut records = scene.simulator.records(backup);
    records.retain(|record| record.target.destination_region == example::DESTINATION_REGION);
    records
}

/// A request that never arrives, of a process that lives on.
const LOST_REQUEST: Fault = Fault { kind: FaultKind::Lose, moment: Moment::Request };

/// How many humans it takes where no record is to be seen: one for each attempt whose outcome is
/// unknown.
pub(crate) fn humans(scenario: Scenario, messages: &[Kind], at: At) -> usize {
    if scenario.sight == Sight::Records {
        return 0;
    }
    let At { point, fault } = at;
    let struck = point.first_in(messages).unwrap_or(messages.len());
    // What the server has got when the fault strikes.
    let arrived = struck + usize::from(fault.moment == Moment::Answer);
    let (mut claimed, mut called, mut calls) = (false, false, 0);
    for kind in messages.iter().take(arrived) {
        match kind {
            Kind::Claim => (claimed, called) = (true, false),
            Kind::Call => (called, calls) = (true, calls + 1),
            Kind::End => claimed = false,
            Kind::ReadResource
            | Kind::ReadSecret
            | Kind::Tell
            | Kind::Look
            | Kind::List
            | Kind::Login => {}
        }
    }
    let by_logs = match scenario.sight {
        Sight::Records | Sight::NoArray | Sight::NoLookUp => false,
        Sight::Logs | Sight::LogsAlone => true,
    };
    if by_logs {
        // What the cloud took, its logs tell. What it did not get, or refused, nothing tells.
        let refused = calls == 1 && scenario.is_refused_at_first();
        let never_called = fault.is_kill() && claimed && (!called || refused);
        let lost_on_its_way = fault == LOST_REQUEST && point.kind == Kind::Call;
        let refusal_lost = !fault.is_kill() && point.kind == Kind::Call && called && refused;
        return usize::from(never_called || lost_on_its_way || refusal_lost);
    }
    let in_doubt = if fault.is_kill() { claimed } else { point.kind == Kind::Call };
    let by_the_story = usize::from(scenario.loses_the_answer());
    // A call that the story loses anyway is one doubt; one that never arrived is followed by that
    // which the story loses.
    if in_doubt && !(called && scenario.loses_the_answer()) {
        by_the_story + 1
    } else {
        by_the_story
    }
}
