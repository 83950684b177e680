//! Replicates CBR backups to another region, with one accepted call per resource.
//!
//! Data flows one way: a watch event → the controller observes → `decide` → claim → call → `record`
//! → a status write.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::wildcard_enum_match_arm
    )
)]

pub mod cbr;
// The operator runs in a cluster; the plugin runs where people work.
#[cfg(unix)]
pub mod controller;
#[cfg(unix)]
pub mod operator;
pub mod plugin;
pub mod protocol;
pub mod resource;
