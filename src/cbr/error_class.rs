//! What an error answer to the call can prove, and what its reader should do about it.

use std::fmt;

/// What an answer other than an acceptance proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The call was not accepted.
    Rejected(Refusal),
    /// The call may have been accepted: look it up, never simply send it again.
    Ambiguous,
    /// Nobody has documented such an answer as a refusal: as if it were ambiguous.
    Undocumented {
        /// What it counts as where nothing can be looked up at all, and nothing better is to be
        /// had.
        refusal_if_unseen: Option<Refusal>,
    },
}

/// Why a call was not accepted, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Will not get better without a change.
    Terminal(TerminalReason),
    /// May be accepted later.
    Retry {
        /// Something is being replicated at this moment: it may be this very backup.
        look_up_first: bool,
    },
    /// Too many requests.
    Throttled,
    /// Needs another credential.
    Unauthorized,
    /// This call was not accepted because a replication to that region exists: look it up.
    Duplicate,
}

/// What stands in the way of a call that will not get better without a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TerminalReason {
    /// This kind of backup cannot be replicated, or does not fit the vault.
    Source,
    /// The region, the project or the vault does not take replicas.
    Destination,
    /// The vault is full, or there are as many replicas as there may be.
    Quota,
    /// The backup or the vault does not exist.
    Missing,
    /// The request is not valid.
    Request,
    /// The user may not do this.
    Permission,
    /// Nothing there knows this API.
    WrongEndpoint,
}

impl Class {
    /// What the reader should do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Rejected(kind) => kind.advice(),
            Self::Ambiguous | Self::Undocumented { refusal_if_unseen: _ } => {
                "The call may have been accepted: look for the replication before anything is sent \
                 again."
            }
        }
    }
}

impl Refusal {
    /// What the reader should do about it; empty where nothing is to be done.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Terminal(reason) => reason.advice(),
            Self::Retry { look_up_first: false } => "",
            Self::Retry { look_up_first: true } => {
                "The vault is being replicated. The operator checks whether this backup is part of \
                 that before it calls again."
            }
            Self::Throttled => "",
            Self::Unauthorized => {
                "spec.auth must name a credential that is valid, and for the source project."
            }
            Self::Duplicate => {
                "A replica of the backup in that region already exists or is being made."
            }
        }
    }
}

impl TerminalReason {
    /// What the reader should do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Source => {
                "Choose a server backup that is complete, is no replica itself, and fits the \
                 destination vault."
            }
            Self::Destination => {
                "Check the destination: its region and project must support replication, and the \
                 vault must be a replication vault there."
            }
            Self::Quota => {
                "Make room: enlarge the destination vault, or delete replicas that are no longer \
                 needed."
            }
            Self::Missing => {
                "Check the backup, vault and project ids: the cloud does not know one of them."
            }
            Self::Request => {
                "Check the fields of the request against the message: the cloud finds one not \
                 valid."
            }
            Self::Permission => {
                "Give the user the action cbr:backups:replicate in the source project, and check \
                 the account's state."
            }
            Self::WrongEndpoint => {
                "Check the endpoint, which must be CBR of the source region, and the project and \
                 backup ids."
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminal(TerminalReason::Source) => "this backup cannot be replicated",
            Self::Terminal(TerminalReason::Destination) => {
                "the destination does not take this replica"
            }
            Self::Terminal(TerminalReason::Quota) => "no room at the destination",
            Self::Terminal(TerminalReason::Missing) => "a backup or a vault does not exist",
            Self::Terminal(TerminalReason::Request) => "the request is not valid",
            Self::Terminal(TerminalReason::Permission) => "not permitted",
            Self::Terminal(TerminalReason::WrongEndpoint) => "the endpoint does not know this call",
            Self::Retry { look_up_first: false } => "not possible at the moment",
            Self::Retry { look_up_first: true } => "the vault is being replicated",
            Self::Throttled => "too many requests",
            Self::Unauthorized => "the credential is not valid",
            Self::Duplicate => "a replication to that region exists",
        })
    }
}
