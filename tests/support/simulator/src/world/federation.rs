//! Who is let in on another's word: identity providers and agencies.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An identity provider of type OpenID Connect: tokens that it signed are exchanged for IAM's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// Its name in IAM, which `X-Idp-Id` carries.
    pub id: String,
    pub issuer: String,
    /// The client id: what `aud` has to name.
    pub audience: String,
    /// `{"keys": [...]}` as the issuer publishes it, with keys for RS256 or ES256. `None`: nobody
    /// checks signatures.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// The first that fits decides. A subject that none fits is forbidden.
    #[serde(default)]
    pub mapping: Vec<Mapping>,
}

impl IdentityProvider {
    /// A provider without keys and mapping.
    pub fn new(
        id: impl Into<String>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            issuer: issuer.into(),
            audience: audience.into(),
            jwks: None,
            mapping: Vec::new(),
        }
    }

    /// The same provider, whose signatures are checked from now on.
    pub fn jwks(self, jwks: Value) -> Self {
        Self { jwks: Some(jwks), ..self }
    }

    /// The same provider with one more mapping, after those that it has.
    pub fn map(mut self, mapping: Mapping) -> Self {
        self.mapping.push(mapping);
        self
    }
}

/// Whom a subject becomes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// `*` stands for any characters, as in `system:serviceaccount:tenants:*`.
    pub subject: String,
    pub domain: String,
    pub user: String,
    /// The projects that such a user may act in.
    pub projects: Vec<String>,
}

impl Mapping {
    /// A user for one project.
    pub fn new(
        subject: impl Into<String>,
        domain: impl Into<String>,
        user: impl Into<String>,
        project_id: impl Into<String>,
    ) -> Self {
        Self {
            subject: subject.into(),
            domain: domain.into(),
            user: user.into(),
            projects: vec![project_id.into()],
        }
    }

    pub(crate) fn fits(&self, subject: &str) -> bool {
        let mut pieces = self.subject.split('*');
        let Some(mut rest) = subject.strip_prefix(pieces.next().unwrap_or_default()) else {
            return false;
        };
        let pieces: Vec<&str> = pieces.collect();
        let Some((last, between)) = pieces.split_last() else { return rest.is_empty() };
        for piece in between {
            let Some(found) = rest.find(piece) else { return false };
            rest = &rest[found + piece.len()..];
        }
        rest.ends_with(last)
    }
}

/// What one domain lets the users of another do in its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// The domain that delegates.
    pub domain: String,
    pub name: String,
    /// The domain whose users may assume it.
    pub trusted_domain: String,
    /// Projects of the domain that delegates.
    pub projects: Vec<String>,
}

impl Agency {
    /// An agency for one project.
    pub fn new(
        domain: impl Into<String>,
        name: impl Into<String>,
        trusted_domain: impl Into<String>,
        project_id: impl Into<String>,
    ) -> Self {
        Self {
            domain: domain.into(),
            name: name.into(),
            trusted_domain: trusted_domain.into(),
            projects: vec![project_id.into()],
        }
    }
}
