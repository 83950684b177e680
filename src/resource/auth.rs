//! Where the credential comes from. [`Auth::source`] is the one reader of `spec.auth`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reasons::CredentialNeed;

/// Where the credential comes from. Exactly one of `tokenSecretRef`, `passwordSecretRef`,
/// `accessKeySecretRef` and `serviceAccount` is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Auth {
    /// A key of a Secret in the resource's namespace that holds an IAM token for the source project
    /// (`X-Auth-Token`). Tokens die after a day: something must renew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_secret_ref: Option<SecretKeyRef>,
    /// A Secret in the resource's namespace that holds a user: `username`, `password` and `domain`
    /// (or `domainId`). The operator gets tokens from IAM with it and renews them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_secret_ref: Option<SecretRef>,
    /// A Secret in the resource's namespace that holds an access key: `accessKey`, `secretKey` and,
    /// for a temporary one, `securityToken`. Each request is signed with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_secret_ref: Option<SecretRef>,
    /// A service account in the resource's namespace that an identity provider in IAM trusts.
    /// Nothing is stored: the operator asks the API server for a token of it and exchanges that at
    /// IAM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account: Option<ServiceAccountRef>,
    /// IAM's endpoint, for `passwordSecretRef` and `serviceAccount`; a `/v3` at its end is dropped.
    /// Default: the operator's, else the one beside the CBR endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub iam_endpoint: Option<String>,
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
    /// Key in the Secret's data. Default: `token`.
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

/// A service account in the same namespace, and how IAM knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccountRef {
    /// Name of the service account.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Name of the identity provider in IAM (`X-Idp-Id`).
    #[schemars(length(min = 1, max = 64))]
    pub identity_provider: String,
    /// The client id that the identity provider has in IAM; the token's audience.
    #[schemars(length(min = 1, max = 255))]
    pub audience: String,
}

/// The one source that `spec.auth` names. Its `Display` names the place for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// An IAM token.
    Token(SecretKeyRef),
    /// A user with a password.
    Password(SecretRef),
    /// An access key.
    AccessKey(SecretRef),
    /// A service account.
    ServiceAccount(ServiceAccountRef),
}

impl Auth {
    /// The source, where exactly one is named. (An older CRD may have let none or several through.)
    pub fn source(&self) -> Option<CredentialSource> {
        let Self {
            token_secret_ref,
            password_secret_ref,
            access_key_secret_ref,
            service_account,
            iam_endpoint: _,
        } = self;
        let named = [
            token_secret_ref.clone().map(CredentialSource::Token),
            password_secret_ref.clone().map(CredentialSource::Password),
            access_key_secret_ref.clone().map(CredentialSource::AccessKey),
            service_account.clone().map(CredentialSource::ServiceAccount),
        ];
        let mut named = named.into_iter().flatten();
        named.next().filter(|_| named.next().is_none())
    }
}

impl CredentialSource {
    /// The Secret that is read, where it is one.
    pub fn secret_name(&self) -> Option<&str> {
        match self {
            Self::Token(reference) => Some(&reference.name),
            Self::Password(reference) | Self::AccessKey(reference) => Some(&reference.name),
            Self::ServiceAccount(_) => None,
        }
    }

    /// What the operator must be allowed to do.
    pub fn act(&self) -> String {
        match self {
            Self::Token(_) | Self::Password(_) | Self::AccessKey(_) => format!("read {self}"),
            Self::ServiceAccount(_) => format!("create tokens of {self}"),
        }
    }

    /// Whether IAM issues what is shown to the cloud.
    pub fn is_issued(&self) -> bool {
        match self {
            Self::Password(_) | Self::ServiceAccount(_) => true,
            Self::Token(_) | Self::AccessKey(_) => false,
        }
    }

    /// The service account that is asked for, where it is one.
    pub fn account_name(&self) -> Option<&str> {
        match self {
            Self::ServiceAccount(reference) => Some(&reference.name),
            Self::Token(_) | Self::Password(_) | Self::AccessKey(_) => None,
        }
    }

    /// The key of the Secret that a user fills, where it is one alone.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Token(reference) => Some(reference.key()),
            Self::Password(_) | Self::AccessKey(_) | Self::ServiceAccount(_) => None,
        }
    }

    /// The options of `kubectl create secret generic` that fill the Secret from files.
    pub fn files(&self) -> String {
        match self {
            Self::Token(reference) => format!("--from-file={}=FILE", reference.key()),
            Self::Password(_) => {
                "--from-file=username=FILE --from-file=password=FILE --from-file=domain=FILE"
                    .to_owned()
            }
            Self::AccessKey(_) => {
                "--from-file=accessKey=FILE --from-file=secretKey=FILE".to_owned()
            }
            Self::ServiceAccount(_) => String::new(),
        }
    }

    /// What the cloud is shown, in words that say where it comes from.
    pub fn shown(&self) -> String {
        match self {
            Self::Token(_) => format!("the token in {self}"),
            Self::Password(_) => format!("the token that IAM issued for the user in {self}"),
            Self::AccessKey(_) => format!("the access key in {self}"),
            Self::ServiceAccount(_) => format!("the token that IAM issued for {self}"),
        }
    }

    /// What the source holds, with its article.
    pub fn one(&self) -> &'static str {
        match self {
            Self::Token(_) => "a token",
            Self::Password(_) => "a user's name, password and domain",
            Self::AccessKey(_) => "an access key",
            Self::ServiceAccount(_) => "a service account",
        }
    }

    /// What has to be so with it, where its own place is where that is changed.
    pub fn becomes(&self, need: CredentialNeed) -> Option<String> {
        match (need, self) {
            (CredentialNeed::Permitted, _) => None,
            (CredentialNeed::Exists, Self::ServiceAccount(_)) => Some(format!("{self} exists")),
            (CredentialNeed::Exists | CredentialNeed::Holds, _) => {
                Some(format!("{self} holds {}", self.one()))
            }
            (
                CredentialNeed::AcceptedByCloud | CredentialNeed::AcceptedByIam,
                Self::Token(_) | Self::AccessKey(_),
            ) => Some(format!("{self} holds {} that the cloud accepts", self.one())),
            (CredentialNeed::AcceptedByCloud, _) => {
                Some(format!("IAM issues another token for {self}, and the cloud accepts it"))
            }
            (CredentialNeed::AcceptedByIam, Self::Password(_)) => {
                Some(format!("{self} holds {} that IAM accepts", self.one()))
            }
            (CredentialNeed::AcceptedByIam, Self::ServiceAccount(_)) => {
                Some(format!("IAM accepts {self}"))
            }
        }
    }

    /// What the cloud is shown, with its article.
    pub fn kind_shown(&self) -> &'static str {
        match self {
            Self::Token(_) | Self::Password(_) | Self::ServiceAccount(_) => "a token",
            Self::AccessKey(_) => "an access key",
        }
    }

    /// What a value that is no such thing cannot do.
    pub fn purpose(&self) -> &'static str {
        match self {
            Self::Token(_) => "be sent as X-Auth-Token",
            Self::Password(_) | Self::ServiceAccount(_) => "log in",
            Self::AccessKey(_) => "sign requests",
        }
    }

    /// What ends a refusal that is for another project's credential.
    pub fn cure_of_another_project(&self) -> &'static str {
        match self {
            Self::Token(_) => {
                "The token belongs to another project: put a token for the source project \
                 (spec.projectId) into the Secret."
            }
            Self::AccessKey(_) => {
                "The access key is of a user without rights in the source project \
                 (spec.projectId): give them to that user, or put another key into the Secret."
            }
            Self::Password(_) => {
                "The user in the Secret has no rights in the source project (spec.projectId): give \
                 them to that user, or put another user into the Secret."
            }
            Self::ServiceAccount(_) => {
                "The service account has no rights in the source project (spec.projectId): give \
                 them to the group that IAM's identity provider maps it to."
            }
        }
    }

    /// What ends a rejection by the cloud.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Token(_) => {
                "Put a valid token into the Secret; the operator then continues automatically."
            }
            Self::AccessKey(_) => {
                "Put a valid access key into the Secret; the operator then continues automatically."
            }
            Self::Password(_) | Self::ServiceAccount(_) => {
                "The operator gets a new token and tries again automatically. If this stays, check \
                 that the token is for spec.projectId and for this cloud."
            }
        }
    }
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(reference) => {
                write!(f, "Secret {} (key {})", reference.name, reference.key())
            }
            Self::Password(reference) | Self::AccessKey(reference) => {
                write!(f, "Secret {}", reference.name)
            }
            Self::ServiceAccount(reference) => write!(f, "service account {}", reference.name),
        }
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
            ("{passwordSecretRef: {name: a}, iamEndpoint: x}", Some("Secret a")),
            (
                "{serviceAccount: {name: a, identityProvider: b, audience: c}}",
                Some("service account a"),
            ),
            ("{accessKeySecretRef: {name: a}, tokenSecretRef: {name: a}}", None),
        ] {
            let source = auth(text).source().map(|source| source.to_string());
            assert_eq!(source.as_deref(), expected, "{text}");
        }
    }
}
