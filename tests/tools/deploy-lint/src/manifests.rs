//! All that users apply, as they find it, group by group.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use checklist::commands::output;
use serde_json::Value;

use crate::helm::{Helm, name_of, values};

/// What nobody applies: the chart as it is written, and data for Argo CD.
const NOT_APPLIED: [&str; 2] = ["deploy/helm", "deploy/argocd/resource_customizations"];
/// The file says that the API server refuses it.
const REFUSED: &str = "docs/examples/refused.yaml";
/// What needs CRDs of Flux and of Argo CD.
const FOREIGN: [&str; 2] = [".toolkit.fluxcd.io/", "argoproj.io/"];

/// What is applied in one go.
pub(crate) struct Manifest {
    pub(crate) name: String,
    /// One object each, in the words of the file.
    pub(crate) documents: Vec<String>,
}

pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) manifests: Vec<Manifest>,
}

impl Manifest {
    fn read(name: String, text: &str) -> Result<Self> {
        let mut documents = Vec::new();
        for document in text.trim_start_matches("---\n").split("\n---\n") {
            let object: Value = serde_saphyr::from_str(document).with_context(|| name.clone())?;
            let version = object["apiVersion"].as_str().unwrap_or_default();
            let is_foreign = FOREIGN.iter().any(|group| version.contains(group));
            // Without a kind it is a file of another tool.
            if object["kind"].is_string() && !is_foreign {
                documents.push(document.to_owned());
            }
        }
        Ok(Self { name, documents })
    }

    pub(crate) fn text(&self) -> String {
        self.documents.join("\n---\n")
    }
}

/// All that the API server is to take.
pub(crate) fn all(kubectl: impl Fn() -> Command, helm: &Helm) -> Result<Vec<Group>> {
    let mut chart = Vec::new();
    for file in values()? {
        let name = format!("chart with {}", name_of(file.as_deref()));
        chart.push(Manifest::read(name, &helm.template(file.as_deref())?)?);
    }
    let mut groups =
        vec![Group { name: "the chart, with each file of values".to_owned(), manifests: chart }];
    for name in folders()? {
        let mut manifests = Vec::new();
        read(&name, &kubectl, &mut manifests)?;
        manifests.retain(|manifest| !manifest.documents.is_empty() && manifest.name != REFUSED);
        groups.push(Group { name, manifests });
    }
    let file = "deploy/install.yaml";
    let text = std::fs::read_to_string(repository::path(file))?;
    let manifests = vec![Manifest::read(file.to_owned(), &text)?];
    groups.push(Group { name: file.to_owned(), manifests });
    groups.retain(|group| !group.manifests.is_empty());
    Ok(groups)
}

/// The CRD, the examples, and what there is to deploy.
fn folders() -> Result<Vec<String>> {
    let mut folders = vec!["crds".to_owned(), "docs/examples".to_owned()];
    for entry in std::fs::read_dir(repository::path("deploy"))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(format!("deploy/{}", entry.file_name().display()));
        }
    }
    folders.sort();
    Ok(folders)
}

/// What it is not to take.
pub(crate) fn refused() -> Result<Manifest> {
    Manifest::read(REFUSED.to_owned(), &std::fs::read_to_string(repository::path(REFUSED))?)
}

/// A kustomization is applied as a whole, any other file alone.
fn read(folder: &str, kubectl: &impl Fn() -> Command, found: &mut Vec<Manifest>) -> Result<()> {
    if NOT_APPLIED.contains(&folder) {
        return Ok(());
    }
    let path = repository::path(folder);
    if path.join("kustomization.yaml").exists() {
        let built = output(kubectl().arg("kustomize").arg(path))?;
        found.push(Manifest::read(folder.to_owned(), &built)?);
        return Ok(());
    }
    for entry in std::fs::read_dir(&path)? {
        let entry = entry?.path();
        let name = format!("{folder}/{}", entry.file_name().unwrap_or_default().display());
        if entry.is_dir() {
            read(&name, kubectl, found)?;
        } else if is_yaml(&entry) {
            found.push(Manifest::read(name, &std::fs::read_to_string(&entry)?)?);
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}
