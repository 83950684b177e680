//! Keys that sign requests.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

/// An access key with its secret (AK/SK); a temporary one has a security token as well.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    pub access: String,
    pub secret: String,
    /// Of a temporary key: every request has to bring it.
    #[serde(default)]
    pub security_token: Option<String>,
    /// `None` for a key that does not expire.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The user whose key it is, by name: the log says who called.
    #[serde(default)]
    pub user: Option<String>,
    /// The projects that it may act in.
    #[serde(default)]
    pub projects: Vec<String>,
}

impl AccessKey {
    /// A permanent key for one project.
    pub fn new(
        access: impl Into<String>,
        secret: impl Into<String>,
        project_id: impl Into<String>,
    ) -> Self {
        Self {
            access: access.into(),
            secret: secret.into(),
            security_token: None,
            expires_at: None,
            user: None,
            projects: vec![project_id.into()],
        }
    }

    /// The same key as a temporary one.
    pub fn temporary(self, security_token: impl Into<String>, expires_at: Timestamp) -> Self {
        Self { security_token: Some(security_token.into()), expires_at: Some(expires_at), ..self }
    }

    /// The same key as a user's.
    pub fn of_user(self, name: impl Into<String>) -> Self {
        Self { user: Some(name.into()), ..self }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access, secret: _, security_token, expires_at, user, projects } = self;
        f.debug_struct("AccessKey")
            .field("access", access)
            .field("temporary", &security_token.is_some())
            .field("expires_at", expires_at)
            .field("user", user)
            .field("projects", projects)
            .finish_non_exhaustive()
    }
}
