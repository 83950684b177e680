//! The reference: one process, one resource and one cloud, one step after the other, without a
//! clock. The protocol in it is the production one; all around it is written once more, and much
//! shorter: the store, the memory, the cloud, the reading of its answers, and what follows each step.

mod cloud;
mod deed;
mod process;
mod round;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use backup_replication_operator::protocol::Policy;
use backup_replication_operator::resource::{
    BackupReplication, BackupReplicationSpec, BackupReplicationStatus, OnUnknownOutcome, Phase,
};
use harness::Object;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;
use simulator::example;

pub(crate) use cloud::AGED;
pub(crate) use deed::{Deed, Word};

use super::history::{Cloud, History};
use super::summary::{Summary, Surroundings};
use cloud::PureCloud;
use process::Process;

/// Another vault for replicas in the same region.
pub(crate) const OTHER_VAULT: &str = "7b1c9d52-6f0e-4d7a-9a55-0f3c8f3f5b11";

/// As the options say with which the real process is started.
pub(crate) const POLICY: Policy = Policy {
    window: Duration::from_secs(3),
    limit: Duration::from_secs(2),
    settling_time: Duration::from_secs(1),
    tracking_limit: Duration::from_secs(24 * 60 * 60),
    lookup_patience: Duration::from_secs(1),
    first_call_after: Duration::from_secs(1),
    rejection_retry: Duration::from_secs(60 * 60),
};

/// Longer than any wait that ends automatically, except for the hour after a refused token.
const HORIZON: Duration = Duration::from_secs(120);
/// How long nothing happens between two steps.
const REST: Duration = Duration::from_secs(2);
/// What a round takes, and the way of an event.
const INSTANT: Duration = Duration::from_millis(10);
const MOST_ROUNDS: usize = 2_000;

/// One step, and what follows it.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) deed: Deed,
    /// How long it takes to come to rest, and how many look-ups.
    pub(crate) within: Duration,
    pub(crate) looks: u64,
    pub(crate) summary: Summary,
}

/// How a history goes.
pub(crate) struct Course {
    pub(crate) expected: Vec<Expected>,
    /// What promise it breaks.
    pub(crate) broken: Option<String>,
}

#[derive(Clone)]
struct Reference {
    setting: Cloud,
    cloud: PureCloud,
    object: BackupReplication,
    process: Process,
    now: Duration,
    /// When the next round is.
    due: Option<Duration>,
    secret_version: u32,
    objects: u32,
    fresh_attempts: u32,
    /// Accepted calls before this object, and how many there may be for it: one, and one more after
    /// a human's `retry`.
    accepted_before: u64,
    allowed: u64,
}

impl Course {
    /// How long it takes where nothing is slow.
    pub(crate) fn lasts(&self) -> Duration {
        self.expected.iter().map(|expected| expected.within.saturating_add(REST)).sum()
    }

    /// How often a human is asked for something.
    pub(crate) fn questions(&self) -> u64 {
        let mut before = &Summary::default();
        let mut questions = 0;
        for Expected { summary, .. } in &self.expected {
            let same = before.stalled
                && (&before.reason, &before.attempts) == (&summary.reason, &summary.attempts);
            questions += u64::from(summary.stalled && !same);
            before = summary;
        }
        questions
    }
}

/// Goes through a history.
pub(crate) fn course(history: &History) -> Result<Course> {
    let History { cloud, first, steps } = history;
    let mut reference = Reference::new(cloud.clone(), PureCloud::new(cloud.clone(), first))?;
    let mut course = Course { expected: Vec::new(), broken: None };
    let deeds = std::iter::once(None).chain(steps.iter().map(Some));
    for step in deeds {
        let deed = match step {
            None => Deed::Create,
            Some(step) => reference.carry_out(*step)?,
        };
        let (within, looks) = reference.settle()?;
        course.expected.push(Expected { deed, within, looks, summary: reference.summary()? });
        course.broken = course.broken.take().or_else(|| reference.broken_promise());
    }
    Ok(course)
}

impl Reference {
    fn new(setting: Cloud, cloud: PureCloud) -> Result<Self> {
        let now = Duration::ZERO;
        Ok(Self {
            object: object(&setting, 1, wall(now)?)?,
            setting,
            cloud,
            process: Process::default(),
            now,
            due: Some(now),
            secret_version: 1,
            objects: 1,
            fresh_attempts: 0,
            accepted_before: 0,
            allowed: 1,
        })
    }

    /// Lets time pass until nothing more happens, and a little longer. How long the first took, and
    /// how many look-ups.
    fn settle(&mut self) -> Result<(Duration, u64)> {
        let (begun, looks) = (self.now, self.cloud.looks);
        let mut at_rest = self.clone();
        let mut state = (self.summary()?, self.process.unease());
        let mut rounds = 0;
        while self.next_round(at_rest.now.saturating_add(HORIZON))? {
            let now = (self.summary()?, self.process.unease());
            if now != state {
                (at_rest, state) = (self.clone(), now);
            }
            rounds += 1;
            ensure!(rounds < MOST_ROUNDS, "it comes to no rest: {state:#?}");
        }
        let settled = (at_rest.now.saturating_sub(begun), at_rest.cloud.looks - looks);
        *self = at_rest;
        let until = self.now.saturating_add(REST);
        while self.next_round(until)? {}
        self.now = until;
        Ok(settled)
    }

    /// Whether there was one until then.
    fn next_round(&mut self, until: Duration) -> Result<bool> {
        let Some(due) = self.due.filter(|due| *due <= until) else { return Ok(false) };
        self.now = self.now.max(due).saturating_add(INSTANT);
        self.due = self.round()?.map(|wait| self.now.saturating_add(wait));
        Ok(true)
    }

    fn summary(&self) -> Result<Summary> {
        let records: Vec<String> =
            self.cloud.records.iter().map(|record| record.id.clone()).collect();
        let object = Object(serde_json::to_value(&self.object)?);
        Ok(Summary::of(
            &object,
            &Surroundings {
                records: &records,
                secret_version: &self.secret_version.to_string(),
                posts: self.cloud.posts,
                accepted: self.cloud.accepted,
                posts_to_come: self.cloud.to_come.len(),
                looks_to_come: self.cloud.odd.len(),
            },
        ))
    }

    /// At most one accepted call for an object that no human and no `CallAgain` asked for; and none
    /// that is neither in the status nor a human's matter.
    fn broken_promise(&self) -> Option<String> {
        let accepted = self.accepted();
        let status = self.object.status.as_ref()?;
        let trusted = !self.setting.calls_again && !self.cloud.hid_one_of_several;
        if trusted && accepted > self.allowed {
            return Some(format!(
                "{accepted} accepted calls, and not more than {} were wanted",
                self.allowed
            ));
        }
        let stalled = status.conditions.iter().any(|c| c.type_ == "Stalled" && c.status == "True");
        let lost = accepted > 0 && !status.is_accepted() && !stalled;
        (lost && trusted && self.allowed == 1)
            .then(|| "an accepted call is neither in the status nor a human's matter".to_owned())
    }

    /// The accepted calls of this object.
    fn accepted(&self) -> u64 {
        self.cloud.accepted.saturating_sub(self.accepted_before)
    }

    fn wall(&self) -> Result<Timestamp> {
        wall(self.now)
    }
}

fn wall(now: Duration) -> Result<Timestamp> {
    Timestamp::from_second(1_800_000_000)?.checked_add(now).context("no such time")
}

/// A new object, as the API server makes it of the manifest.
fn object(setting: &Cloud, number: u32, now: Timestamp) -> Result<BackupReplication> {
    let mut spec: BackupReplicationSpec = serde_json::from_value(json!({
        "projectId": example::PROJECT, "backupId": example::BACKUP,
        "destinationProjectId": example::DESTINATION_PROJECT,
        "destinationRegion": example::DESTINATION_REGION,
        "destinationVaultId": example::VAULT,
        "auth": {"tokenSecretRef": {"name": "cbr-token"}},
    }))?;
    spec.on_unknown_outcome = setting.calls_again.then_some(OnUnknownOutcome::CallAgain);
    let mut object = BackupReplication::new("db", spec);
    object.metadata.namespace = Some("histories".to_owned());
    object.metadata.uid = Some(format!("uid-{number}"));
    object.metadata.generation = Some(1);
    object.metadata.creation_timestamp = Some(Time(now));
    object.status = Some(BackupReplicationStatus {
        observed_generation: Some(-1),
        phase: Some(Phase::Pending),
        ..BackupReplicationStatus::default()
    });
    Ok(object)
}
