//! The example manifests.

use anyhow::{Context, Result};
use serde_json::Value;

/// A `BackupReplication` in a file of `docs/examples`.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) backup_id: String,
}

impl Example {
    /// Reads a file that has one such resource, and maybe others.
    pub(crate) fn read(file: &str) -> Result<Self> {
        let path = path_of(file);
        let read = || {
            let text = std::fs::read_to_string(repository::path(&path))?;
            let documents: Vec<Value> = serde_saphyr::from_multiple(&text)?;
            let resource = documents
                .iter()
                .find(|object| object["kind"] == "BackupReplication")
                .context("no BackupReplication in it")?;
            let text = |pointer: &str| {
                let value = resource.pointer(pointer).and_then(Value::as_str);
                value.map(str::to_owned).with_context(|| format!("no {pointer} in it"))
            };
            anyhow::Ok(Self {
                namespace: text("/metadata/namespace")?,
                name: text("/metadata/name")?,
                backup_id: text("/spec/backupId")?,
            })
        };
        read().with_context(|| format!("could not read {path}"))
    }

    /// Namespace and name, as the table has them.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// The path of an example from the repository's folder.
pub(crate) fn path_of(file: &str) -> String {
    format!("docs/examples/{file}")
}
