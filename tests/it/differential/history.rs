//! A history as a plain value: a cloud, what its first POSTs come to, and what happens then, one
//! after the other.

use serde::{Deserialize, Serialize};

/// All that happens to one name in one namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    pub(crate) cloud: Cloud,
    /// What the POSTs come to that follow the creation of the resource; those after them are
    /// accepted.
    pub(crate) first: Vec<Post>,
    pub(crate) steps: Vec<Step>,
}

/// What does not change in a history. The cloud accepts each call, whatever it has accepted before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cloud {
    /// What the token is shown that is in the Secret at first.
    pub(crate) first: View,
    /// What the other token is shown.
    pub(crate) second: View,
    pub(crate) spelling: Spelling,
    /// `onUnknownOutcome: CallAgain` in the resource.
    pub(crate) calls_again: bool,
}

/// What a look-up shows of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum View {
    Present,
    /// Each once it is revealed.
    Late,
    Empty,
    Null,
    Absent,
    NoLookUp,
}

/// How ids are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Spelling {
    AsAsked,
    Lower,
    Upper,
    WithoutHyphens,
}

/// What a POST comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Post {
    Accepted,
    /// Accepted, in an answer without the record's id.
    Nameless,
    /// Accepted, and this comes back.
    Lost(Instead),
    /// Not accepted, and this comes back.
    NeverArrived(Instead),
    Refused(Refusal),
    /// The operator is killed while the call is in flight, which is accepted or not.
    Killed {
        accepted: bool,
    },
}

/// What comes back in the place of an answer that tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Instead {
    Reset,
    BadGateway,
    Teapot,
    SeeOther,
    /// 200, and nothing that can be read.
    Success,
}

/// A documented refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// 6120: permanently.
    Vault,
    /// 6112: for the moment.
    Busy,
    /// 1009.
    Replicated,
    /// 401.
    Token,
}

/// An odd answer to look-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Odd {
    /// A page of something in between, once: 404.
    Page,
    /// 6200, once.
    NoSuchBackup,
    /// 401, until the Secret changes.
    Token,
}

/// One thing that happens while the operator is at rest. What cannot be done is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// What a later POST comes to, after those that were said before.
    Post(Post),
    Look(Odd),
    /// The Secret gets the other token.
    Rotate,
    /// An edit that changes nothing of the call: `readyWhen`.
    EditReadyWhen,
    /// An edit that changes the call: the other vault.
    EditVault,
    /// `spec.suspend` on or off.
    Suspend,
    /// A human who knows what is true pastes a command of the message.
    Decide(Say),
    /// SIGKILL, and another process.
    Kill,
    /// The resource is deleted and made again, an hour later by the cloud's clock.
    Recreate,
    /// The records so far are shown also to those who see them late.
    Reveal,
    /// A record of another's call, an hour old, for the same region: in the vault of the manifest,
    /// or in the other.
    AnothersRecord {
        other_vault: bool,
    },
    /// The newest replication that is on its way ends.
    End {
        failed: bool,
    },
}

/// What a human says where there is a choice among what is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Say {
    /// Accepted, as this record.
    Record,
    /// Accepted.
    Accepted,
    /// Once more.
    Retry,
}
