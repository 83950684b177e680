//! The namespaces, their credentials, and what becomes of these.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{Namespace, Secret, ServiceAccount};
use kube::api::{DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use simulator::{AccessKey, IdentityProvider, Mapping, Simulator, Token, User, example};

use crate::insist::insist;

const PROVIDER: &str = "kubernetes";
const AUDIENCE: &str = "iam-of-the-simulator";
const ACCOUNT: &str = "replication";

/// The kinds of credential that lie in a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Token,
    Password,
    Key,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Token, Self::Password, Self::Key];

    fn secret(self) -> &'static str {
        match self {
            Self::Token => "cbr-token",
            Self::Password => "cbr-user",
            Self::Key => "cbr-key",
        }
    }
}

/// A namespace. Its credentials are good at every cloud.
pub(crate) struct Tenant {
    pub(crate) namespace: String,
    client: Client,
    clouds: Vec<Simulator>,
    /// How often each was replaced.
    versions: Mutex<BTreeMap<Kind, u32>>,
}

impl Tenant {
    pub(crate) async fn new(
        number: usize,
        client: &Client,
        clouds: Vec<Simulator>,
        keys: &Value,
    ) -> Result<Self> {
        let namespace = format!("tenant-{number}");
        let metadata = ObjectMeta { name: Some(namespace.clone()), ..ObjectMeta::default() };
        let created = Namespace { metadata, ..Namespace::default() };
        Api::all(client.clone()).create(&PostParams::default(), &created).await?;
        let metadata = ObjectMeta { name: Some(ACCOUNT.to_owned()), ..ObjectMeta::default() };
        let account = ServiceAccount { metadata, ..ServiceAccount::default() };
        Api::namespaced(client.clone(), &namespace)
            .create(&PostParams::default(), &account)
            .await?;
        let tenant = Self { namespace, client: client.clone(), clouds, versions: Mutex::default() };
        for cloud in &tenant.clouds {
            let user = User::new(example::DOMAIN, tenant.user(), "-", example::PROJECT);
            cloud.add_user(user);
            tenant.trust(cloud, keys)?;
        }
        for kind in Kind::ALL {
            tenant.rotate(kind).await?;
        }
        Ok(tenant)
    }

    /// IAM trusts the cluster's service accounts.
    fn trust(&self, cloud: &Simulator, keys: &Value) -> Result<()> {
        let subject = format!("system:serviceaccount:{}:{ACCOUNT}", self.namespace);
        let mapping = Mapping::new(subject, example::DOMAIN, self.user(), example::PROJECT);
        let issuer = "https://kubernetes.default.svc";
        let provider = IdentityProvider::new(self.provider(), issuer, AUDIENCE);
        cloud.add_identity_provider(provider.jwks(keys.clone()).map(mapping))
    }

    fn provider(&self) -> String {
        format!("{PROVIDER}-{}", self.namespace)
    }

    fn user(&self) -> String {
        format!("user-{}", self.namespace)
    }

    /// `spec.auth` by this kind; `None`: by the service account.
    pub(crate) fn auth(&self, kind: Option<Kind>, iam: &str) -> Value {
        let mut auth = match kind {
            Some(Kind::Token) => json!({"tokenSecretRef": {"name": Kind::Token.secret()}}),
            Some(Kind::Password) => json!({"passwordSecretRef": {"name": Kind::Password.secret()}}),
            Some(Kind::Key) => json!({"accessKeySecretRef": {"name": Kind::Key.secret()}}),
            None => json!({"serviceAccount":
                {"name": ACCOUNT, "identityProvider": self.provider(), "audience": AUDIENCE}}),
        };
        auth["iamEndpoint"] = json!(iam);
        auth
    }

    /// The token that is in the Secret, or the name of the key.
    pub(crate) fn value(&self, kind: Kind) -> String {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let version = versions.get(&kind).copied().unwrap_or_default();
        drop(versions);
        self.value_of(kind, version)
    }

    fn value_of(&self, kind: Kind, version: u32) -> String {
        match kind {
            Kind::Token => format!("gAAAAAB{}-{version}", self.namespace),
            Kind::Password => format!("password-{}-{version}", self.namespace),
            Kind::Key => format!("AK{}{version}", self.namespace.to_uppercase()),
        }
    }

    /// Another value, good at every cloud, in the Secret. A password and a key die with that; of
    /// tokens each second.
    pub(crate) async fn rotate(&self, kind: Kind) -> Result<()> {
        let version = {
            let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
            let version = versions.entry(kind).or_default();
            *version += 1;
            *version
        };
        let value = self.value_of(kind, version);
        let before = self.value_of(kind, version - 1);
        for cloud in &self.clouds {
            match kind {
                Kind::Token => {
                    cloud.add_token(Token::new(&value, example::PROJECT));
                    if version % 2 == 0 {
                        cloud.revoke_token(&before)?;
                    }
                }
                Kind::Password => cloud.set_password(&self.user(), &value)?,
                Kind::Key => {
                    let secret = format!("secret-of-{value}");
                    cloud.add_access_key(
                        AccessKey::new(&value, secret, example::PROJECT).of_user(self.user()),
                    );
                    if version > 1 {
                        cloud.remove_access_key(&before)?;
                    }
                }
            }
        }
        self.put(kind, &value).await
    }

    /// The Secret with what is good.
    pub(crate) async fn put_back(&self, kind: Kind) -> Result<()> {
        self.put(kind, &self.value(kind)).await
    }

    /// The Secret with what no cloud knows.
    pub(crate) async fn put_wrong(&self, kind: Kind) -> Result<()> {
        self.put(kind, "what-nobody-knows").await
    }

    async fn put(&self, kind: Kind, value: &str) -> Result<()> {
        let data = match kind {
            Kind::Token => json!({"token": value}),
            Kind::Password => {
                json!({"username": self.user(), "password": value, "domain": example::DOMAIN})
            }
            Kind::Key => {
                json!({"accessKey": value, "secretKey": format!("secret-of-{value}")})
            }
        };
        let secret = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": kind.secret()}, "stringData": data});
        let parameters = PatchParams::apply("random-faults").force();
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let apply = Patch::Apply(&secret);
        let patched = insist(|| secrets.patch(kind.secret(), &parameters, &apply));
        patched.await.or(0).context("a Secret")
    }

    pub(crate) async fn remove(&self, kind: Kind) -> Result<()> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let parameters = DeleteParams::default();
        let deleted = insist(|| secrets.delete(kind.secret(), &parameters));
        deleted.await.or(404).context("a Secret")
    }

    /// The tokens that IAM has issued for the user. There may be none.
    pub(crate) fn end_tokens(&self, revoked: bool) {
        for cloud in &self.clouds {
            let _none = if revoked {
                cloud.revoke_tokens_of(&self.user())
            } else {
                cloud.expire_tokens_of(&self.user())
            };
        }
    }
}
