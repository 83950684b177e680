//! The token of the call: read once, sent once, shown never.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::credential_id::CredentialId;
use super::redaction::{Redact, Runs};

/// Longest token, in bytes. Tokens of tens of kilobytes exist. The bound keeps the request's head
/// below what hyper collects before it writes (400 KiB), on which the fence of the call rests (see
/// `gate`).
const MAX_BYTES: usize = 256 * 1024;

/// An IAM token. Cannot be printed or serialised. Its memory is cleared when the last clone and the
/// last header made of it are gone; what an HTTP library has written into its buffers meanwhile is
/// out of reach.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    value: Secret,
    header: HeaderValue,
    runs: OnceLock<Runs>,
}

/// The one copy of the value, which the header shares.
#[derive(Clone)]
struct Secret(Arc<SecretString>);

impl Secret {
    fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl AsRef<[u8]> for Secret {
    fn as_ref(&self) -> &[u8] {
        self.expose().as_bytes()
    }
}

/// Why bytes are not a token. Never repeats them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Nothing but white space.
    #[error("the token is empty")]
    Empty,
    /// Longer than any header that could be sent.
    #[error(
        "the token is longer than 256 KiB; put the token alone there, without anything around it"
    )]
    TooLong,
    /// Contains what an HTTP header cannot carry.
    #[error(
        "the token contains a line break, a control character or a non-ASCII character; put the \
         value of the X-Subject-Token header there, as plain text"
    )]
    NotAHeader,
}

impl Token {
    /// Takes a Secret's bytes; white space around the token (a final line break, mostly) is
    /// dropped.
    ///
    /// # Errors
    /// Where nothing is left, or what is left cannot be the value of a header.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidToken> {
        let trimmed = bytes.trim_ascii();
        if trimmed.is_empty() {
            return Err(InvalidToken::Empty);
        }
        if trimmed.len() > MAX_BYTES {
            return Err(InvalidToken::TooLong);
        }
        let printable = trimmed.iter().all(|byte| matches!(byte, b' '..=b'~'));
        let text = std::str::from_utf8(trimmed)
            .ok()
            .filter(|_| printable)
            .ok_or(InvalidToken::NotAHeader)?;
        let value = Secret(Arc::new(SecretString::from(text)));
        let shared = Bytes::from_owner(value.clone());
        let mut header =
            HeaderValue::from_maybe_shared(shared).map_err(|_| InvalidToken::NotAHeader)?;
        header.set_sensitive(true);
        Ok(Self(Arc::new(Inner { value, header, runs: OnceLock::new() })))
    }

    /// For the one request body that it goes into.
    pub(super) fn expose(&self) -> &str {
        self.0.value.expose()
    }

    /// The value of `X-Auth-Token`, marked sensitive. Shares the token's memory.
    pub fn header_value(&self) -> HeaderValue {
        self.0.header.clone()
    }

    /// The text without any echo of the token: every run of eight or more of its characters (the
    /// whole of a shorter token), also where it is cut short, split by white space, escaped, in
    /// another letter case, backwards, in base64 or in hex, becomes `[redacted]`.
    pub fn redact(&self, text: &str) -> String {
        self.0.runs.get_or_init(|| Runs::of(self.0.value.expose())).redact(text)
    }

    /// Which credential this is.
    pub fn id(&self) -> CredentialId {
        CredentialId::of(&[self.0.value.expose()])
    }
}

impl Redact for Token {
    fn redact(&self, text: &str) -> String {
        self.redact(text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Token {
        Token::from_bytes(text.as_bytes()).unwrap()
    }

    #[test]
    fn white_space_around_it_is_no_part_of_it() {
        assert_eq!(token(" \tMIIabc\r\n").header_value(), "MIIabc");
    }

    #[test]
    fn the_header_is_no_second_copy() {
        let token = token("MIIabc");
        assert_eq!(token.header_value().as_bytes().as_ptr(), token.0.value.expose().as_ptr());
    }

    #[test]
    fn what_is_no_header_is_refused_in_words_that_do_not_repeat_it() {
        for (bytes, expected) in [
            (&b""[..], InvalidToken::Empty),
            (b" \n\t", InvalidToken::Empty),
            (b"hush\nhush", InvalidToken::NotAHeader),
            (b"hush\0", InvalidToken::NotAHeader),
            (b"hush\x7f", InvalidToken::NotAHeader),
            (b"\xef\xbb\xbfhush", InvalidToken::NotAHeader),
            ("hüsh".as_bytes(), InvalidToken::NotAHeader),
            (b"\xff\xfe", InvalidToken::NotAHeader),
            (&[b'x'; MAX_BYTES + 1], InvalidToken::TooLong),
        ] {
            let refusal = Token::from_bytes(bytes).unwrap_err();
            assert_eq!(refusal, expected);
            assert!(!format!("{refusal} {refusal:?}").contains("hush"));
        }
        assert!(Token::from_bytes(&[b'x'; MAX_BYTES]).is_ok());
    }

    #[test]
    fn it_cannot_be_printed() {
        let token = token("MIIabcdefghij");
        let shown = format!("{token:?} {:?} {:?}", token.header_value(), token.id());
        assert!(!shown.contains("MII") && token.header_value().is_sensitive(), "{shown}");
    }

    #[test]
    fn the_same_value_is_the_same_credential() {
        assert_eq!(token("one").id(), token(" one\n").id());
        assert_ne!(token("one").id(), token("two").id());
    }

    #[test]
    fn it_removes_itself_from_text() {
        assert_eq!(token("MIIabcdefghij").redact("bad MIIabcdefghij!"), "bad [redacted]!");
    }
}
