//! What users and clouds do in a scene, beyond applying and reading.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use kube::api::{DynamicObject, ListParams};
use serde_json::Value;
use simulator::{Backup, Call, Operation, example};

use crate::object::Object;
use crate::scene::{Applied, PATIENCE, Scene};

impl Scene {
    /// The id of a fresh backup at the simulator, ready to be replicated.
    pub fn new_backup(&self) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        self.simulator.add_backup(Backup::server(&id, example::PROJECT));
        id
    }

    /// The replications that the simulator was asked for, in order of arrival.
    pub fn posts(&self, backup_id: &str) -> Vec<Call> {
        let is_post = |call: &&Call| call.operation == Some(Operation::Replicate);
        self.simulator.log(|log| log.calls_of(backup_id).filter(is_post).cloned().collect())
    }

    /// A Secret with this data, text to text, under any name.
    ///
    /// # Errors
    /// The API server refuses it.
    pub fn secret_with(&self, name: &str, data: &Value) -> Result<()> {
        let secret = serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data,
        });
        self.applied(&secret.to_string())
    }

    /// A merge patch of a resource, by an editor whose edit must be taken.
    ///
    /// # Errors
    /// It is refused.
    pub fn patched(&self, name: &str, patch: &Value) -> Result<()> {
        let patched =
            self.kubectl(&["patch", "brep", name, "--type=merge", "--patch", &patch.to_string()])?;
        ensure!(patched.accepted, "{}", patched.words);
        Ok(())
    }

    /// Waits until the operator has looked the backup up so many times more.
    ///
    /// # Errors
    /// It has not in time. What its resources say then is in the error.
    pub async fn looked_up_again(&self, backup_id: &str, times: u64) -> Result<()> {
        let before = self.simulator.counts(backup_id).gets;
        let looked = self.simulator.wait_for(|log| log.counts(backup_id).gets >= before + times);
        let Err(late) = in_time("another look", looked).await else { return Ok(()) };
        let resources = self.api().list(&ListParams::default()).await?;
        let of_backup =
            |object: &DynamicObject| object.data["spec"]["backupId"].as_str() == Some(backup_id);
        let said: Vec<_> = resources.items.into_iter().filter(of_backup).collect();
        Err(late.context(format!("{backup_id}: {}", serde_json::to_string(&said)?)))
    }

    /// Runs a line in a shell, as a reader does who copies it out of a message. `kubectl` is the
    /// administrator's, and it knows nothing of the scene's namespace.
    ///
    /// # Errors
    /// It cannot be run. Whether it succeeded is in the answer.
    pub fn paste(&self, line: &str) -> Result<Applied> {
        let kubectl = self.cluster.kubectl();
        let folder =
            Path::new(kubectl.get_program()).parent().context("kubectl is in no folder")?;
        let mut path = folder.as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut shell = Command::new("sh");
        shell.args(["-c", line]);
        for (name, value) in kubectl.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        Ok(shell.env("PATH", path).output()?.into())
    }
}

impl Object {
    /// The `kubectl` commands in the message of `Ready`, as a reader copies them.
    pub fn commands(&self) -> Vec<String> {
        let message = self.message();
        let starts = message.match_indices("kubectl ").map(|(at, _)| at);
        starts
            .filter_map(|at| message.get(at..)?.split(';').next())
            .map(|line| line.trim().to_owned())
            .collect()
    }
}

/// What must come, come in time.
///
/// # Errors
/// It does not.
pub async fn in_time<T>(what: &str, coming: impl Future<Output = T>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, coming).await {
        Ok(come) => Ok(come),
        Err(_) => bail!("{what}: not after {PATIENCE:?}"),
    }
}
