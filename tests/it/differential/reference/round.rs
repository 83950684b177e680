//! One round: what `src/controller/reconcile/` does, without anything that could go wrong on the
//! way.

use std::time::Duration;

use anyhow::{Context, Result};
use backup_replication_operator::protocol::{
    self, Action, CallResult, CredentialReading, FreshAttempt, Recorded, Round, TargetReading,
    Viewer, describe_result, is_finished, record,
};
use backup_replication_operator::resource::{Attempt, AttemptId, BackupReplicationStatus};

use super::cloud::Ending;
use super::process::Process;
use super::{INSTANT, POLICY, Reference};

impl Reference {
    /// Returns when the next round is.
    pub(super) fn round(&mut self) -> Result<Option<Duration>> {
        if is_finished(&self.object) {
            return Ok(None);
        }
        match self.decide()? {
            // The round has been told these.
            Action::ReadCredential
            | Action::ListBackups
            | Action::Lookup { .. }
            | Action::ReadLogs { .. } => Ok(None),
            Action::Update { status, requeue_after } => Ok(self.write(*status)?.or(requeue_after)),
            Action::Claim { status, attempt } => {
                self.write(*status)?;
                self.call(&attempt)
            }
        }
    }

    fn decide(&mut self) -> Result<Action> {
        self.fresh_attempts += 1;
        let id = AttemptId::new(format!("fresh-{}", self.fresh_attempts));
        let fresh = FreshAttempt { id, claimant: "reference".to_owned() };
        let (now, object) = (self.now, self.object.clone());
        let facts = protocol::Facts {
            resource: &object,
            unchanged_for: self.process.unchanged_for(&object, now),
            never_called: false,
            target: target(),
            refused_claim: None,
            metadata_bytes: 0,
            fresh: &fresh,
        };
        let mut own = self.process.lookups(&object, now);
        let mut round = Round::new(facts, &own, now, &POLICY);
        let token = self.cloud.second_token;
        loop {
            match round.next(self.wall()?, None) {
                Action::ReadCredential => {
                    let memory = self.process.viewer(token, &self.viewer_name());
                    round.credential_read(
                        self.credential(),
                        &Viewer { memory, throttled_until: None },
                        &own,
                        now,
                    );
                }
                Action::Lookup { max_age: _ } => {
                    let mut viewer = self.process.viewer(token, &self.viewer_name());
                    round.looked_up(self.cloud.look()?, &mut own, &mut viewer, now);
                    self.process.keep_lookups(&object, own, now);
                    self.process.keep_viewer(token, viewer);
                }
                // It knows no time of the cloud, and so never asks.
                Action::ReadLogs { .. } => anyhow::bail!("asks for operation logs"),
                // The backup is named.
                action @ (Action::ListBackups | Action::Claim { .. } | Action::Update { .. }) => {
                    return Ok(action);
                }
            }
        }
    }

    /// Makes the call of a claim, and writes down how it ended, unless the process is killed
    /// before.
    fn call(&mut self, attempt: &Attempt) -> Result<Option<Duration>> {
        let now = self.wall()?;
        match self.cloud.post(&attempt.id, &self.object.spec.destination_vault_id, now) {
            Ending::Told(ending) => self.write_end(attempt, &ending),
            Ending::Killed => {
                self.restart();
                Ok(self.due.map(|_| INSTANT))
            }
        }
    }

    fn write_end(&mut self, attempt: &Attempt, ending: &CallResult) -> Result<Option<Duration>> {
        let (now, status) = (self.wall()?, self.object.status.clone().unwrap_or_default());
        let Recorded::Write(recorded) = record(&status, attempt, ending, now) else {
            return Ok(Some(INSTANT));
        };
        let (status, again) = describe_result(
            &self.object,
            *recorded,
            attempt,
            target(),
            self.credential(),
            &POLICY,
            now,
        );
        Ok(self.write(status)?.or(again))
    }

    /// Another process begins, and lists what there is.
    pub(super) fn restart(&mut self) {
        self.process = Process::default();
        self.process.told_of(&self.object, is_finished(&self.object));
        self.due = Some(self.now);
    }

    /// Writes a status that is another one, whose event brings the next round.
    fn write(&mut self, status: BackupReplicationStatus) -> Result<Option<Duration>> {
        // As the API server keeps it, to the second.
        let stored =
            serde_json::from_value(serde_json::to_value(status).context("it can be written")?)?;
        if self.object.status.as_ref() == Some(&stored) {
            return Ok(None);
        }
        self.object.status = Some(stored);
        self.process.told_of(&self.object, is_finished(&self.object));
        Ok(Some(INSTANT))
    }

    fn viewer_name(&self) -> String {
        format!("cbr-token/token@{}", self.secret_version)
    }

    fn credential(&self) -> CredentialReading {
        CredentialReading::Usable {
            version: self.secret_version.to_string(),
            viewer: self.viewer_name(),
        }
    }
}

fn target() -> TargetReading {
    TargetReading::Callable { endpoint: "https://cbr.example".to_owned() }
}
