//! What authorizes a request: one concept for all kinds of credentials.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::LazyLock;

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use url::Url;

use super::access_key::AccessKey;
use super::ids::ProjectId;
use super::redaction::Redact;
use super::token::Token;

/// What authorizes a request. Cannot be printed or serialised.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Sent as `X-Auth-Token`.
    Token(Token),
    /// Signs the request. Never beside a token: which of the two would count is not documented.
    AccessKey(AccessKey),
}

/// A request that is about to leave.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'static str,
    pub(super) url: &'a Url,
    /// The project that owns what the request is about.
    pub(super) project_id: &'a ProjectId,
    pub(super) content_type: Option<&'static str>,
    /// Exactly the bytes that leave.
    pub(super) body: &'a [u8],
}

impl Credential {
    /// Which credential this is, for what is shared among users of the same one.
    pub fn id(&self) -> CredentialId {
        match self {
            Self::Token(token) => token.id(),
            Self::AccessKey(key) => key.id(),
        }
    }

    /// The headers that authorize the request, at this moment.
    pub(super) fn headers(
        &self,
        request: &Unsigned<'_>,
        now: Timestamp,
    ) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::Token(token) => {
                vec![(HeaderName::from_static("x-auth-token"), token.header_value())]
            }
            Self::AccessKey(key) => key.headers(request, now),
        }
    }
}

impl From<Token> for Credential {
    fn from(token: Token) -> Self {
        Self::Token(token)
    }
}

impl Redact for Credential {
    fn redact(&self, text: &str) -> String {
        match self {
            Self::Token(token) => token.redact(text),
            Self::AccessKey(key) => key.redact(text),
        }
    }
}

/// Equal exactly for equal credentials, within one process. 128 bits under keys that are drawn at
/// random at the start and never leave the process: nothing about the credential can be learnt from
/// it, so a map may keep it for long.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialId([u64; 2]);

impl CredentialId {
    /// Of all values that make it, in a fixed order.
    pub fn of(values: &[&str]) -> Self {
        static KEYS: LazyLock<[RandomState; 2]> =
            LazyLock::new(|| [RandomState::new(), RandomState::new()]);
        Self(KEYS.each_ref().map(|key| key.hash_one(values)))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialId")
    }
}
