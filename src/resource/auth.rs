//! Where the credential comes from. [`Auth::source`] is the one reader of `spec.auth`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the credential comes from. Exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Auth {
    /// A key of a Secret in the resource's namespace that holds an IAM token for the source project
    /// (`X-Auth-Token`). Tokens die after a day: something must renew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_secret_ref: Option<SecretKeyRef>,
    /// A Secret in the resource's namespace that holds an access key: `accessKey`, `secretKey` and,
    /// for a temporary one, `securityToken`. Each request is signed with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_secret_ref: Option<SecretRef>,
}

/// The key that is read where a reference names none.
pub const DEFAULT_TOKEN_KEY: &str = "token";

/// One key of a Secret in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Key in the Secret's data; `token` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub key: Option<String>,
}

impl SecretKeyRef {
    /// The key with its default.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(DEFAULT_TOKEN_KEY)
    }
}

/// A Secret in the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// Name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// The one source that `spec.auth` names. Its `Display` names the place for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// An IAM token.
    Token(SecretKeyRef),
    /// An access key.
    AccessKey(SecretRef),
}

impl Auth {
    /// The source, where exactly one is named. (An older CRD may have let none or several through.)
    pub fn source(&self) -> Option<CredentialSource> {
        let Self { token_secret_ref, access_key_secret_ref } = self;
        let named = [
            token_secret_ref.clone().map(CredentialSource::Token),
            access_key_secret_ref.clone().map(CredentialSource::AccessKey),
        ];
        let mut named = named.into_iter().flatten();
        named.next().filter(|_| named.next().is_none())
    }
}

impl CredentialSource {
    /// The Secret that is read.
    pub fn secret_name(&self) -> &str {
        match self {
            Self::Token(reference) => &reference.name,
            Self::AccessKey(reference) => &reference.name,
        }
    }

    /// The key of the Secret that a user fills, where it is one alone.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Token(reference) => Some(reference.key()),
            Self::AccessKey(_) => None,
        }
    }

    /// The options of `kubectl create secret generic` that fill the Secret from files.
    pub fn files(&self) -> String {
        match self {
            Self::Token(reference) => format!("--from-file={}=FILE", reference.key()),
            Self::AccessKey(_) => {
                "--from-file=accessKey=FILE --from-file=secretKey=FILE".to_owned()
            }
        }
    }

    /// What the source holds.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Token(_) => CredentialKind::Token,
            Self::AccessKey(_) => CredentialKind::AccessKey,
        }
    }
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret {}", self.secret_name())?;
        self.key().map_or(Ok(()), |key| write!(f, " (key {key})"))
    }
}

/// A kind of credential. Its `Display` is the word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// An IAM token.
    Token,
    /// An access key with its secret key.
    AccessKey,
}

impl CredentialKind {
    /// The word with its article.
    pub fn one(self) -> &'static str {
        match self {
            Self::Token => "a token",
            Self::AccessKey => "an access key",
        }
    }

    /// What an unusable value cannot do.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Token => "be sent as X-Auth-Token",
            Self::AccessKey => "sign requests",
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::AccessKey => "access key",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth(text: &str) -> Auth {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn exactly_one_source_is_read_and_named() {
        for (text, expected) in [
            ("{}", None),
            ("{tokenSecretRef: {name: a}}", Some("Secret a (key token)")),
            ("{tokenSecretRef: {name: a, key: b}}", Some("Secret a (key b)")),
            ("{accessKeySecretRef: {name: a}}", Some("Secret a")),
            ("{accessKeySecretRef: {name: a}, tokenSecretRef: {name: a}}", None),
        ] {
            let source = auth(text).source().map(|source| source.to_string());
            assert_eq!(source.as_deref(), expected, "{text}");
        }
    }
}
