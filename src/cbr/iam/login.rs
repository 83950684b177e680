//! What IAM is asked for: always a token of one project, since CBR takes none of another scope.

use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use url::Url;

use super::user::{Domain, User};
use crate::cbr::endpoint::Endpoint;
use crate::cbr::ids::ProjectId;
use crate::cbr::redaction::Redact;
use crate::cbr::token::Token;

/// How somebody logs in.
#[derive(Clone, Copy, Debug)]
pub enum Login<'a> {
    /// With a name and a password: `POST /v3/auth/tokens`.
    Password {
        /// Who.
        user: &'a User,
        /// The project whose backups the token is for.
        project: &'a ProjectId,
    },
    /// With an ID token that the cloud's identity provider trusts:
    /// `POST /v3.0/OS-AUTH/id-token/tokens`.
    IdToken {
        /// The provider's name in IAM.
        provider: &'a str,
        /// A JSON Web Token, as Kubernetes issues them for service accounts.
        id_token: &'a Token,
        /// The project whose backups the token is for.
        project: &'a ProjectId,
    },
}

impl Login<'_> {
    pub(in crate::cbr) fn url(&self, iam: &Endpoint) -> Url {
        match self {
            Self::Password { user: _, project: _ } => iam.tokens_url(),
            Self::IdToken { provider: _, id_token: _, project: _ } => iam.id_token_url(),
        }
    }

    /// The headers that only this kind of login has.
    pub(in crate::cbr) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Password { user: _, project: _ } => None,
            Self::IdToken { provider, id_token: _, project: _ } => {
                let value = HeaderValue::try_from(*provider).ok()?;
                Some((HeaderName::from_static("x-idp-id"), value))
            }
        }
    }

    pub(in crate::cbr) fn to_json(self) -> String {
        let scope = json!({"project": {"id": self.project().as_str()}});
        match self {
            Self::Password { user, project: _ } => {
                let User { domain, name, password } = user;
                let domain: Value = match domain {
                    Domain::Name(name) => json!({"name": name}),
                    Domain::Id(id) => json!({"id": id}),
                };
                let user = json!({"name": name, "password": password.expose(), "domain": domain});
                let identity = json!({"methods": ["password"], "password": {"user": user}});
                json!({"auth": {"identity": identity, "scope": scope}})
            }
            Self::IdToken { provider: _, id_token, project: _ } => {
                json!({"auth": {"id_token": {"id": id_token.expose()}, "scope": scope}})
            }
        }
        .to_string()
    }

    /// Whether it is by a password: IAM locks a user after some wrong ones.
    pub fn has_a_password(&self) -> bool {
        match self {
            Self::Password { user: _, project: _ } => true,
            Self::IdToken { provider: _, id_token: _, project: _ } => false,
        }
    }

    pub(super) fn project(&self) -> &ProjectId {
        match self {
            Self::Password { user: _, project }
            | Self::IdToken { provider: _, id_token: _, project } => project,
        }
    }

    /// Whether the answer must name the project. That of a federated login may not.
    pub(super) fn must_name_the_project(&self) -> bool {
        match self {
            Self::Password { user: _, project: _ } => true,
            Self::IdToken { provider: _, id_token: _, project: _ } => false,
        }
    }
}

impl Redact for Login<'_> {
    fn redact(&self, text: &str) -> String {
        match self {
            Self::Password { user, project: _ } => user.redact(text),
            Self::IdToken { provider: _, id_token, project: _ } => id_token.redact(text),
        }
    }
}
