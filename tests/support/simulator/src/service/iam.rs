//! `POST /v3/auth/tokens`: IAM, in the same place as CBR.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Service;
use super::error::Refusal;
use crate::behaviour::Timestamps;
use crate::world::Token;

/// How long a token lives.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Deserialize)]
struct Asked {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    identity: Identity,
    scope: Option<Scope>,
}

#[derive(Deserialize)]
struct Identity {
    methods: Vec<String>,
    password: ByPassword,
}

#[derive(Deserialize)]
struct ByPassword {
    user: Who,
}

#[derive(Deserialize)]
struct Who {
    name: String,
    password: String,
    domain: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Scope {
    project: Option<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

impl Service {
    /// A token that the rest of the service takes from now on. Without a project in the scope it is
    /// for none.
    pub(super) fn issue_token(&mut self, body: &[u8]) -> Result<(Value, HeaderValue), Refusal> {
        let unreadable = || Refusal::iam(StatusCode::BAD_REQUEST, "The request body is invalid");
        let Asked { auth: Auth { identity, scope } } =
            serde_json::from_slice(body).map_err(|_| unreadable())?;
        if identity.methods != ["password"] {
            return Err(unreadable());
        }
        let Who { name, password, domain } = identity.password.user;
        let wrong = || Refusal::iam(StatusCode::UNAUTHORIZED, "The username or password is wrong.");
        let found = self.users.iter().find(|user| user.domain == domain.name && user.name == name);
        let user = found.filter(|user| user.password == password).ok_or_else(wrong)?;
        let project = scope.and_then(|scope| scope.project).map(|project| project.id);
        if project.as_ref().is_some_and(|id| !user.projects.contains(id)) {
            return Err(Refusal::iam(
                StatusCode::UNAUTHORIZED,
                "The user has no access to the project.",
            ));
        }

        let value = format!(
            "MII{}/{}+{}",
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple()
        );
        let mut header = HeaderValue::from_str(&value).map_err(|_| unreadable())?;
        header.set_sensitive(true);
        let (issued_at, expires_at) = (Timestamp::now(), Timestamp::now() + LIFETIME);
        let mut token = json!({
            "methods": ["password"],
            "issued_at": Timestamps::Zulu.format(issued_at),
            "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
            "user": {"name": name, "domain": {"name": domain.name}},
        });
        if let Some(id) = &project {
            token["project"] =
                json!({"id": id, "name": self.inventory.region, "domain": {"name": domain.name}});
        }
        self.tokens.add(Token::new(value, project.unwrap_or_default()).expires_at(expires_at));
        Ok((json!({"token": token}), header))
    }
}
