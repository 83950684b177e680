//! Which credential a call was let in with.

use serde::Serialize;

/// What opened the door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Authority {
    pub credential: Credential,
    /// By name, where the service knows whose credential it is.
    pub user: Option<String>,
}

/// The kinds of credentials, by where they came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A token that was here before, or was added.
    Token,
    /// A token for a name and a password.
    PasswordToken,
    /// A token for another token of IAM.
    DerivedToken,
    /// A token of an agency.
    AgencyToken,
    /// A token for the one of an identity provider.
    FederatedToken,
    /// A signature with a permanent key.
    AccessKey,
    /// A signature with a temporary key.
    TemporaryKey,
}
