//! A password: read once, sent once, shown never.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::cbr::redaction::{Redact, Runs};

/// Longest password, in bytes. Clouds allow some dozens.
const MAX_BYTES: usize = 1024;

/// A user's password. Cannot be printed or serialised, but into the one request that it is for.
pub(super) struct Password {
    value: SecretString,
    runs: Runs,
}

/// Why bytes are not a password. Never repeats them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidPassword {
    /// Nothing is there.
    #[error("it is empty")]
    Empty,
    /// Longer than any password.
    #[error("it is longer than 1 KiB")]
    TooLong,
    /// Nobody types these.
    #[error("it has a line break or a control character in it, or is no UTF-8 text")]
    NotText,
}

impl Password {
    /// Takes a Secret's bytes. A line break at the end is dropped: files have one.
    ///
    /// # Errors
    /// Where nothing is left, or what is left is no line of text.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidPassword> {
        let text = std::str::from_utf8(bytes).map_err(|_| InvalidPassword::NotText)?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(InvalidPassword::Empty);
        }
        if line.len() > MAX_BYTES {
            return Err(InvalidPassword::TooLong);
        }
        if line.chars().any(char::is_control) {
            return Err(InvalidPassword::NotText);
        }
        Ok(Self { value: SecretString::from(line), runs: Runs::of(line) })
    }

    pub(super) fn expose(&self) -> &str {
        self.value.expose_secret()
    }
}

impl Redact for Password {
    fn redact(&self, text: &str) -> String {
        self.runs.redact(text)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_at_the_end_is_no_part_of_it_and_spaces_are() {
        for text in [" hush ", " hush \n", " hush \r\n"] {
            assert_eq!(Password::from_bytes(text.as_bytes()).unwrap().expose(), " hush ");
        }
    }

    #[test]
    fn what_is_no_password_is_refused_in_words_that_do_not_repeat_it() {
        for (bytes, expected) in [
            (&b""[..], InvalidPassword::Empty),
            (b"\r\n", InvalidPassword::Empty),
            (b"hush\nhush", InvalidPassword::NotText),
            (b"hush\0", InvalidPassword::NotText),
            (b"hush\xff", InvalidPassword::NotText),
            (&[b'x'; MAX_BYTES + 1], InvalidPassword::TooLong),
        ] {
            let refusal = Password::from_bytes(bytes).unwrap_err();
            assert_eq!(refusal, expected);
            assert!(!format!("{refusal} {refusal:?}").contains("hush"));
        }
    }

    #[test]
    fn it_cannot_be_printed_and_removes_itself_from_text() {
        let password = Password::from_bytes("pässwörd-1".as_bytes()).unwrap();
        assert_eq!(format!("{password:?}"), "Password([redacted])");
        assert_eq!(password.redact("wrong: pässwörd-1!"), "wrong: [redacted]!");
    }
}
