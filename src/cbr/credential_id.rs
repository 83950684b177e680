//! Tells credentials from each other without giving anything of them away.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::LazyLock;

/// Equal exactly for equal credentials, within one process. 128 bits under keys that are drawn at
/// random at the start and never leave the process: nothing about the credential can be learnt from
/// it, so a map may keep it for long.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialId([u64; 2]);

impl CredentialId {
    /// Of all values that make it, in a fixed order.
    pub fn of(values: &[&str]) -> Self {
        static KEYS: LazyLock<[RandomState; 2]> =
            LazyLock::new(|| [RandomState::new(), RandomState::new()]);
        Self(KEYS.each_ref().map(|key| key.hash_one(values)))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialId")
    }
}
