//! The steps of a history, done as users do them.

use anyhow::{Context, Result, ensure};
use harness::{in_time, refusal};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use simulator::{Advance, example};

use super::{NAME, Real, operator};
use crate::differential::reference::{Deed, Word};
use crate::differential::summary::commands;

impl Real<'_> {
    /// Does it. Returns the message where it could not be done.
    pub(super) async fn carry_out(&mut self, deed: &Deed) -> Result<Option<String>> {
        match deed {
            Deed::Nothing => {}
            Deed::Create => self.create().await?,
            Deed::Post(post) => self.say(*post)?,
            Deed::Look(odd) => self.say_odd(*odd)?,
            Deed::Rotate => {
                self.show_as_said(self.second_token);
                self.second_token = !self.second_token;
                self.put_token().await?;
            }
            Deed::ReadyWhen(replicated) => {
                return self
                    .edit(json!({"readyWhen": replicated.then_some("Replicated")}), true)
                    .await;
            }
            Deed::Vault(vault, taken) => {
                return self.edit(json!({"destinationVaultId": vault}), *taken).await;
            }
            Deed::Suspend(suspended) => {
                return self.edit(json!({"suspend": suspended}), true).await;
            }
            Deed::Decide(word) => return self.decide(word).await,
            Deed::Kill => self.kill()?,
            Deed::Recreate => {
                self.delete().await?;
                self.age()?;
                self.create().await?;
            }
            Deed::Reveal => self.scene.simulator.reveal(None),
            Deed::AnothersRecord(vault) => self.add_anothers(vault)?,
            Deed::End { record, failed } => self.end(*record, *failed)?,
        }
        Ok(None)
    }

    async fn create(&self) -> Result<()> {
        let calls_again = self.history.cloud.calls_again.then_some("CallAgain");
        let manifest = json!({
            "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication", "metadata": {"name": NAME},
            "spec": {
                "projectId": example::PROJECT, "backupId": example::BACKUP,
                "destinationProjectId": example::DESTINATION_PROJECT,
                "destinationRegion": example::DESTINATION_REGION, "destinationVaultId": example::VAULT,
                "auth": {"tokenSecretRef": {"name": "cbr-token"}}, "onUnknownOutcome": calls_again,
            },
        });
        self.scene.create(&manifest.to_string()).await.map(drop)
    }

    async fn delete(&self) -> Result<()> {
        let api = self.scene.api();
        api.delete(NAME, &DeleteParams::default()).await?;
        in_time("the object is gone", async {
            while api.get_opt(NAME).await?.is_some() {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
        .await?
    }

    async fn edit(&self, spec: Value, taken: bool) -> Result<Option<String>> {
        let patch = Patch::Merge(json!({"spec": spec}));
        let refused = refusal(self.scene.api().patch(NAME, &PatchParams::default(), &patch).await)?;
        Ok(match (refused, taken) {
            (None, true) | (Some(_), false) => None,
            (None, false) => Some("the API server took the edit".to_owned()),
            (Some(words), true) => Some(format!("the API server refused the edit: {words}")),
        })
    }

    /// Puts the token of now into the Secret.
    pub(super) async fn put_token(&mut self) -> Result<()> {
        let secrets: Api<Secret> =
            Api::namespaced(self.scene.client.clone(), &self.scene.namespace);
        let token = if self.second_token { super::SECOND_TOKEN } else { example::TOKEN };
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cbr-token"}, "stringData": {"token": token},
        });
        let put = secrets
            .patch("cbr-token", &PatchParams::apply("histories").force(), &Patch::Apply(secret))
            .await?;
        self.secret_version =
            put.metadata.resource_version.context("a Secret without a version")?;
        Ok(())
    }

    /// Pastes the command of the message that says the word.
    async fn decide(&self, word: &Word) -> Result<Option<String>> {
        let object = self.scene.get(NAME).await?;
        let said = match word {
            Word::NotAccepted => ":not-accepted",
            Word::Accepted(None) => ":accepted",
            Word::Accepted(Some(_)) => ":accepted:<RECORD_ID>",
            Word::Retry => ":retry",
        };
        let Some(command) =
            commands(object.message()).into_iter().find(|command| command.value.ends_with(said))
        else {
            return Ok(Some(format!("no command for {word:?}: {}", object.message())));
        };
        let line = match word {
            Word::Accepted(Some(record)) => {
                let record = self.records().into_iter().nth(*record).context("no such record")?;
                command.line.replace("<RECORD_ID>", &record.id)
            }
            Word::NotAccepted | Word::Accepted(None) | Word::Retry => command.line,
        };
        let pasted = self.scene.paste(&line)?;
        ensure!(pasted.accepted, "{line}: {}", pasted.words);
        Ok(None)
    }

    /// SIGKILL, and another process.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.operator.process.kill()?;
        self.operator = operator(&self.scene).start_ready()?;
        Ok(())
    }

    fn end(&self, record: usize, failed: bool) -> Result<()> {
        let record = self.records().into_iter().nth(record).context("no such record")?;
        let end = if failed {
            Advance::Fail { code: "BackupService.9999".into(), reason: "Broken.".into() }
        } else {
            Advance::Success
        };
        self.scene.simulator.advance(&record.id, end)
    }
}
