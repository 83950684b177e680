//! Who calls: a token or a signature says so.

use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;

use super::error::Refusal;
use super::inventory::folded;
use super::{Request, Service};
use crate::log::Authority;

/// The header with the token.
const TOKEN: &str = "x-auth-token";

/// The user behind a credential, in the account that the rights come from.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) domain: String,
    pub(super) user: String,
    pub(super) projects: Vec<String>,
}

impl Owner {
    /// Of a credential that a test put here.
    pub(super) fn nobody(projects: Vec<String>) -> Self {
        Self { domain: String::new(), user: String::new(), projects }
    }
}

/// A caller whose credential is good.
pub(super) struct Caller {
    pub(super) authority: Authority,
    /// What the credential is for; an empty one is none.
    pub(super) projects: Vec<String>,
    /// What its user may do, which is more.
    pub(super) owner: Owner,
}

/// The token of a request, if it has one.
pub(crate) fn token(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(TOKEN).map(HeaderValue::as_bytes)
}

impl Service {
    /// Who calls.
    pub(super) fn caller(
        &mut self,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Caller, Refusal> {
        match (token(request.headers), request.headers.get("authorization")) {
            (Some(_), Some(_)) => Err(Refusal::gateway(
                StatusCode::BAD_REQUEST,
                "APIG.0201",
                "X-Auth-Token together with Authorization: which of the two counts is documented \
                 nowhere, so a client must not send both.",
            )),
            (None, None) => Err(self
                .unauthorized("Incorrect IAM authentication information: x-auth-token not found")),
            (Some(token), None) => self.tokens.caller(token, &self.behaviour, now),
            (None, Some(_)) => {
                let signed = self.access_keys.caller(request, now);
                let caller = signed.map_err(|message| self.unauthorized(&message))?;
                Ok(self.with_rights_of_user(caller))
            }
        }
    }

    /// The key of a user that is known here: it may do in IAM what the user may.
    fn with_rights_of_user(&self, caller: Caller) -> Caller {
        let user = caller.authority.user.as_deref().filter(|_| caller.owner.user.is_empty());
        match user.and_then(|user| self.users.owner(user)) {
            Some(owner) => Caller { owner, ..caller },
            None => caller,
        }
    }

    /// Who calls, if it may act in the project of the path.
    pub(super) fn authenticate(
        &mut self,
        request: &Request<'_>,
        project_id: &str,
        now: Timestamp,
    ) -> Result<Authority, Refusal> {
        let caller = self.caller(request, now)?;
        let forbidden = |message| {
            Refusal::auth(self.behaviour.auth_errors, StatusCode::FORBIDDEN, "APIGW.0310", message)
        };
        let any = self.behaviour.any_spelling;
        let same = |id: &str| id == project_id || (any && folded(id) == folded(project_id));
        let named = request.headers.get("x-project-id");
        if named.is_some() && request.headers.contains_key("x-domain-id") {
            return Err(Refusal::gateway(
                StatusCode::BAD_REQUEST,
                "APIG.0201",
                "X-Project-Id together with X-Domain-Id: no client of the vendor sends both.",
            ));
        }
        if named.is_some_and(|id| !id.to_str().is_ok_and(same)) {
            return Err(forbidden("X-Project-Id is not the project of the path."));
        }
        if !caller.projects.iter().any(|id| id == project_id) {
            return Err(forbidden(
                "The project ID in the request does not match that of the token.",
            ));
        }
        Ok(caller.authority)
    }

    /// Refuses a credential.
    fn unauthorized(&self, message: &str) -> Refusal {
        let shape = self.behaviour.auth_errors;
        Refusal::auth(shape, StatusCode::UNAUTHORIZED, "APIGW.0301", message)
    }

    /// Refuses a request that is longer than the gateway lets pass.
    pub(super) fn check_headers(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(limits) = self.behaviour.header_limits else { return Ok(()) };
        let mut total = 0;
        for (name, value) in headers {
            let length = name.as_str().len() + value.len();
            total += length;
            if length > limits.each {
                return Err(too_large(format!("The header {name} is too large.")));
            }
        }
        if total > limits.total {
            return Err(too_large("The headers are too large.".to_owned()));
        }
        Ok(())
    }
}

fn too_large(message: String) -> Refusal {
    // 494 is no status that has a name, but one that can be.
    let status = StatusCode::from_u16(494).unwrap_or(StatusCode::BAD_REQUEST);
    Refusal::gateway(status, "APIG.0201", message)
}
