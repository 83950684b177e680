//! Attacks on the promise, through the real process. Each was once good for a second accepted call,
//! a silent double, a secret on show or a guard that was none. The simulator takes duplicates, so
//! nothing but the operator stands against a second call.

mod p01_spelling;
mod p02_kinds;
mod p02_viewer;
mod p12_raw;
mod p13_odd_answer;
mod p14_refusals;
mod p15_young;
mod p16_decisions;
mod p17_doubles;
mod p18_stored;
mod p19_target;
mod p20_guards;
mod secrets;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Object, OperatorOptions, Scene};
use serde_json::Value;
use simulator::{Operation, Options, Pace, View};

use crate::OPERATOR;

/// How long a young object's first call waits in these tests, where no look-up can prove that
/// nothing is there. Within it, a busy machine must restore a status for each of several objects.
const FIRST_CALL_AFTER: Duration = Duration::from_secs(15);

/// How long an odd answer must come again and again here, before it is believed.
const PATIENCE_WITH_LOOKS: Duration = Duration::from_secs(6);

/// An operator whose claims go stale, and whose unknown outcomes settle, within seconds.
fn operator(scene: &Scene) -> OperatorOptions {
    patient_operator(scene).arg("--claim-window=3s").arg("--request-timeout=2s")
}

/// The same, with all the time that writes and calls may take.
fn patient_operator(scene: &Scene) -> OperatorOptions {
    scene
        .operator()
        .arg("--settling-time=1s")
        .arg(format!("--first-call-after={}s", FIRST_CALL_AFTER.as_secs()))
        .arg(format!("--look-up-patience={}s", PATIENCE_WITH_LOOKS.as_secs()))
}

/// A cloud that takes each call, in any spelling of its ids, and completes it at once.
fn careless() -> Options {
    let mut options = Options::default();
    options.behaviour.accept_duplicates = true;
    options.behaviour.any_spelling = true;
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    options
}

/// The same, where all backups are shown like this.
fn careless_showing(view: View) -> Options {
    let mut options = careless();
    options.behaviour.view = view;
    options
}

fn apply(scene: &Scene, name: &str, backup: &str, changes: &Value) -> Result<()> {
    scene.applied(&Scene::manifest_but(name, backup, changes).to_string())
}

/// The resource is gone when this returns.
fn delete(scene: &Scene, name: &str) -> Result<()> {
    let deleted = scene.kubectl(&["delete", "brep", name, "--timeout=60s"])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    Ok(())
}

fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

/// Whether it has come to an end, or to a human.
fn decided(object: &Object) -> bool {
    object.is_observed() && (object.is("Ready") || object.is("Stalled"))
}

/// How many attempts have come to a call, or may have. On a busy machine one or the other comes too
/// late for its window.
fn calls(object: &Object) -> usize {
    object.attempts().iter().filter(|attempt| attempt["outcome"] != "NotSent").count()
}

/// The resource once it is decided, or a second call for it is over: what follows that is not
/// waited out.
async fn outcome(scene: &Scene, name: &str) -> Result<Object> {
    let called_again =
        |object: &Object| calls(object) > 1 && !object.attempts()[0]["outcome"].is_null();
    scene.wait(name, "decided", |object| decided(object) || called_again(object)).await
}

/// The same, and once it stands still after one attempt, as it still is two looks later.
async fn lasting_outcome(scene: &Scene, name: &str, backup: &str) -> Result<Object> {
    let object = outcome(scene, name).await?;
    if calls(&object) > 1 || object.is("Ready") {
        return Ok(object);
    }
    scene.looked_up_again(backup, 2).await?;
    scene.get(name).await
}

/// How many calls the simulator got about a backup, and how many of them it accepted.
fn counts(scene: &Scene, backup: &str) -> (u64, u64) {
    let counts = scene.simulator.counts(backup);
    (counts.posts, counts.accepted)
}

/// How it came to be accepted, and as which record.
fn origin(object: &Object) -> (Option<&str>, Option<&str>) {
    (object.text("/status/origin"), object.text("/status/replicationRecordId"))
}

/// The only record of a backup.
fn only_record(scene: &Scene, backup: &str) -> Result<String> {
    let mut records = scene.simulator.records(backup);
    ensure!(records.len() == 1, "{records:#?}");
    Ok(records.pop().context("no record")?.id)
}

/// The operations about a backup, in order of arrival.
fn operations(scene: &Scene, backup: &str) -> Vec<Operation> {
    scene.simulator.log(|log| log.calls_of(backup).filter_map(|call| call.operation).collect())
}

/// What is wrong with the cases of one test, all of them told together.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn check(&mut self, case: &str, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(format!("{case}: {}", what()));
        }
    }

    /// A backup was called for so often, and so many of the calls were accepted.
    fn counts(&mut self, scene: &Scene, case: &str, backup: &str, expected: (u64, u64)) {
        let got = counts(scene, backup);
        self.check(case, got == expected, || {
            format!("(POSTs, accepted) is {got:?}, not {expected:?}")
        });
    }

    /// A human is asked whether the call was accepted: it stands still, and each answer has its
    /// command.
    fn asked(&mut self, case: &str, object: &Object) {
        let (reason, commands) = (object.reason(), object.commands().len());
        let asked = object.is("Stalled") && reason == "OutcomeUnknown" && commands == 3;
        self.check(case, asked, || {
            format!(
                "nobody is asked: {} {reason}, {commands} commands: {}",
                object.phase(),
                object.message()
            )
        });
    }

    fn none(self) -> Result<()> {
        ensure!(self.0.is_empty(), "{} findings:\n{}", self.0.len(), self.0.join("\n"));
        Ok(())
    }
}
