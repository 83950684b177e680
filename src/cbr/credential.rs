//! What authorizes a request: one concept for all kinds of credentials.

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use super::access_key::AccessKey;
use super::credential_id::CredentialId;
use super::redaction::Redact;
use super::token::Token;
use super::unsigned::Unsigned;

/// What authorizes a request. Cannot be printed or serialised.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Sent as `X-Auth-Token`.
    Token(Token),
    /// Signs the request. Never beside a token: which of the two would count is not documented.
    AccessKey(AccessKey),
}

impl Credential {
    /// Which credential this is, for what is shared among users of the same one.
    pub fn id(&self) -> CredentialId {
        match self {
            Self::Token(token) => token.id(),
            Self::AccessKey(key) => key.id(),
        }
    }

    /// Whether the cloud locks it, for all who use it, after some refused requests in a row.
    pub(crate) fn is_locked_by_refusals(&self) -> bool {
        match self {
            Self::Token(_) => false,
            Self::AccessKey(_) => true,
        }
    }

    /// The headers that authorize the request, at this moment; and the same credential, which finds
    /// all that these headers hold in an echo.
    pub(super) fn authorize(
        &self,
        request: &Unsigned<'_>,
        now: Timestamp,
    ) -> (Vec<(HeaderName, HeaderValue)>, Self) {
        match self {
            Self::Token(token) => {
                let header = (HeaderName::from_static("x-auth-token"), token.header_value());
                (vec![header], self.clone())
            }
            Self::AccessKey(key) => {
                let (headers, key) = key.sign(request, now);
                (headers, Self::AccessKey(key))
            }
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
