//! A service account's token for an IAM token: from a pod, with the chart's roles alone.

use anyhow::{Context, Result};
use serde_json::json;
use simulator::{IdentityProvider, Mapping, example};

use super::install::{WAIT, helm, once};
use crate::cluster::Cluster;

const NAMESPACE: &str = "accounts";
const ACCOUNT: &str = "replication";
const PROVIDER: &str = "kubernetes";
const AUDIENCE: &str = "iam-of-the-simulator";
/// As the control plane calls itself.
const ISSUER: &str = "https://kubernetes.default.svc";

/// The operator's pod asks for a token of an account in another namespace. It may not before the
/// chart names that account.
pub(super) fn exchanged(cluster: &Cluster) -> Result<()> {
    cluster.kubectl(&["create", "namespace", NAMESPACE])?;
    cluster.kubectl(&["-n", NAMESPACE, "create", "serviceaccount", ACCOUNT])?;
    let keys = cluster.kubectl(&["get", "--raw", "/openid/v1/jwks"])?;
    let keys = serde_json::from_str(&keys).context("the cluster's keys")?;
    let subject = format!("system:serviceaccount:{NAMESPACE}:{ACCOUNT}");
    let mapping = Mapping::new(subject, example::DOMAIN, "replicator", example::PROJECT);
    let provider = IdentityProvider::new(PROVIDER, ISSUER, AUDIENCE).jwks(keys).map(mapping);
    cluster.simulator.add_identity_provider(provider)?;

    let backup = cluster.new_backup();
    let mut replication = Cluster::replication(NAMESPACE, "db", &backup);
    replication["spec"]["auth"] = json!({"serviceAccount":
        {"name": ACCOUNT, "identityProvider": PROVIDER, "audience": AUDIENCE}});
    cluster.apply(&replication)?;
    let reason = "{.status.conditions[?(@.type==\"Ready\")].reason}";
    let refused = format!("--for=jsonpath={reason}=CredentialNotPermitted");
    cluster.wait(&["-n", NAMESPACE, &refused, "brep/db"])?;

    let named = format!("--set=rbac.serviceAccountTokens.{NAMESPACE}={{{ACCOUNT}}}");
    let more: Vec<&str> = WAIT.iter().copied().chain([named.as_str()]).collect();
    helm(cluster, "upgrade", &more)?;
    cluster.wait(&["-n", NAMESPACE, "--for=condition=Ready", "brep/db"])?;
    once(cluster, &backup)
}
