//! Service accounts, for operators that run with a role of their own.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use control_plane::ControlPlane;

/// Makes a service account, if there is none, and a kubeconfig that holds a fresh token of it. What it may do is up to the roles
/// that name it.
///
/// # Errors
/// The API server refuses; its words are in the error.
pub fn service_account(cluster: &ControlPlane, namespace: &str, name: &str) -> Result<PathBuf> {
    let kubectl = |arguments: &[&str]| {
        cluster.kubectl().args(["--namespace", namespace]).args(arguments).output().context("could not run kubectl")
    };
    let made = kubectl(&["create", "serviceaccount", name])?;
    let words = String::from_utf8_lossy(&made.stderr);
    ensure!(made.status.success() || words.contains("already exists"), "{words}");
    let token = kubectl(&["create", "token", name])?;
    ensure!(token.status.success(), "{}", String::from_utf8_lossy(&token.stderr));
    let user = account_user(namespace, name);
    cluster.kubeconfig_for_token(&user, String::from_utf8_lossy(&token.stdout).trim())
}

/// The user that the API server takes the account for, as it stands in the audit log.
pub fn account_user(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}
