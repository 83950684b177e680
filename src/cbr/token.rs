//! The token of the call: read once, sent once, shown never.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, OnceLock};

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::redaction::Runs;

/// Longest token, in bytes. Tokens of tens of kilobytes exist. The bound keeps the request's head below what hyper
/// collects before it writes (400 KiB), on which the fence of the call rests (see `gate`).
const MAX_BYTES: usize = 256 * 1024;

/// An IAM token. Cannot be printed or serialised; its memory is cleared when the last clone goes.
#[derive(Clone)]
pub struct Token(Arc<Inner>);

struct Inner {
    value: SecretString,
    header: HeaderValue,
    runs: OnceLock<Runs>,
}

/// Why bytes are not a token. Never repeats them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Nothing but white space.
    #[error("the token is empty")]
    Empty,
    /// Longer than any header that could be sent.
    #[error("the token is longer than 256 KiB; put the token alone there, without anything around it")]
    TooLong,
    /// Contains what an HTTP header cannot carry.
    #[error(
        "the token contains a line break, a control character or a non-ASCII character; put the value of the X-Subject-Token header there, as plain text"
    )]
    NotAHeader,
}

impl Token {
    /// Takes a Secret's bytes; white space around the token (a final line break, mostly) is dropped.
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
        match (printable, std::str::from_utf8(trimmed), HeaderValue::from_bytes(trimmed)) {
            (true, Ok(value), Ok(mut header)) => {
                header.set_sensitive(true);
                let value = SecretString::from(value);
                Ok(Self(Arc::new(Inner { value, header, runs: OnceLock::new() })))
            }
            (_, _, _) => Err(InvalidToken::NotAHeader),
        }
    }

    /// The value of `X-Auth-Token`, marked sensitive. Shares one buffer among all calls.
    pub fn header_value(&self) -> HeaderValue {
        self.0.header.clone()
    }

    /// The text without any echo of the token: every run of eight or more of its characters (the whole of a shorter
    /// token), also where it is cut short, split by white space, or escaped, becomes `[redacted]`.
    pub fn redact(&self, text: &str) -> String {
        self.0.runs.get_or_init(|| Runs::of(self.0.value.expose_secret())).redact(text)
    }

    /// Which credential this is, for what is shared among users of the same one.
    pub fn credential(&self) -> CredentialId {
        static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(|| [RandomState::new(), RandomState::new()]);
        CredentialId(KEYS.each_ref().map(|key| key.hash_one(self.0.value.expose_secret())))
    }
}

/// Compared by [`CredentialId`]: takes the same time wherever two tokens begin to differ.
impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.credential() == other.credential()
    }
}

impl Eq for Token {}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.credential().hash(state);
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// Equal exactly for equal tokens, within one process. 128 bits under keys that are drawn at random at the start and
/// never leave the process: nothing about the token can be learnt from it, so a map may keep it for long.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialId([u64; 2]);

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialId")
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
        let shown = format!("{token:?} {:?} {:?}", token.header_value(), token.credential());
        assert!(!shown.contains("MII") && token.header_value().is_sensitive(), "{shown}");
    }

    #[test]
    fn the_same_value_is_the_same_credential() {
        assert_eq!(token("one").credential(), token(" one\n").credential());
        assert_ne!(token("one").credential(), token("two").credential());
        assert!(token("one") == token("one\n") && token("one") != token("two"));
    }

    #[test]
    fn it_removes_itself_from_text() {
        assert_eq!(token("MIIabcdefghij").redact("bad MIIabcdefghij!"), "bad [redacted]!");
    }
}
