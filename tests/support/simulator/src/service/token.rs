//! Tokens: who may call, and for which project.

use std::collections::HashMap;

use anyhow::{Context, Result};
use http::StatusCode;
use jiff::Timestamp;

use super::error::Refusal;
use crate::behaviour::AuthErrors;
use crate::world::Token;

/// The tokens by value.
#[derive(Default)]
pub(crate) struct Tokens(HashMap<String, Token>);

impl Tokens {
    pub(crate) fn add(&mut self, token: Token) {
        self.0.insert(token.value.clone(), token);
    }

    /// Makes a token expire now. It stays known: the gateway says so in its own words.
    pub(crate) fn expire(&mut self, value: &str) -> Result<()> {
        // The value must not appear in an error: a token is a secret.
        let token = self.0.get_mut(value).context("no such token to expire")?;
        token.expires_at = Some(Timestamp::now());
        Ok(())
    }

    /// Forgets a token, as after a change of password.
    pub(crate) fn revoke(&mut self, value: &str) -> Result<()> {
        self.0.remove(value).context("no such token to revoke").map(|_| ())
    }

    /// Whether the token may act in the project.
    pub(crate) fn check(
        &self,
        value: Option<&[u8]>,
        project_id: &str,
        shape: AuthErrors,
    ) -> Result<(), Refusal> {
        let unauthorized =
            |code, message| Refusal::auth(shape, StatusCode::UNAUTHORIZED, code, message);
        let known = value
            .and_then(|value| std::str::from_utf8(value).ok())
            .and_then(|value| self.0.get(value));
        let Some(token) = known else {
            return Err(unauthorized(
                "APIGW.0301",
                "Incorrect IAM authentication information: decrypt token fail",
            ));
        };
        if token.expires_at.is_some_and(|expires_at| expires_at <= Timestamp::now()) {
            return Err(unauthorized("APIGW.0307", "The token must be updated."));
        }
        if token.project_id != project_id {
            let message = "The project ID in the request does not match that of the token.";
            return Err(Refusal::auth(shape, StatusCode::FORBIDDEN, "APIGW.0310", message));
        }
        Ok(())
    }
}
