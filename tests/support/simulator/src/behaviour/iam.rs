//! IAM, which issues tokens and temporary keys.

use serde::{Deserialize, Serialize};

/// How IAM behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Iam {
    /// How long a token lives that is issued from now on.
    pub token_seconds: u64,
    /// How many characters it has at least: real ones can be tens of kilobytes long.
    pub token_length: usize,
    /// So many wrong passwords in a row lock a user.
    pub wrong_passwords: u32,
    /// For so long.
    pub lock_seconds: u64,
    /// Whether the answer to an exchange names the project; one documented example does not.
    pub exchange_names_project: bool,
}

impl Default for Iam {
    fn default() -> Self {
        Self {
            token_seconds: 24 * 60 * 60,
            token_length: 0,
            wrong_passwords: 5,
            lock_seconds: 15 * 60,
            exchange_names_project: true,
        }
    }
}
