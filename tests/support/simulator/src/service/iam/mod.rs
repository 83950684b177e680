//! IAM, in the same place as CBR: tokens and temporary keys, for a password, another token, a
//! signature or the word of an identity provider.

mod asked;
mod exchange;
mod jwt;
mod login;
mod projects;
mod temporary_key;

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Service;
use super::caller::Owner;
use crate::behaviour::Timestamps;
use crate::clock::later;
use crate::log::Credential;
use crate::signature::sha256;
use crate::world::Token;
use asked::Scope;
pub(crate) use jwt::check_jwks;

/// Why a scope is not granted.
enum OutOfScope {
    NoSuchProject,
    NoRights,
}

/// The project that a token is for.
struct InScope {
    id: String,
    name: String,
}

/// A token that was issued: the body, and the value for the header.
pub(super) struct Issued {
    pub(super) body: Value,
    pub(super) token: HeaderValue,
}

impl Service {
    /// The project of a scope, by id or by name; without one the token is for none.
    fn in_scope(&self, scope: Option<Scope>, owner: &Owner) -> Result<Option<InScope>, OutOfScope> {
        let Some(asked) = scope.and_then(|scope| scope.project) else { return Ok(None) };
        if asked.domain.is_some_and(|domain| !domain.is(&owner.domain)) {
            return Err(OutOfScope::NoSuchProject);
        }
        let name_of = |id: &str| match self.inventory.project(id, false) {
            Some(project) => project.name().to_owned(),
            None => self.inventory.region.clone(),
        };
        match (asked.id, asked.name) {
            (Some(id), _) if owner.projects.contains(&id) => {
                Ok(Some(InScope { name: name_of(&id), id }))
            }
            (Some(id), _) if self.inventory.project(&id, false).is_some() => {
                Err(OutOfScope::NoRights)
            }
            (Some(_), _) | (None, None) => Err(OutOfScope::NoSuchProject),
            (None, Some(name)) => {
                let id = owner.projects.iter().find(|id| name_of(id) == name);
                let id = id.ok_or(OutOfScope::NoSuchProject)?.clone();
                Ok(Some(InScope { id, name }))
            }
        }
    }

    /// A token that the rest of the service takes from now on; `user` is as the answer shows it.
    fn issue(
        &mut self,
        (method, origin): (&str, Credential),
        owner: Owner,
        user: Value,
        project: Option<InScope>,
        (now, expires_at): (Timestamp, Timestamp),
    ) -> Issued {
        let mut value = format!("MII{}/{}+{}", random(), random(), random());
        while value.len() < self.behaviour.iam.token_length {
            value.push_str(&random());
        }
        let mut body = json!({
            "methods": [method],
            "issued_at": Timestamps::Zulu.format(now),
            "expires_at": microseconds(expires_at),
            "user": user,
        });
        if let Some(InScope { id, name }) = &project {
            body["project"] = json!({"id": id, "name": name, "domain": domain(&owner.domain)});
        }
        let project_id = project.map(|project| project.id).unwrap_or_default();
        let mut token = HeaderValue::try_from(&value).unwrap_or(HeaderValue::from_static(""));
        token.set_sensitive(true);
        self.tokens.issue(Token::new(value, project_id).expires_at(expires_at), origin, owner);
        Issued { body: json!({"token": body}), token }
    }

    /// When a token of this moment expires.
    fn expiry(&self, now: Timestamp) -> Timestamp {
        let seconds = i64::try_from(self.behaviour.iam.token_seconds).unwrap_or(i64::MAX);
        later(now, SignedDuration::from_secs(seconds))
    }
}

/// A user as answers show it.
fn user(owner: &Owner) -> Value {
    json!({"id": id_of(&owner.user), "name": owner.user, "domain": domain(&owner.domain)})
}

fn domain(name: &str) -> Value {
    json!({"id": id_of(name), "name": name})
}

/// The id of a domain or a user: it follows from the name.
fn id_of(name: &str) -> String {
    sha256(name.as_bytes()).chars().take(32).collect()
}

fn random() -> String {
    Uuid::new_v4().simple().to_string()
}

/// `2015-11-09T01:42:57.527363Z`
fn microseconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
