//! kubeconfig files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

/// Writes a kubeconfig for the server at `url`, whose certificate `authority` has signed. JSON is
/// YAML that needs no quoting rules.
pub(crate) fn write(
    path: &Path,
    authority: &Path,
    url: &str,
    user: &str,
    token: &str,
) -> Result<()> {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "control-plane", "cluster": {"server": url, "certificate-authority": authority}}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "control-plane", "context": {"cluster": "control-plane", "user": user}}],
        "current-context": "control-plane",
    });
    fs::write(path, format!("{config:#}\n"))
        .with_context(|| format!("could not write {}", path.display()))
}

/// A file name for the kubeconfig of `user`, whose name may hold any character.
pub(crate) fn file_name(user: &str) -> String {
    let plain = user.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    format!("{plain}.kubeconfig")
}
