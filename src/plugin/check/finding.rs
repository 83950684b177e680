//! What a check found.

use serde::Serialize;

use crate::plugin::color::Color;

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Finding {
    /// It is as it must be.
    Ok,
    /// It is not, and the call would fail for it, or not be made.
    Not,
    /// It is unknown from here.
    CannotTell,
}

impl Finding {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Not => "not",
            Self::CannotTell => "cannot tell",
        }
    }

    pub(super) fn color(self) -> Color {
        match self {
            Self::Ok => Color::Good,
            Self::Not => Color::Bad,
            Self::CannotTell => Color::Doubtful,
        }
    }
}

/// What is checked, in the order in which it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Item {
    /// The API server takes the manifest.
    Manifest,
    /// The endpoint is one that may be called.
    Endpoint,
    /// It answers.
    Connection,
    /// Its certificate is trusted.
    Certificate,
    /// There is a credential, and the cloud takes it.
    Credential,
    /// It is for the source project.
    Project,
    /// It may look the backup up.
    LookUp,
    /// The backup exists.
    Backup,
    /// It is complete.
    Complete,
    /// It is of a kind that can be replicated.
    Kind,
    /// Backups can be replicated to that region from here.
    Destination,
    /// No other replica is in the way.
    Replica,
    /// The vault exists, and takes replicas.
    Vault,
    /// The user may make the call.
    Replicate,
}

impl Item {
    pub(super) const ALL: [Self; 14] = [
        Self::Manifest,
        Self::Endpoint,
        Self::Connection,
        Self::Certificate,
        Self::Credential,
        Self::Project,
        Self::LookUp,
        Self::Backup,
        Self::Complete,
        Self::Kind,
        Self::Destination,
        Self::Replica,
        Self::Vault,
        Self::Replicate,
    ];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Endpoint => "endpoint",
            Self::Connection => "connection",
            Self::Certificate => "certificate",
            Self::Credential => "credential",
            Self::Project => "project",
            Self::LookUp => "look-up",
            Self::Backup => "backup",
            Self::Complete => "complete",
            Self::Kind => "kind",
            Self::Destination => "destination",
            Self::Replica => "replica",
            Self::Vault => "vault",
            Self::Replicate => "replicate",
        }
    }
}

/// One line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Checked {
    pub(super) check: Item,
    pub(super) result: Finding,
    /// One sentence: why, and what to do.
    pub(super) detail: String,
}

impl Checked {
    pub(super) fn ok(check: Item, detail: impl Into<String>) -> Self {
        Self { check, result: Finding::Ok, detail: detail.into() }
    }

    pub(super) fn not(check: Item, detail: impl Into<String>) -> Self {
        Self { check, result: Finding::Not, detail: detail.into() }
    }

    pub(super) fn unknown(check: Item, detail: impl Into<String>) -> Self {
        Self { check, result: Finding::CannotTell, detail: detail.into() }
    }
}
