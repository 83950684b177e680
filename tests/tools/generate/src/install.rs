//! `deploy/install.yaml`: what `kubectl kustomize deploy/kustomize` gives, in one file, with the
//! comments of the base.

use anyhow::{Context, Result, ensure};

use crate::read;

/// The image of the base. A release has a registry before it.
pub const IMAGE: &str = concat!("backup-replication-operator:", env!("CARGO_PKG_VERSION"));

const NAMESPACE: &str = "backup-replication";
const LABEL: &str = "app.kubernetes.io/name: backup-replication-operator";
/// Parts of the base, in the order in which they are applied. The CRD comes second.
const PARTS: [&str; 4] = ["namespace", "service-account", "roles", "deployment"];
/// Kinds that live in no namespace.
const OF_THE_CLUSTER: [&str; 4] =
    ["Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"];

/// The whole file, with this image.
///
/// # Errors
/// Where a part of the base cannot be read, or is not written as expected.
pub fn install(crd: &str, image: &str) -> Result<String> {
    let mut documents = Vec::new();
    for part in PARTS {
        let text = read(&format!("deploy/kustomize/{part}.yaml"))?;
        for document in text.trim_end().split("\n---\n") {
            documents.push(placed(document)?);
        }
    }
    documents.insert(1, placed(crd.trim_end())?);
    let body = documents.join("\n---\n");
    let line = format!("image: {IMAGE}");
    ensure!(body.matches(&line).count() == 1, "the base does not have {line} once");
    let body = body.replace(&line, &format!("image: {image}"));
    Ok(format!("{}{body}\n", head()))
}

fn head() -> String {
    format!(
        "# backup-replication-operator {}: namespace, CRD, service account, roles, deployment.\n\
         # kubectl apply --server-side -f deploy/install.yaml\n\
         # Generated from deploy/kustomize by `{}`. Change it there.\n",
        env!("CARGO_PKG_VERSION"),
        crate::COMMAND
    )
}

/// A document with the namespace and the label that kustomize gives it.
fn placed(document: &str) -> Result<String> {
    let kind = value_of(document, "kind: ").context("an object without a kind")?;
    let in_namespace = !OF_THE_CLUSTER.contains(&kind);
    let (mut placed, mut in_metadata, mut labelled) = (Vec::new(), false, false);
    for line in document.lines() {
        if in_metadata && !line.starts_with(' ') {
            if !labelled {
                placed.extend(["  labels:".to_owned(), format!("    {LABEL}")]);
            }
            (in_metadata, labelled) = (false, true);
        }
        placed.push(line.to_owned());
        match line {
            "metadata:" => in_metadata = true,
            "  labels:" if in_metadata => {
                placed.push(format!("    {LABEL}"));
                labelled = true;
            }
            line if in_metadata && in_namespace && line.starts_with("  name: ") => {
                placed.push(format!("  namespace: {NAMESPACE}"));
            }
            _ => {}
        }
    }
    if in_metadata && !labelled {
        placed.extend(["  labels:".to_owned(), format!("    {LABEL}")]);
    }
    Ok(placed.join("\n"))
}

/// What stands behind a key of the document itself.
fn value_of<'a>(document: &'a str, key: &str) -> Option<&'a str> {
    document.lines().find_map(|line| line.strip_prefix(key))
}
