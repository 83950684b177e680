//! The bodies of requests to IAM. Members that are not known are let pass.

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::id_of;
use crate::service::error::Refusal;

/// `{"auth": …}`
#[derive(Deserialize)]
pub(super) struct Asked<T> {
    pub(super) auth: T,
}

/// What is asked at `/v3/auth/tokens` and for temporary keys.
#[derive(Deserialize)]
pub(super) struct Auth {
    pub(super) identity: Identity,
    pub(super) scope: Option<Scope>,
}

#[derive(Deserialize)]
pub(super) struct Identity {
    pub(super) methods: Vec<String>,
    pub(super) password: Option<ByPassword>,
    pub(super) token: Option<ByToken>,
    pub(super) assume_role: Option<AssumeRole>,
}

#[derive(Deserialize)]
pub(super) struct ByPassword {
    pub(super) user: Who,
}

#[derive(Deserialize)]
pub(super) struct Who {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) domain: Named,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct ByToken {
    pub(super) id: Option<String>,
    pub(super) duration_seconds: Option<i64>,
}

/// The documentation says `agency_name` and its example `xrole_name`: each will do.
#[derive(Deserialize)]
pub(super) struct AssumeRole {
    pub(super) domain_id: Option<String>,
    pub(super) domain_name: Option<String>,
    #[serde(alias = "xrole_name")]
    pub(super) agency_name: String,
    pub(super) duration_seconds: Option<i64>,
}

impl AssumeRole {
    pub(super) fn is_in(&self, domain: &str) -> bool {
        match (&self.domain_name, &self.domain_id) {
            (Some(name), _) => name == domain,
            (None, Some(id)) => *id == id_of(domain),
            (None, None) => false,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Scope {
    pub(super) project: Option<ProjectScope>,
}

#[derive(Deserialize)]
pub(super) struct ProjectScope {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) domain: Option<DomainScope>,
}

#[derive(Deserialize)]
pub(super) struct DomainScope {
    id: Option<String>,
    name: Option<String>,
}

impl DomainScope {
    pub(super) fn is(&self, domain: &str) -> bool {
        self.name.as_deref().is_none_or(|name| name == domain)
            && self.id.as_deref().is_none_or(|id| id == id_of(domain))
    }
}

/// What is asked at `/v3.0/OS-AUTH/id-token/tokens`.
#[derive(Deserialize)]
pub(super) struct IdTokenAuth {
    pub(super) id_token: IdToken,
    pub(super) scope: Option<Scope>,
}

#[derive(Deserialize)]
pub(super) struct IdToken {
    pub(super) id: String,
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map(|Asked { auth }| auth).map_err(|_| invalid())
}

/// The request is not as documented.
pub(super) fn invalid() -> Refusal {
    Refusal::iam(StatusCode::BAD_REQUEST, "The request body is invalid")
}
