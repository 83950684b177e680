//! The user, as it stands in a Secret.

use k8s_openapi::api::core::v1::Secret;

use crate::cbr::{InvalidPassword, Password};

/// Longest name, in bytes.
const MAX_BYTES: usize = 256;

/// Who logs in.
#[derive(Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) password: Password,
}

/// What is wrong with the Secret. Repeats nothing that stands in it: a password may stand under the
/// wrong key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoUser {
    #[error("has no key {0}; it needs username, password and domain")]
    Missing(&'static str),
    #[error("holds no name under its key {0}: one line of text is needed")]
    NoName(&'static str),
    #[error("holds no password under its key password: {0}")]
    NoPassword(InvalidPassword),
}

/// The three keys.
///
/// # Errors
/// The key that is not as it must be.
pub(super) fn read(secret: &Secret) -> Result<User, NoUser> {
    let value = |key: &'static str| {
        let value = secret.data.as_ref().and_then(|data| data.get(key));
        value.map(|bytes| bytes.0.as_slice()).ok_or(NoUser::Missing(key))
    };
    let name = |key: &'static str| one_line(value(key)?).ok_or(NoUser::NoName(key));
    Ok(User {
        name: name("username")?,
        domain: name("domain")?,
        password: Password::from_bytes(value("password")?).map_err(NoUser::NoPassword)?,
    })
}

fn one_line(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let is_name = (1..=MAX_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    is_name.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::ByteString;

    fn secret(keys: &[(&str, &str)]) -> Secret {
        let data = keys
            .iter()
            .map(|(key, value)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec())));
        Secret { data: Some(data.collect()), ..Secret::default() }
    }

    #[test]
    fn the_three_keys_are_a_user() {
        let user =
            read(&secret(&[("username", "ann\n"), ("domain", " OTC "), ("password", "hush\n")]))
                .unwrap();
        assert_eq!((user.name.as_str(), user.domain.as_str()), ("ann", "OTC"));
    }

    #[test]
    fn what_is_wrong_is_named_and_not_repeated() {
        let [name, domain, password] =
            [("username", "ann"), ("domain", "OTC"), ("password", "hush")];
        for (keys, expected) in [
            (vec![], "has no key username"),
            (vec![name, domain], "has no key password"),
            (vec![name, password], "has no key domain"),
            (vec![("username", "\n"), domain, password], "no name under its key username"),
            (vec![name, ("domain", "hush\nhush"), password], "no name under its key domain"),
            (
                vec![name, domain, ("password", "hush\nhush")],
                "no password under its key password: it has a line break",
            ),
            (vec![name, domain, ("password", "")], "it is empty"),
        ] {
            let words = read(&secret(&keys)).unwrap_err().to_string();
            assert!(words.contains(expected) && !words.contains("hush"), "{words}");
        }
        assert_eq!(read(&Secret::default()).unwrap_err(), NoUser::Missing("username"));
    }
}
