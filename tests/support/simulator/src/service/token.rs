//! Tokens: who may call, and for which project.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use http::StatusCode;
use jiff::Timestamp;

use super::caller::{Caller, Owner};
use super::error::Refusal;
use crate::behaviour::{Behaviour, ExpiredToken};
use crate::log::{Authority, Credential};
use crate::world::Token;

/// The tokens by value.
#[derive(Default)]
pub(crate) struct Tokens(HashMap<String, Held>);

struct Held {
    token: Token,
    origin: Credential,
    /// `None` for one that a test put here.
    owner: Option<Owner>,
}

impl Tokens {
    pub(crate) fn add(&mut self, token: Token) {
        let held = Held { token, origin: Credential::Token, owner: None };
        self.0.insert(held.token.value.clone(), held);
    }

    /// One that IAM issued.
    pub(super) fn issue(&mut self, token: Token, origin: Credential, owner: Owner) {
        self.0.insert(token.value.clone(), Held { token, origin, owner: Some(owner) });
    }

    /// Makes a token expire now. It stays known: the gateway says so in its own words.
    pub(crate) fn expire(&mut self, value: &str, now: Timestamp) -> Result<()> {
        // The value must not appear in an error: a token is a secret.
        let held = self.0.get_mut(value).context("no such token to expire")?;
        held.token.expires_at = Some(now);
        Ok(())
    }

    /// Forgets a token, as after a change of password.
    pub(crate) fn revoke(&mut self, value: &str) -> Result<()> {
        self.0.remove(value).context("no such token to revoke").map(|_| ())
    }

    /// Makes all that a user was issued expire now. Fails where there is none.
    pub(crate) fn expire_all_of(&mut self, user: &str, now: Timestamp) -> Result<()> {
        let mut found = false;
        for held in self.0.values_mut().filter(|held| held.is_of(user)) {
            held.token.expires_at = Some(now);
            found = true;
        }
        ensure!(found, "{user} has no token to expire");
        Ok(())
    }

    /// Forgets all that a user was issued. Fails where there is none.
    pub(crate) fn revoke_all_of(&mut self, user: &str) -> Result<()> {
        ensure!(self.forget_all_of(user) > 0, "{user} has no token to revoke");
        Ok(())
    }

    /// How many tokens of a user there were.
    pub(crate) fn forget_all_of(&mut self, user: &str) -> usize {
        let before = self.0.len();
        self.0.retain(|_, held| !held.is_of(user));
        before - self.0.len()
    }

    /// When a token expires.
    pub(super) fn expires_at(&self, value: &str) -> Option<Timestamp> {
        self.0.get(value).and_then(|held| held.token.expires_at)
    }

    /// Who comes with this token.
    pub(super) fn caller(
        &self,
        value: &[u8],
        behaviour: &Behaviour,
        now: Timestamp,
    ) -> Result<Caller, Refusal> {
        let unauthorized = |code, message: &str| {
            Refusal::auth(behaviour.auth_errors, StatusCode::UNAUTHORIZED, code, message)
        };
        let known = std::str::from_utf8(value).ok().and_then(|value| self.0.get(value));
        let Some(Held { token, origin, owner }) = known else {
            return Err(unauthorized(
                "APIGW.0301",
                "Incorrect IAM authentication information: decrypt token fail",
            ));
        };
        if let Some(expires_at) = token.expires_at.filter(|expires_at| *expires_at <= now) {
            return Err(match behaviour.expired_token {
                ExpiredToken::MustBeUpdated => {
                    unauthorized("APIGW.0307", "The token must be updated.")
                }
                ExpiredToken::Expired => {
                    let message = format!(
                        "Incorrect IAM authentication information: token expires, expires_at: \
                         {expires_at}"
                    );
                    unauthorized("APIGW.0301", &message)
                }
            });
        }
        let projects = vec![token.project_id.clone()];
        let user = owner.as_ref().map(|owner| owner.user.clone());
        let owner = owner.clone().unwrap_or_else(|| Owner::nobody(projects.clone()));
        Ok(Caller { authority: Authority { credential: *origin, user }, projects, owner })
    }
}

impl Held {
    fn is_of(&self, user: &str) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.user == user)
    }
}
