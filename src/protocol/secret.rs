//! One Secret becomes a credential: the one function for the controller and the plugin.

use crate::cbr::{
    AccessKey, Credential, InvalidToken, KeyPart, NoAccessKey, NoUser, Token, User, UserBytes,
    UserPart,
};
use crate::protocol::credential::CredentialProblem;
use crate::resource::{CredentialSource, SecretKeyRef};

/// Where each value may stand: our own name first, then those of the clouds' tools.
const ACCESS: &[&str] = &["accessKey", "OS_ACCESS_KEY", "HW_ACCESS_KEY"];
const SECRET: &[&str] = &["secretKey", "OS_SECRET_KEY", "HW_SECRET_KEY"];
const SECURITY_TOKEN: &[&str] = &["securityToken", "OS_SECURITY_TOKEN", "HW_SECURITY_TOKEN"];
const USER_NAME: &[&str] = &["username", "OS_USERNAME"];
const PASSWORD: &[&str] = &["password", "OS_PASSWORD"];
const DOMAIN: &[&str] = &["domain", "OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME"];
const DOMAIN_ID: &[&str] = &["domainId", "OS_USER_DOMAIN_ID", "OS_DOMAIN_ID"];

/// What a Secret holds.
#[derive(Debug)]
pub enum SecretContent {
    /// What is sent, or signs what is sent.
    Credential(Credential),
    /// Somebody who gets a token at IAM first.
    User(User),
}

/// Reads the Secret that the source names. `value` gives what stands under a key of it.
///
/// # Errors
/// What is missing or cannot be used, in words that do not repeat it.
pub fn secret_content<'a>(
    source: &CredentialSource,
    value: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<SecretContent, CredentialProblem> {
    match source {
        CredentialSource::Token(reference) => token(reference, value),
        CredentialSource::Password(_) => user(value),
        CredentialSource::AccessKey(_) => access_key(value),
        CredentialSource::ServiceAccount(_) => Err(CredentialProblem::NotFound),
    }
}

fn token<'a>(
    reference: &SecretKeyRef,
    value: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<SecretContent, CredentialProblem> {
    match Token::from_bytes(value(reference.key()).unwrap_or_default()) {
        Ok(token) => Ok(SecretContent::Credential(Credential::Token(token))),
        Err(InvalidToken::Empty) => {
            Err(CredentialProblem::Missing("is missing or empty".to_owned()))
        }
        Err(unusable) => Err(CredentialProblem::Unusable(unusable.to_string())),
    }
}

fn access_key<'a>(
    value: impl Fn(&str) -> Option<&'a [u8]>,
) -> Result<SecretContent, CredentialProblem> {
    let key = AccessKey::from_bytes(
        first(ACCESS, &value).unwrap_or_default(),
        first(SECRET, &value).unwrap_or_default(),
        first(SECURITY_TOKEN, &value),
    );
    let names = |part| match part {
        KeyPart::Access => ACCESS,
        KeyPart::Secret => SECRET,
        KeyPart::SecurityToken => SECURITY_TOKEN,
    };
    match key {
        Ok(key) => Ok(SecretContent::Credential(Credential::AccessKey(key))),
        Err(NoAccessKey::Missing(part)) => Err(missing(names(part))),
        Err(NoAccessKey::Invalid(part, why)) => {
            let name = names(part).first().copied().unwrap_or_default();
            let why = format!("what stands under the key {name} is no key: {why}");
            Err(CredentialProblem::Unusable(why))
        }
    }
}

fn user<'a>(value: impl Fn(&str) -> Option<&'a [u8]>) -> Result<SecretContent, CredentialProblem> {
    let user = User::from_bytes(UserBytes {
        name: first(USER_NAME, &value).unwrap_or_default(),
        password: first(PASSWORD, &value).unwrap_or_default(),
        domain: first(DOMAIN, &value).unwrap_or_default(),
        domain_id: first(DOMAIN_ID, &value).unwrap_or_default(),
    });
    let names = |part| match part {
        UserPart::Name => USER_NAME,
        UserPart::Password => PASSWORD,
        UserPart::Domain => DOMAIN,
    };
    user.map(SecretContent::User).map_err(|why| match why {
        NoUser::Missing(part) => missing(names(part)),
        NoUser::NotALine(part) => {
            let name = names(part).first().copied().unwrap_or_default();
            CredentialProblem::Unusable(format!(
                "what stands under the key {name} is not one line of text"
            ))
        }
    })
}

fn first<'a>(names: &[&str], value: impl Fn(&str) -> Option<&'a [u8]>) -> Option<&'a [u8]> {
    names.iter().find_map(|name| value(name))
}

fn missing(names: &[&str]) -> CredentialProblem {
    CredentialProblem::Missing(format!("has nothing under the key {}", names.join(" or ")))
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
