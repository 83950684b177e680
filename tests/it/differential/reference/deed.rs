//! The steps of a history: what is done in the reference, and what is to be done likewise for the
//! real process.

use anyhow::{Context, Result};
use backup_replication_operator::resource::{
    BackupReplicationStatus, DECISION_ANNOTATION, Outcome, ReadyWhen,
};
use simulator::example;

use super::{OTHER_VAULT, Reference, object};
use crate::differential::history::{Odd, Post, Say, Step};
use crate::differential::summary::commands;

/// What is to be done, where it can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It could not be done.
    Nothing,
    /// With the posts that were said first.
    Create,
    Post(Post),
    Look(Odd),
    Rotate,
    /// `readyWhen`: whether `Replicated`.
    ReadyWhen(bool),
    /// To this vault; and whether the API server takes it.
    Vault(&'static str, bool),
    Suspend(bool),
    /// The command of the message with this word is pasted; the record is named by its place.
    Decide(Word),
    Kill,
    Recreate,
    Reveal,
    /// In this vault.
    AnothersRecord(&'static str),
    End {
        record: usize,
        failed: bool,
    },
}

/// A word of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    NotAccepted,
    Accepted(Option<usize>),
    Retry,
}

impl Reference {
    pub(super) fn carry_out(&mut self, step: Step) -> Result<Deed> {
        let touches = match step {
            Step::EditReadyWhen | Step::EditVault | Step::Suspend => true,
            Step::Post(_) | Step::Look(_) | Step::Rotate | Step::Kill | Step::Recreate => false,
            Step::Decide(_) | Step::Reveal | Step::AnothersRecord { .. } | Step::End { .. } => {
                false
            }
        };
        let deed = match step {
            Step::Post(post) => {
                self.cloud.to_come.push_back(post);
                Deed::Post(post)
            }
            Step::Look(odd) => {
                self.cloud.say(odd);
                Deed::Look(odd)
            }
            Step::Rotate => {
                self.cloud.rotate();
                self.secret_version += 1;
                Deed::Rotate
            }
            Step::EditReadyWhen => {
                let replicated = self.object.spec.ready_when.is_none();
                self.object.spec.ready_when = replicated.then_some(ReadyWhen::Replicated);
                Deed::ReadyWhen(replicated)
            }
            Step::EditVault => self.edit_vault(),
            Step::Suspend => {
                let suspended = !self.object.spec.suspended();
                self.object.spec.suspend = Some(suspended);
                Deed::Suspend(suspended)
            }
            Step::Decide(say) => self.decide_as(say)?,
            Step::Kill => {
                self.restart();
                Deed::Kill
            }
            Step::Recreate => self.recreate()?,
            Step::Reveal => {
                self.cloud.reveal();
                Deed::Reveal
            }
            Step::AnothersRecord { other_vault } => {
                let vault = if other_vault { OTHER_VAULT } else { example::VAULT };
                self.cloud.add_anothers(vault, self.wall()?)?;
                Deed::AnothersRecord(vault)
            }
            Step::End { failed } => {
                self.cloud.end(failed).map_or(Deed::Nothing, |record| Deed::End { record, failed })
            }
        };
        if touches && !matches!(deed, Deed::Vault(_, false)) {
            self.object.metadata.generation =
                self.object.metadata.generation.map(|generation| generation + 1);
            self.due = Some(self.now);
        }
        Ok(deed)
    }

    fn edit_vault(&mut self) -> Deed {
        let other = if self.object.spec.destination_vault_id == OTHER_VAULT {
            example::VAULT
        } else {
            OTHER_VAULT
        };
        let taken = self.object.status.as_ref().is_none_or(|status| !is_frozen(status));
        if taken {
            self.object.spec.destination_vault_id = other.to_owned();
        }
        Deed::Vault(other, taken)
    }

    fn recreate(&mut self) -> Result<Deed> {
        self.cloud.age()?;
        self.objects += 1;
        self.object = object(&self.setting, self.objects, self.wall()?)?;
        self.process.forget();
        self.due = Some(self.now);
        (self.accepted_before, self.allowed) = (self.cloud.accepted, 1);
        Ok(Deed::Recreate)
    }

    /// A human looks at what is true, and says it, if it is asked for.
    fn decide_as(&mut self, say: Say) -> Result<Deed> {
        let message = self.message();
        let offered = commands(&message);
        let named = |word: &str| {
            let said = |value: &str| {
                value.split_once(':').filter(|(_, said)| *said == word).map(|(id, _)| id.to_owned())
            };
            offered.iter().find_map(|command| said(&command.value))
        };
        let record = |at: Option<usize>| at.filter(|_| say == Say::Record);
        let (id, word) = if let Some(id) = named("not-accepted") {
            let made = self
                .cloud
                .records
                .iter()
                .rposition(|r| r.attempt.as_ref().is_some_and(|a| a.as_str() == id));
            (id, made.map_or(Word::NotAccepted, |made| Word::Accepted(record(Some(made)))))
        } else if let (Some(id), true) = (named("accepted"), say != Say::Retry) {
            let newest = self
                .cloud
                .records
                .iter()
                .rposition(|record| record.attempt.is_some() && record.lives());
            (id, Word::Accepted(record(newest)))
        } else if let Some(id) = named("retry").filter(|_| say == Say::Retry || !self.is_accepted())
        {
            self.allowed = self.accepted() + 1;
            (id, Word::Retry)
        } else {
            return Ok(Deed::Nothing);
        };
        let value = match &word {
            Word::NotAccepted => format!("{id}:not-accepted"),
            Word::Accepted(None) => format!("{id}:accepted"),
            Word::Accepted(Some(at)) => {
                format!(
                    "{id}:accepted:{}",
                    self.cloud.records.get(*at).context("no such record")?.id
                )
            }
            Word::Retry => format!("{id}:retry"),
        };
        let annotations = self.object.metadata.annotations.get_or_insert_default();
        annotations.insert(DECISION_ANNOTATION.to_owned(), value);
        self.due = Some(self.now);
        Ok(Deed::Decide(word))
    }

    fn message(&self) -> String {
        let conditions = self.object.status.iter().flat_map(|status| &status.conditions);
        conditions.filter(|c| c.type_ == "Ready").map(|c| c.message.clone()).collect()
    }

    fn is_accepted(&self) -> bool {
        self.object.status.as_ref().is_some_and(BackupReplicationStatus::is_accepted)
    }
}

/// The rule of the CRD: while a call is in flight or unknown, and once accepted, what is called for
/// cannot change.
fn is_frozen(status: &BackupReplicationStatus) -> bool {
    let open = |outcome| match outcome {
        None | Some(Outcome::Unknown | Outcome::Accepted) => true,
        Some(Outcome::NotSent | Outcome::Rejected | Outcome::NotAccepted) => false,
    };
    status.is_accepted() || status.attempts.first().is_some_and(|head| open(head.outcome))
}
