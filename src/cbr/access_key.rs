//! An access key: read once, used for signatures alone, shown never.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::credential_id::CredentialId;
use super::redaction::{Redact, Runs};
use super::signature::{self, Signed};
use super::unsigned::Unsigned;

/// Longest of its three values, in bytes. Security tokens are of some kilobytes; the gateway takes
/// headers of 32 KiB at most.
const MAX_BYTES: usize = 32 * 1024;

/// An access key with its secret key, and for a temporary one its security token. Cannot be printed
/// or serialised.
#[derive(Clone)]
pub struct AccessKey(Arc<KeyValues>);

struct KeyValues {
    access: String,
    secret: SecretString,
    security_token: Option<SecretString>,
    runs: OnceLock<Vec<Runs>>,
}

/// Why bytes are no part of an access key. Never repeats them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccessKey {
    /// Longer than any header that the gateway takes.
    #[error("it is longer than 32 KiB")]
    TooLong,
    /// Text with white space or control characters in it, or no text at all.
    #[error("it has a space, a line break or another character in it that no key has")]
    NotAKey,
    /// A whole document in place of a value.
    #[error("it holds a JSON document; put each value alone under a key of its own")]
    Document,
}

/// One of its values, without the white space around it (a final line break, mostly). `None` where
/// nothing is left.
///
/// # Errors
/// Where what is left can be no part of a key.
fn part(bytes: &[u8]) -> Result<Option<&str>, InvalidAccessKey> {
    let trimmed = bytes.trim_ascii();
    if trimmed.len() > MAX_BYTES {
        return Err(InvalidAccessKey::TooLong);
    }
    if trimmed.starts_with(b"{") {
        return Err(InvalidAccessKey::Document);
    }
    let printable = trimmed.iter().all(u8::is_ascii_graphic);
    let text = std::str::from_utf8(trimmed).ok().filter(|_| printable);
    text.map(|text| Some(text).filter(|text| !text.is_empty())).ok_or(InvalidAccessKey::NotAKey)
}

/// Which value of an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// The access key id.
    Access,
    /// The secret key.
    Secret,
    /// The security token of a temporary key.
    SecurityToken,
}

/// Why there is no access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAccessKey {
    /// This value is missing or empty.
    Missing(KeyPart),
    /// This value cannot be what it should be.
    Invalid(KeyPart, InvalidAccessKey),
}

impl AccessKey {
    /// Takes a Secret's bytes.
    ///
    /// # Errors
    /// Where a value is missing, or cannot be what it should be.
    pub fn from_bytes(
        access: &[u8],
        secret: &[u8],
        security_token: Option<&[u8]>,
    ) -> Result<Self, NoAccessKey> {
        let read = |which, bytes| part(bytes).map_err(|why| NoAccessKey::Invalid(which, why));
        let access = read(KeyPart::Access, access)?.ok_or(NoAccessKey::Missing(KeyPart::Access))?;
        // It stands in a header that commas divide.
        if !access.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return Err(NoAccessKey::Invalid(KeyPart::Access, InvalidAccessKey::NotAKey));
        }
        let secret = read(KeyPart::Secret, secret)?.ok_or(NoAccessKey::Missing(KeyPart::Secret))?;
        let security_token = match security_token {
            Some(bytes) => read(KeyPart::SecurityToken, bytes)?.map(SecretString::from),
            None => None,
        };
        Ok(Self(Arc::new(KeyValues {
            access: access.to_owned(),
            secret: SecretString::from(secret),
            security_token,
            runs: OnceLock::new(),
        })))
    }

    /// Which credential this is.
    pub(super) fn id(&self) -> CredentialId {
        CredentialId::of(&self.values())
    }

    /// The headers that authorize the request: to be made at the last moment, since the cloud
    /// refuses a signature that is more than 15 minutes old.
    pub(super) fn headers(
        &self,
        request: &Unsigned<'_>,
        now: Timestamp,
    ) -> Vec<(HeaderName, HeaderValue)> {
        let Unsigned { method, url, project_id, content_type, body } = request;
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut host = url.host_str().unwrap_or_default().to_owned();
        if let Some(port) = url.port() {
            host.push_str(&format!(":{port}"));
        }
        let mut sent =
            vec![("x-sdk-date", date.clone()), ("x-project-id", project_id.as_str().to_owned())];
        if let Some(token) = &self.0.security_token {
            sent.push(("x-security-token", token.expose_secret().to_owned()));
        }
        let mut headers = vec![("host", host)];
        headers.extend(content_type.map(|value| ("content-type", value.to_owned())));
        headers.extend(sent.iter().cloned());
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let signed = Signed { method, path: url.path(), query: &query, headers: &headers, body };
        let secret = self.0.secret.expose_secret().as_bytes();
        let authorization = signature::authorization(&signed, &date, &self.0.access, secret);
        sent.push(("authorization", authorization));
        sent.into_iter()
            .filter_map(|(name, value)| {
                let mut value = HeaderValue::try_from(value).ok()?;
                value.set_sensitive(!matches!(name, "x-sdk-date" | "x-project-id"));
                Some((HeaderName::from_static(name), value))
            })
            .collect()
    }

    fn values(&self) -> Vec<&str> {
        let KeyValues { access, secret, security_token, runs: _ } = &*self.0;
        let token = security_token.as_ref().map(|token| token.expose_secret());
        [access.as_str(), secret.expose_secret()].into_iter().chain(token).collect()
    }
}

impl Redact for AccessKey {
    /// Without the secret key, the security token and the access key id: who may read a status need
    /// not know whose key it is.
    fn redact(&self, text: &str) -> String {
        let runs = self.0.runs.get_or_init(|| self.values().into_iter().map(Runs::of).collect());
        runs.iter().fold(text.to_owned(), |text, runs| runs.redact(&text))
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey([redacted])")
    }
}
