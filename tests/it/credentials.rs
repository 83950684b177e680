//! Each kind of credential makes its one call; a login or a signature that is refused is not
//! repeated; a token that ends or dies is replaced, and no call is lost or doubled by it.

mod access_key;
mod kinds;
mod password;
mod secrecy;

use anyhow::{Context, Result};
use harness::{Object, Scene};
use serde_json::{Value, json};
use simulator::{IdentityProvider, Mapping, example};

/// The identity provider of [`trust`].
pub(crate) const PROVIDER: &str = "kubernetes";
const AUDIENCE: &str = "iam-of-the-simulator";
pub(crate) const ACCOUNT: &str = "replication";

fn by_password() -> Value {
    json!({"passwordSecretRef": {"name": "cbr-user"}})
}

fn by_access_key() -> Value {
    json!({"accessKeySecretRef": {"name": "cbr-key"}})
}

pub(crate) fn by_account() -> Value {
    json!({"serviceAccount":
        {"name": ACCOUNT, "identityProvider": PROVIDER, "audience": AUDIENCE}})
}

fn user_secret(scene: &Scene, password: &str) -> Result<()> {
    let (username, domain) = (example::USER, example::DOMAIN);
    scene.secret_with(
        "cbr-user",
        &json!({"username": username, "password": password, "domain": domain}),
    )
}

fn key_secret(scene: &Scene, secret: &str) -> Result<()> {
    scene.secret_with("cbr-key", &json!({"accessKey": example::ACCESS_KEY, "secretKey": secret}))
}

/// The simulator's IAM trusts the cluster's service accounts: their signatures are checked with the
/// keys that this API server publishes.
pub(crate) fn trust(scene: &Scene) -> Result<()> {
    let keys = scene.kubectl(&["get", "--raw", "/openid/v1/jwks"])?;
    let keys: Value = serde_json::from_str(&keys.words).context(keys.words)?;
    let subject = format!("system:serviceaccount:{}:{ACCOUNT}", scene.namespace);
    let mapping = Mapping::new(subject, example::DOMAIN, "replicator", example::PROJECT);
    let issuer = "https://kubernetes.default.svc";
    scene.simulator.add_identity_provider(
        IdentityProvider::new(PROVIDER, issuer, AUDIENCE).jwks(keys).map(mapping),
    )?;
    let made = scene.kubectl(&["create", "serviceaccount", ACCOUNT])?;
    anyhow::ensure!(made.accepted, "{}", made.words);
    Ok(())
}

fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

/// Many resources at once, each with a backup of its own.
fn apply_many(scene: &Scene, number: usize, auth: &Value) -> Result<Vec<String>> {
    let backups: Vec<String> = (0..number).map(|_| scene.new_backup()).collect();
    let manifests: Vec<String> = backups
        .iter()
        .enumerate()
        .map(|(at, backup)| Scene::manifest_with(&format!("db-{at}"), backup, auth))
        .collect();
    scene.applied(&manifests.join("\n---\n"))?;
    Ok(backups)
}
