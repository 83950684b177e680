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
pub struct AccessKey {
    values: Arc<KeyValues>,
    /// Of the signature that it made last.
    signature: Option<Arc<Runs>>,
}

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
        let values = KeyValues {
            access: access.to_owned(),
            secret: SecretString::from(secret),
            security_token,
            runs: OnceLock::new(),
        };
        Ok(Self { values: Arc::new(values), signature: None })
    }

    /// Which credential this is.
    pub(super) fn id(&self) -> CredentialId {
        CredentialId::of(&self.values())
    }

    /// The headers that authorize the request: to be made at the last moment, since the cloud
    /// refuses a signature that is more than 15 minutes old. And the same key, which finds that
    /// signature in an echo, too.
    pub(super) fn sign(
        &self,
        request: &Unsigned<'_>,
        now: Timestamp,
    ) -> (Vec<(HeaderName, HeaderValue)>, Self) {
        let Unsigned { method, url, project_id, content_type, body } = request;
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut host = url.host_str().unwrap_or_default().to_owned();
        if let Some(port) = url.port() {
            host.push_str(&format!(":{port}"));
        }
        let mut sent =
            vec![("x-sdk-date", date.clone()), ("x-project-id", project_id.as_str().to_owned())];
        if let Some(token) = &self.values.security_token {
            sent.push(("x-security-token", token.expose_secret().to_owned()));
        }
        let mut headers = vec![("host", host)];
        headers.extend(content_type.map(|value| ("content-type", value.to_owned())));
        headers.extend(sent.iter().cloned());
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let signed = Signed { method, path: url.path(), query: &query, headers: &headers, body };
        let secret = self.values.secret.expose_secret().as_bytes();
        let authorization = signature::authorization(&signed, &date, &self.values.access, secret);
        let signature = signature::of_authorization(&authorization).map(Runs::of).map(Arc::new);
        sent.push(("authorization", authorization));
        let headers = sent
            .into_iter()
            .filter_map(|(name, value)| {
                let mut value = HeaderValue::try_from(value).ok()?;
                value.set_sensitive(!matches!(name, "x-sdk-date" | "x-project-id"));
                Some((HeaderName::from_static(name), value))
            })
            .collect();
        (headers, Self { values: self.values.clone(), signature })
    }

    fn values(&self) -> Vec<&str> {
        let KeyValues { access, secret, security_token, runs: _ } = &*self.values;
        let token = security_token.as_ref().map(|token| token.expose_secret());
        [access.as_str(), secret.expose_secret()].into_iter().chain(token).collect()
    }
}

impl Redact for AccessKey {
    /// Without the secret key, the security token, the last signature, and the access key id: who
    /// may read a status need not know whose key it is.
    fn redact(&self, text: &str) -> String {
        let runs =
            self.values.runs.get_or_init(|| self.values().into_iter().map(Runs::of).collect());
        let all = runs.iter().chain(self.signature.as_deref());
        all.fold(text.to_owned(), |text, runs| runs.redact(&text))
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbr::ProjectId;

    /// A gateway that refuses a signature may repeat the request's headers.
    #[test]
    fn the_signature_that_was_sent_is_found_in_an_echo() {
        let key = AccessKey::from_bytes(b"AKEXAMPLE", b"a-secret-key", None).unwrap();
        let request = Unsigned {
            method: "GET",
            url: &"https://cbr.example/v3/p/backups/b".parse().unwrap(),
            project_id: &ProjectId::parse("p").unwrap(),
            content_type: None,
            body: &[],
        };
        let (headers, sent) = key.sign(&request, Timestamp::from_second(1_800_000_000).unwrap());
        let (_, authorization) = headers.iter().find(|(name, _)| name == "authorization").unwrap();
        let authorization = authorization.to_str().unwrap();
        let signature = signature::of_authorization(authorization).unwrap();
        assert_eq!(signature.len(), 64);
        for echo in [
            format!("refused: {authorization}"),
            format!("refused: {}", signature.to_uppercase()),
            format!("refused: {}", &signature[10..40]),
        ] {
            let shown = sent.redact(&echo);
            assert!(shown.starts_with("refused: ") && shown.contains("[redacted]"), "{shown}");
            let parts = signature.as_bytes().windows(8);
            for part in parts.map(|part| std::str::from_utf8(part).unwrap()) {
                assert!(!shown.to_lowercase().contains(part), "{shown}");
            }
        }
    }
}
