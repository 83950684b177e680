//! Users with a password, and tokens.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

/// A token, scoped to one project.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub value: String,
    pub project_id: String,
    /// `None` for a token that does not expire.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

impl Token {
    /// A token that does not expire.
    pub fn new(value: impl Into<String>, project_id: impl Into<String>) -> Self {
        Self { value: value.into(), project_id: project_id.into(), expires_at: None }
    }

    /// The same token with an expiry.
    pub fn expires_at(self, expires_at: Timestamp) -> Self {
        Self { expires_at: Some(expires_at), ..self }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value: _, project_id, expires_at } = self;
        f.debug_struct("Token")
            .field("project_id", project_id)
            .field("expires_at", expires_at)
            .finish_non_exhaustive()
    }
}

/// A user of IAM, by name within a domain.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub domain: String,
    pub name: String,
    pub password: String,
    /// The projects that the user has rights in.
    #[serde(default)]
    pub projects: Vec<String>,
}

impl User {
    /// A user with rights in one project.
    pub fn new(
        domain: impl Into<String>,
        name: impl Into<String>,
        password: impl Into<String>,
        project_id: impl Into<String>,
    ) -> Self {
        Self {
            domain: domain.into(),
            name: name.into(),
            password: password.into(),
            projects: vec![project_id.into()],
        }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, name, password: _, projects } = self;
        f.debug_struct("User")
            .field("domain", domain)
            .field("name", name)
            .field("projects", projects)
            .finish_non_exhaustive()
    }
}
