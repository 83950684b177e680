//! One Secret becomes a credential: the one function for the controller and the plugin.

use crate::cbr::{AccessKey, Credential, InvalidToken, KeyPart, NoAccessKey, Token};
use crate::protocol::credential::CredentialProblem;
use crate::resource::{CredentialSource, SecretKeyRef};

/// Where the values of an access key may stand: our own name first, then those of the clouds' tools.
const ACCESS: &[&str] = &["accessKey", "OS_ACCESS_KEY", "HW_ACCESS_KEY"];
const SECRET: &[&str] = &["secretKey", "OS_SECRET_KEY", "HW_SECRET_KEY"];
const SECURITY_TOKEN: &[&str] = &["securityToken", "OS_SECURITY_TOKEN", "HW_SECURITY_TOKEN"];

/// The credential in a Secret. `value` gives what stands under a key of it.
///
/// # Errors
/// What is missing or cannot be used, in words that do not repeat it.
pub fn credential_in<'a>(
    source: &CredentialSource,
    value: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<Credential, CredentialProblem> {
    match source {
        CredentialSource::Token(reference) => token(reference, value),
        CredentialSource::AccessKey(_) => access_key(value),
    }
}

fn token<'a>(
    reference: &SecretKeyRef,
    value: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<Credential, CredentialProblem> {
    match Token::from_bytes(value(reference.key()).unwrap_or_default()) {
        Ok(token) => Ok(Credential::Token(token)),
        Err(InvalidToken::Empty) => {
            Err(CredentialProblem::Missing("is missing or empty".to_owned()))
        }
        Err(unusable) => Err(CredentialProblem::Unusable(unusable.to_string())),
    }
}

fn access_key<'a>(
    value: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<Credential, CredentialProblem> {
    let first = |names: &[&str]| names.iter().find_map(|name| value(name));
    let key = AccessKey::from_bytes(
        first(ACCESS).unwrap_or_default(),
        first(SECRET).unwrap_or_default(),
        first(SECURITY_TOKEN),
    );
    key.map(Credential::AccessKey).map_err(|why| match why {
        NoAccessKey::Missing(part) => CredentialProblem::Missing(format!(
            "has nothing under the key {}",
            names(part).join(" or ")
        )),
        NoAccessKey::Invalid(part, why) => {
            let name = names(part).first().copied().unwrap_or_default();
            CredentialProblem::Unusable(format!(
                "what stands under the key {name} is no key: {why}"
            ))
        }
    })
}

fn names(part: KeyPart) -> &'static [&'static str] {
    match part {
        KeyPart::Access => ACCESS,
        KeyPart::Secret => SECRET,
        KeyPart::SecurityToken => SECURITY_TOKEN,
    }
}
