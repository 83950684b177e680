//! The messages of a replication, and which of them are points.
//!
//! Points are the operator's requests about single resources and Secrets at the API server, and all
//! of its calls to the cloud. Its list and its watch are none: what rests on a late watch is refused
//! by the guard of its write, and a late watch is a fault of its own.

use proxy::Message;
use serde_json::Value;

/// Whether a message is a point.
pub(crate) fn counts(message: &Message) -> bool {
    ["/backupreplications/", "/secrets/", "/v3/"].iter().any(|part| message.path.contains(part))
}

/// One of the messages of a story, named by how many writes and calls have gone before it: until
/// the next of these there is nothing new anywhere that a restart could find, however often the
/// same is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) kind: Kind,
    /// Writes and calls before it.
    pub(crate) step: usize,
}

impl Point {
    /// The points of a story: all of its writes and calls, and the reads that each comes of. Rounds
    /// that find nothing to do come with events of the watch and with time, not with the story.
    pub(crate) fn all(messages: &[Kind]) -> Vec<Self> {
        let (mut points, mut round, mut step) = (Vec::new(), Vec::new(), 0);
        for kind in messages {
            // What a round reads first.
            if matches!(kind, Kind::ReadResource | Kind::ReadSecret) {
                round.clear();
            }
            let point = Self { kind: *kind, step };
            if !round.contains(&point) {
                round.push(point);
            }
            if !kind.is_read() {
                points.append(&mut round);
                step += 1;
            }
        }
        points
    }

    /// The place of this point's first message among these.
    pub(crate) fn first_in(self, messages: &[Kind]) -> Option<usize> {
        let step = |so_far: &[Kind]| so_far.iter().filter(|kind| !kind.is_read()).count();
        (0..messages.len())
            .find(|at| messages[*at] == self.kind && step(&messages[..*at]) == self.step)
    }

    /// Whether a message is this one, asked for each in turn.
    pub(crate) fn meets(self) -> impl FnMut(&Message) -> bool + Send + 'static {
        let mut seen = Vec::new();
        move |message| {
            seen.push(Kind::of(message));
            self.first_in(&seen) == Some(seen.len() - 1)
        }
    }

    pub(crate) fn text(self) -> String {
        format!("{}. {}", self.step + 1, self.kind.text())
    }
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ReadResource,
    ReadSecret,
    /// A status write that puts an attempt without an outcome at the head.
    Claim,
    /// A status write of the end of a call.
    End,
    /// Any other status write.
    Tell,
    Look,
    /// A page of the list of backups.
    List,
    /// A request for a token at IAM.
    Login,
    Call,
}

impl Kind {
    pub(crate) fn of(message: &Message) -> Self {
        let path = message.path.as_str();
        if path.ends_with("/replicate") {
            Self::Call
        } else if path.starts_with("/v3/auth/tokens") {
            Self::Login
        } else if path.starts_with("/v3/") && path.contains("/backups?") {
            Self::List
        } else if path.starts_with("/v3/") {
            Self::Look
        } else if path.contains("/secrets/") {
            Self::ReadSecret
        } else if !path.contains("/status") {
            Self::ReadResource
        } else {
            let patch: Value = serde_json::from_slice(&message.body).unwrap_or_default();
            let writes = |path: &str| {
                patch.as_array().into_iter().flatten().find(|step| step["path"] == path)
            };
            match writes("/status/attempts") {
                Some(step) if step["value"][0]["outcome"].is_null() => Self::Claim,
                Some(_) => Self::End,
                None => Self::Tell,
            }
        }
    }

    /// Whether it changes nothing that a restart could find, neither in the cluster nor in the
    /// cloud.
    pub(crate) fn is_read(self) -> bool {
        match self {
            Self::ReadResource | Self::ReadSecret | Self::Look | Self::List | Self::Login => true,
            Self::Claim | Self::End | Self::Tell | Self::Call => false,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::ReadResource => "GET resource",
            Self::ReadSecret => "GET secret",
            Self::Claim => "PATCH status: claim",
            Self::End => "PATCH status: end",
            Self::Tell => "PATCH status",
            Self::Look => "GET backup",
            Self::List => "GET backups",
            Self::Login => "POST tokens",
            Self::Call => "POST replicate",
        }
    }
}
