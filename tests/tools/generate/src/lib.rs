//! The files that are generated as a whole. They need the types and the kustomize base alone: no
//! API server, no tool.

mod editors;
mod install;
mod reference;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use backup_replication_operator::resource::crd_yaml;
use serde_json::Value;

pub use install::{IMAGE, install};

/// What writes every one of them, and all other generated parts.
pub const COMMAND: &str = "cargo run --bin generate";

/// The CRD, which others are copies of: kustomize reads nothing above its folder, and helm only
/// what is in the chart.
const CRD: [&str; 3] = [
    "crds/backupreplications.cbr.replication.dev.yaml",
    "deploy/kustomize/crd.yaml",
    "deploy/helm/backup-replication-operator/files/crd.yaml",
];
/// Files that the chart has to hold itself, and what they are copies of.
const COPIES: [(&str, &str); 2] = [
    (
        "deploy/helm/backup-replication-operator/files/dashboard.json",
        "deploy/dashboard/backup-replication-operator.json",
    ),
    (
        "deploy/helm/backup-replication-operator/files/alerts.yaml",
        "deploy/alerts/backup-replication-operator.yaml",
    ),
];

/// A file as it has to be.
pub struct Generated {
    /// From the repository's folder.
    pub path: &'static str,
    /// All of it.
    pub text: String,
}

impl Generated {
    /// Whether the file is as it has to be.
    pub fn is_current(&self) -> bool {
        fs::read_to_string(self.file()).is_ok_and(|text| text == self.text)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self) -> Result<()> {
        fs::write(self.file(), &self.text).with_context(|| self.path.to_owned())
    }

    fn file(&self) -> PathBuf {
        repository::path(self.path)
    }
}

/// Every file that is generated as a whole.
///
/// # Errors
/// Where something that they are made from cannot be read.
pub fn files() -> Result<Vec<Generated>> {
    let crd = crd_yaml()?;
    let schema = schema(&crd)?;
    let mut files: Vec<Generated> =
        CRD.iter().map(|path| Generated { path, text: crd.clone() }).collect();
    for (path, from) in COPIES {
        files.push(Generated { path, text: read(from)? });
    }
    files.extend([
        Generated { path: "deploy/install.yaml", text: install(&crd, IMAGE)? },
        Generated { path: "docs/reference.md", text: reference::page(&schema)? },
        Generated { path: "docs/backupreplication.schema.json", text: editors::schema(&schema)? },
    ]);
    Ok(files)
}

/// The schema of the one version that the CRD has.
fn schema(crd: &str) -> Result<Value> {
    let crd: Value = serde_saphyr::from_str(crd)?;
    crd.pointer("/spec/versions/0/schema/openAPIV3Schema").cloned().context("the CRD has no schema")
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(repository::path(path)).with_context(|| path.to_owned())
}
