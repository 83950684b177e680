//! Who logs in.

use std::fmt;

use super::password::{InvalidPassword, Password};
use crate::cbr::credential_id::CredentialId;
use crate::cbr::redaction::Redact;

/// Longest name and longest id, in bytes.
const MAX_BYTES: usize = 256;
/// What stands where a name stood.
const NAME: &str = "[name]";

/// A user of the cloud with the password. Cannot be printed or serialised.
pub struct User {
    pub(super) domain: Domain,
    pub(super) name: String,
    pub(super) password: Password,
}

/// The domain, which is the cloud's word for the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Domain {
    Name(String),
    Id(String),
}

/// The values of a Secret that make a user.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserBytes<'a> {
    /// The user's name.
    pub name: &'a [u8],
    /// The user's password.
    pub password: &'a [u8],
    /// The domain's name; one of name and id is needed.
    pub domain: &'a [u8],
    /// The domain's id, which counts where both are there.
    pub domain_id: &'a [u8],
}

/// Which value it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserPart {
    /// The user's name.
    Name,
    /// The user's password.
    Password,
    /// The domain.
    Domain,
}

/// Why there is no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoUser {
    /// This value is missing or empty.
    Missing(UserPart),
    /// This value is no line of text of a usual length.
    NotALine(UserPart),
}

impl User {
    /// Takes a Secret's bytes.
    ///
    /// # Errors
    /// The value that is missing or cannot be what it should be.
    pub fn from_bytes(bytes: UserBytes<'_>) -> Result<Self, NoUser> {
        let UserBytes { name, password, domain, domain_id } = bytes;
        let name = line(name, UserPart::Name)?.ok_or(NoUser::Missing(UserPart::Name))?;
        let id = line(domain_id, UserPart::Domain)?.map(Domain::Id);
        let domain = match id {
            Some(id) => id,
            None => line(domain, UserPart::Domain)?
                .map(Domain::Name)
                .ok_or(NoUser::Missing(UserPart::Domain))?,
        };
        let password = Password::from_bytes(password).map_err(|why| match why {
            InvalidPassword::Empty => NoUser::Missing(UserPart::Password),
            InvalidPassword::TooLong | InvalidPassword::NotText => {
                NoUser::NotALine(UserPart::Password)
            }
        })?;
        Ok(Self { domain, name, password })
    }

    /// Which credential this is.
    pub fn id(&self) -> CredentialId {
        let Self { domain, name, password } = self;
        let (kind, domain) = match domain {
            Domain::Name(name) => ("name", name),
            Domain::Id(id) => ("id", id),
        };
        CredentialId::of(&["user", kind, domain, name, password.expose()])
    }
}

/// Names are no secrets, and yet nobody's business where a log is read: IAM repeats them.
impl Redact for User {
    fn redact(&self, text: &str) -> String {
        let Self { domain, name, password } = self;
        let (Domain::Name(domain) | Domain::Id(domain)) = domain;
        without_word(&without_word(&password.redact(text), name), domain)
    }
}

/// The text without a name, as it is and as JSON has it. Only whole words are taken out, so that a
/// short name does not shred what it is a part of.
fn without_word(text: &str, name: &str) -> String {
    let escaped = serde_json::Value::from(name).to_string();
    let escaped = escaped.get(1..escaped.len() - 1).unwrap_or(name);
    let mut text = text.to_owned();
    for form in [name, escaped] {
        let (lower, wanted) = (text.to_ascii_lowercase(), form.to_ascii_lowercase());
        let mut left = String::new();
        let mut done = 0;
        for (at, found) in lower.match_indices(&wanted) {
            let joins = |c: char| c.is_alphanumeric();
            let end = at + found.len();
            let (Some(before), Some(shown), Some(after)) =
                (lower.get(..at), text.get(done..at), lower.get(end..))
            else {
                continue;
            };
            if !found.is_empty() && !before.ends_with(joins) && !after.starts_with(joins) {
                left.push_str(shown);
                left.push_str(NAME);
                done = end;
            }
        }
        left.push_str(text.get(done..).unwrap_or_default());
        text = left;
    }
    text
}

fn line(bytes: &[u8], part: UserPart) -> Result<Option<String>, NoUser> {
    let text = std::str::from_utf8(bytes).map_err(|_| NoUser::NotALine(part))?.trim();
    if text.len() > MAX_BYTES || text.chars().any(char::is_control) {
        return Err(NoUser::NotALine(part));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User([redacted])")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn user(password: &str) -> User {
        User::from_bytes(UserBytes {
            name: b"\"ann\"\n",
            password: password.as_bytes(),
            domain: b" OTC ",
            domain_id: b"",
        })
        .unwrap()
    }

    #[test]
    fn three_values_are_a_user_and_white_space_is_no_part_of_a_name() {
        let user = user("hush\n");
        assert_eq!(user.name, "\"ann\"");
        assert_eq!(user.domain, Domain::Name("OTC".to_owned()));
        assert_eq!(user.password.expose(), "hush");
        assert!(!format!("{user:?}").contains("hush"));
    }

    #[test]
    fn names_are_taken_out_as_words_whatever_stands_around_them() {
        let user = User::from_bytes(UserBytes {
            name: b"an\"n",
            password: b"correct-horse",
            domain: b"OTC-1",
            domain_id: b"",
        })
        .unwrap();
        for (text, left) in [
            ("User an\"n of domain otc-1, locked.", "User [name] of domain [name], locked."),
            (r#"{"name": "an\"n"}"#, r#"{"name": "[name]"}"#),
            ("OTC-1OTC-1 OTC-1", "OTC-1OTC-1 [name]"),
            ("OTC-12 and xOTC-1", "OTC-12 and xOTC-1"),
            ("é OTC-1 é", "é [name] é"),
            ("nobody", "nobody"),
            ("correct-horse", "[redacted]"),
        ] {
            assert_eq!(user.redact(text), left, "{text}");
        }
    }

    #[test]
    fn each_missing_or_odd_value_is_named() {
        let whole = UserBytes { name: b"ann", password: b"hush", domain: b"", domain_id: b"d1" };
        assert!(User::from_bytes(whole).is_ok());
        for (bytes, expected) in [
            (UserBytes { name: b" ", ..whole }, NoUser::Missing(UserPart::Name)),
            (UserBytes { password: b"\n", ..whole }, NoUser::Missing(UserPart::Password)),
            (UserBytes { domain_id: b"", ..whole }, NoUser::Missing(UserPart::Domain)),
            (UserBytes { name: b"a\nb", ..whole }, NoUser::NotALine(UserPart::Name)),
            (UserBytes { name: b"\xff", ..whole }, NoUser::NotALine(UserPart::Name)),
            (UserBytes { password: b"a\nb", ..whole }, NoUser::NotALine(UserPart::Password)),
            (UserBytes { domain_id: &[b'x'; 257], ..whole }, NoUser::NotALine(UserPart::Domain)),
        ] {
            assert_eq!(User::from_bytes(bytes).unwrap_err(), expected);
        }
    }

    #[test]
    fn each_value_counts_for_which_credential_it_is() {
        let whole = UserBytes { name: b"ann", password: b"hush", domain: b"d", domain_id: b"" };
        let id = |bytes| User::from_bytes(bytes).unwrap().id();
        assert_eq!(id(whole), id(UserBytes { name: b"ann\n", ..whole }));
        for other in [
            UserBytes { name: b"bob", ..whole },
            UserBytes { password: b"other", ..whole },
            UserBytes { domain: b"e", ..whole },
            UserBytes { domain: b"", domain_id: b"d", ..whole },
        ] {
            assert_ne!(id(whole), id(other));
        }
    }
}
