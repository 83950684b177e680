//! Where a resource stands.

use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::credential::CredentialProblem;
use crate::protocol::evidence::OtherVault;
use crate::resource::{Attempt, CredentialSource, Outcome};

/// Where a resource stands. `describe` has the words for each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Situation {
    BeingDeleted,
    Suspended,
    NoEndpoint,
    EndpointRefused(String),
    SpecInvalid(String),
    NoCredential(CredentialSource, CredentialProblem),
    /// In the cloud's words.
    CredentialRejected(CredentialSource, String),
    /// Until then, where that is worth telling.
    ThrottledByOthers(Option<Timestamp>),
    /// The operator spreads its requests.
    TurnToCome,
    WaitingToRetry(Attempt),
    Submitting(Attempt, Option<OtherVault>),
    /// Not accepted as far as it is known; what follows is the next round's matter.
    CallEnded(Attempt),
    /// The cloud's records may still show it.
    UnknownLookedUp(Attempt, Duration),
    /// And why the records could not be checked.
    UnknownHeld(Attempt, Option<String>),
    UnknownThenCalledAgain(Attempt, Duration),
    AlreadyReplicatedLookedUp(Attempt),
    /// And whether it is tried again without any change.
    Rejected(Attempt, bool),
    /// No record of it shows; and why the records could not be checked.
    AlreadyReplicated(Attempt, Option<OtherVault>, Option<String>),
    LooksFail(String, Duration),
    /// The answer that there is no look-up, or no such backup, has not been the same for so long.
    LookupDoubted(String, Duration),
    /// And whether it carries the marks of a restore.
    TooYoung(bool),
    /// The API server refuses the claim, or does not keep it; the next try is made then.
    ClaimRefused(String, Timestamp),
    /// Its metadata take so many bytes.
    ObjectTooLarge(usize),
    /// By the list, which shows these instead.
    NoMatchingBackup(String),
    /// An older one may not be taken for the newest; and why it cannot be told.
    NewestUnclear(String),
    /// The list of backups could not be read, for so long.
    ListFails(String, Duration),
    /// This one, created then, in this round.
    BackupChosen(String, Timestamp),
    SourceNotReady,
    SameTargetInUse(String),
    Accepted,
    /// And another attempt's outcome is unknown.
    AcceptedWithUnknown(Attempt, Option<String>),
}

/// What a situation is to those who ask no more of it.
enum Nature<'a> {
    Accepted,
    /// It ends without anybody, and says nothing of what the cloud refused. The attempt is the one
    /// that is made again without any change.
    Passing(Option<&'a Attempt>),
    /// It stays until something else is so, or it says what the cloud refused. As above.
    Standing(Option<&'a Attempt>),
}

impl Situation {
    pub(super) fn is_accepted(&self) -> bool {
        match self.nature() {
            Nature::Accepted => true,
            Nature::Passing(_) | Nature::Standing(_) => false,
        }
    }

    /// Whether it ends without anybody, and says nothing of what the cloud refused.
    pub(super) fn is_passing(&self) -> bool {
        match self.nature() {
            Nature::Passing(_) => true,
            Nature::Accepted | Nature::Standing(_) => false,
        }
    }

    /// The attempt that is made again without any change. It has the time.
    pub(super) fn next_try(&self) -> Option<&Attempt> {
        match self.nature() {
            Nature::Accepted => None,
            Nature::Passing(attempt) | Nature::Standing(attempt) => attempt,
        }
    }

    fn nature(&self) -> Nature<'_> {
        match self {
            Self::Accepted | Self::AcceptedWithUnknown(..) => Nature::Accepted,
            Self::WaitingToRetry(attempt) => Nature::Passing(Some(attempt)),
            Self::CallEnded(attempt) if attempt.outcome != Some(Outcome::Unknown) => {
                Nature::Passing(None)
            }
            Self::ThrottledByOthers(_)
            | Self::Submitting(..)
            | Self::LooksFail(..)
            | Self::LookupDoubted(..)
            | Self::SameTargetInUse(_)
            | Self::TurnToCome => Nature::Passing(None),
            Self::Rejected(attempt, true) => Nature::Standing(Some(attempt)),
            Self::Rejected(_, false)
            | Self::BeingDeleted
            | Self::Suspended
            | Self::NoEndpoint
            | Self::EndpointRefused(_)
            | Self::SpecInvalid(_)
            | Self::NoCredential(..)
            | Self::CredentialRejected(..)
            | Self::CallEnded(_)
            | Self::UnknownLookedUp(..)
            | Self::UnknownHeld(..)
            | Self::UnknownThenCalledAgain(..)
            | Self::AlreadyReplicatedLookedUp(_)
            | Self::AlreadyReplicated(..)
            | Self::TooYoung(_)
            | Self::ClaimRefused(..)
            | Self::ObjectTooLarge(_)
            | Self::NoMatchingBackup(_)
            | Self::NewestUnclear(_)
            | Self::ListFails(..)
            | Self::BackupChosen(..)
            | Self::SourceNotReady => Nature::Standing(None),
        }
    }
}
