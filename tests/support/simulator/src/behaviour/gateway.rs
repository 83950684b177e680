//! The gateway before the service.

use serde::{Deserialize, Serialize};

/// What is said of a token that was good once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpiredToken {
    /// 401 `APIGW.0307`: it must be updated.
    #[default]
    MustBeUpdated,
    /// 401 `APIGW.0301`: when it expired.
    Expired,
}

/// How long the headers of a request may be, in bytes of names and values; 494 `APIG.0201` for one
/// that is longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeaderLimits {
    /// A single one.
    pub each: usize,
    /// All together.
    pub total: usize,
}

impl Default for HeaderLimits {
    /// Those that the gateway documents.
    fn default() -> Self {
        Self { each: 32 * 1024, total: 128 * 1024 }
    }
}

/// So many requests of one caller within this time, from the first of them on; 429 `APIGW.0308` for
/// those beyond, without `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    pub requests: u32,
    pub milliseconds: u64,
}
