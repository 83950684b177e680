//! One replication before the clock starts: the cloud is then known to report records, and what the
//! operator wrote is what the ideal client writes.

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt};
use harness::{Object, Scene};
use jiff::{SignedDuration, Timestamp};
use kube::api::{ListParams, WatchEvent, WatchParams};
use serde_json::Value;
use simulator::Advance;
use uuid::Uuid;

const NAME: &str = "pilot";

/// What the operator wrote, with the ids to be replaced in it.
#[derive(Clone, Debug)]
pub(crate) struct Pilot {
    backup: String,
    attempt: String,
    record: String,
    claimed: String,
    accepted: String,
}

/// The ids of another replication.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    pub(crate) backup: String,
    pub(crate) attempt: String,
}

impl Ids {
    pub(crate) fn fresh() -> Self {
        Self { backup: Uuid::new_v4().to_string(), attempt: Uuid::new_v4().to_string() }
    }
}

impl Pilot {
    /// Replicates one backup with the operator that runs in this scene.
    pub(crate) async fn fly(scene: &Scene) -> Result<Self> {
        let api = scene.api();
        let now = api.list_metadata(&ListParams::default().limit(1)).await?;
        let version = now.metadata.resource_version.context("a list without a version")?;
        let parameters = WatchParams::default().fields(&format!("metadata.name={NAME}"));
        let mut events = api.watch(&parameters, &version).await?.boxed();
        let backup = Uuid::new_v4().to_string();
        scene.create(&Scene::manifest_for(NAME, &backup, "")).await?;
        let mut claimed = None;
        while let Some(event) = events.try_next().await? {
            let (WatchEvent::Added(object) | WatchEvent::Modified(object)) = event else {
                continue;
            };
            let object = Object(serde_json::to_value(object)?);
            let outcome = object.text("/status/attempts/0/outcome");
            if outcome.is_none() && !object.attempt_id().is_empty() && claimed.is_none() {
                claimed = Some(object.0["status"].to_string());
            }
            if outcome == Some("Accepted") && object.is("Ready") {
                return Ok(Self {
                    backup,
                    attempt: object.attempt_id().to_owned(),
                    record: object
                        .text("/status/replicationRecordId")
                        .context("no record")?
                        .to_owned(),
                    claimed: claimed.context("accepted without a claim")?,
                    accepted: object.0["status"].to_string(),
                });
            }
        }
        anyhow::bail!("the watch ended before the pilot was accepted")
    }

    /// The status that a claim leaves.
    pub(crate) fn claimed(&self, ids: &Ids) -> Result<Value> {
        self.with_ids(&self.claimed, ids, "")
    }

    /// The status that an acceptance leaves.
    pub(crate) fn accepted(&self, ids: &Ids, record: &str) -> Result<Value> {
        self.with_ids(&self.accepted, ids, record)
    }

    fn with_ids(&self, status: &str, Ids { backup, attempt }: &Ids, record: &str) -> Result<Value> {
        let status = status.replace(&self.backup, backup).replace(&self.attempt, attempt);
        Ok(serde_json::from_str(&status.replace(&self.record, record))?)
    }

    /// Waits until the copy is followed, and takes that as what an acceptance leaves, an hour ago:
    /// for resources that are under way. A copy is looked at every few seconds at first, and every
    /// few minutes an hour later; nobody's ten thousand were all accepted just now.
    pub(crate) async fn under_way(self, scene: &Scene) -> Result<Self> {
        let followed = |object: &Object| object.text("/status/recordStatus").is_some();
        let mut status = scene.wait(NAME, "followed", followed).await?.0["status"].take();
        let began = hour_ago(&status)?;
        for field in ["acceptedAt", "recordCreatedAt"] {
            status[field] = began.clone();
        }
        Ok(Self { accepted: status.to_string(), ..self })
    }

    /// When the replications began that are under way, as the status has it.
    pub(crate) fn record_created_at(&self) -> Result<Value> {
        let status: Value = serde_json::from_str(&self.accepted)?;
        Ok(status["recordCreatedAt"].clone())
    }

    /// Lets the copy be made, and takes what the operator then leaves as what an acceptance leaves:
    /// for resources that are finished.
    pub(crate) async fn finish(self, scene: &Scene) -> Result<Self> {
        scene.simulator.advance(&self.record, Advance::Success)?;
        let finished = scene.wait_for_phase(NAME, "Succeeded").await?;
        Ok(Self { accepted: finished.0["status"].to_string(), ..self })
    }
}

fn hour_ago(status: &Value) -> Result<Value> {
    let accepted: Timestamp =
        status["acceptedAt"].as_str().context("it does not say when it was accepted")?.parse()?;
    Ok((accepted - SignedDuration::from_hours(1)).to_string().into())
}
