//! A service account's token for an IAM token: from a pod, as docs/credentials.md has it, with the
//! shipped roles alone.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;
use simulator::{IdentityProvider, Mapping, example};

use super::install::once;
use crate::cluster::Cluster;
use crate::pages::{self, Terminal};

pub(super) const PAGE: &str = "docs/credentials.md";
const EXAMPLE: &str = "docs/examples/service-account.yaml";
/// The pages' namespace of a user. The operator is in another one.
const NAMESPACE: &str = "backups";

/// The operator's pod asks for a token of an account in another namespace. It may not before the
/// chart names that account.
pub(super) fn exchanged(cluster: &Cluster) -> Result<()> {
    cluster.no_namespace(NAMESPACE)?;
    cluster.kubectl(&["create", "namespace", NAMESPACE])?;
    becomes_a_call(cluster, &pages::block(PAGE, "rbac.serviceAccountTokens")?)?;
    cluster.no_namespace(NAMESPACE)
}

/// The example's resource waits for the right, and makes its one call when these commands have
/// given it.
pub(super) fn becomes_a_call(cluster: &Cluster, commands: &str) -> Result<()> {
    let terminal = Terminal::open(cluster)?;
    let text = fs::read_to_string(repository::path(EXAMPLE)).context(EXAMPLE)?;
    let (_, resource) = text.split_once("\n---\n").context("the example is one document")?;
    let mut resource: Value = serde_saphyr::from_str(resource).context(EXAMPLE)?;
    let backup = cluster.new_backup();
    resource["spec"]["backupId"] = backup.clone().into();
    trust(cluster, &resource["spec"]["auth"]["serviceAccount"])?;

    cluster.apply(&resource)?;
    let name = resource["metadata"]["name"].as_str().context("no name")?;
    let object = format!("brep/{name}");
    let reason = "{.status.conditions[?(@.type==\"Ready\")].reason}";
    let refused = format!("--for=jsonpath={reason}=CredentialNotPermitted");
    cluster.wait(&["-n", NAMESPACE, &refused, &object])?;
    terminal.types(commands, "")?;
    cluster.wait(&["-n", NAMESPACE, "--for=condition=Ready", &object])?;
    once(cluster, &backup)
}

/// What a reader of the page does in IAM, with what the cluster says about its tokens.
fn trust(cluster: &Cluster, account: &Value) -> Result<()> {
    let field = |name: &str| account[name].as_str().with_context(|| format!("no {name}"));
    let raw = |path: &str| -> Result<Value> {
        let text = cluster.kubectl(&["get", "--raw", path])?;
        serde_json::from_str(&text).with_context(|| path.to_owned())
    };
    let about = raw("/.well-known/openid-configuration")?;
    let issuer = about["issuer"].as_str().context("no issuer")?;
    let subject = format!("system:serviceaccount:{NAMESPACE}:{}", field("name")?);
    let mapping = Mapping::new(subject, example::DOMAIN, "replicator", example::PROJECT);
    let provider = IdentityProvider::new(field("identityProvider")?, issuer, field("audience")?);
    cluster.simulator.add_identity_provider(provider.jwks(raw("/openid/v1/jwks")?).map(mapping))
}
