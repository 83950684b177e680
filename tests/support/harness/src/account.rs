//! Service accounts, for operators that run with a role of their own.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use control_plane::ControlPlane;
use serde_json::json;

use crate::scene::Scene;

/// The account of [`Scene::operator_account`].
const OPERATOR: &str = "operator";

impl Scene {
    /// An account that may do everything in the namespace, for an operator whose requests are to be
    /// told from ours; the kubeconfig with its token.
    ///
    /// # Errors
    /// The API server refuses it.
    pub fn operator_account(&self) -> Result<PathBuf> {
        let account = service_account(&self.cluster, &self.namespace, OPERATOR)?;
        let api = "rbac.authorization.k8s.io";
        let binding = json!({
            "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": {"name": OPERATOR},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": OPERATOR, "namespace": self.namespace}],
        });
        self.applied(&binding.to_string())?;
        Ok(account)
    }

    /// That account's user, as it stands in the audit log.
    pub fn operator_user(&self) -> String {
        account_user(&self.namespace, OPERATOR)
    }
}

/// Makes a service account, if there is none, and a kubeconfig that holds a fresh token of it. What
/// it may do is up to the roles that name it.
///
/// # Errors
/// The API server refuses; its words are in the error.
pub fn service_account(cluster: &ControlPlane, namespace: &str, name: &str) -> Result<PathBuf> {
    let kubectl = |arguments: &[&str]| {
        cluster
            .kubectl()
            .args(["--namespace", namespace])
            .args(arguments)
            .output()
            .context("could not run kubectl")
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
