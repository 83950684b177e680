//! What IAM is asked for.

use serde_json::json;

use super::password::Password;
use crate::cbr::ids::ProjectId;

/// A user, and the project that the token is to be for. CBR takes no token of another scope.
#[derive(Debug)]
pub struct Login {
    /// The domain, which is the cloud's word for the account.
    pub domain: String,
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: Password,
    /// The project whose backups the token is for.
    pub project: ProjectId,
}

impl Login {
    pub(in crate::cbr) fn to_json(&self) -> String {
        let Self { domain, user, password, project } = self;
        let user = json!({"name": user, "password": password.expose(), "domain": {"name": domain}});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        json!({"auth": {"identity": identity, "scope": {"project": {"id": project.as_str()}}}})
            .to_string()
    }
}
