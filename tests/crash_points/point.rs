//! The messages of a replication, and which of them are points.
//!
//! Points are the operator's requests about single resources and Secrets at the API server, and all of its calls to the
//! cloud. Its list and its watch are none: they decide nothing, since every round reads the live object; what a late watch
//! does is a fault of its own.

use proxy::Message;
use serde_json::Value;

/// Whether a message is a point.
pub(crate) fn counts(message: &Message) -> bool {
    ["/backupreplications/", "/secrets/", "/v3/"].iter().any(|part| message.path.contains(part))
}

/// One of the messages of a story, counted within its kind. Messages of one kind in a row are one point: they are reads of
/// rounds that had nothing to do, and how many there are depends on when the events of the watch come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) kind: Kind,
    /// From 1.
    pub(crate) nth: usize,
}

impl Point {
    /// The points of a story.
    pub(crate) fn all(messages: &[Kind]) -> Vec<Self> {
        let mut points: Vec<Self> = Vec::new();
        for kind in messages {
            if points.last().is_none_or(|last| last.kind != *kind) {
                let before = points.iter().filter(|point| point.kind == *kind).count();
                points.push(Self { kind: *kind, nth: before + 1 });
            }
        }
        points
    }

    /// Whether a message is this one, asked for each in turn.
    pub(crate) fn meets(self) -> impl FnMut(&Message) -> bool + Send + 'static {
        let mut seen = Vec::new();
        move |message| {
            seen.push(Kind::of(message));
            Self::all(&seen).last() == Some(&self)
        }
    }

    pub(crate) fn text(self) -> String {
        format!("{} {}", self.kind.text(), self.nth)
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
    Call,
}

impl Kind {
    pub(crate) fn of(message: &Message) -> Self {
        let path = message.path.as_str();
        if path.ends_with("/replicate") {
            Self::Call
        } else if path.starts_with("/v3/") {
            Self::Look
        } else if path.contains("/secrets/") {
            Self::ReadSecret
        } else if !path.contains("/status") {
            Self::ReadResource
        } else {
            let patch: Value = serde_json::from_slice(&message.body).unwrap_or_default();
            let writes = |path: &str| patch.as_array().into_iter().flatten().find(|step| step["path"] == path);
            match writes("/status/attempts") {
                Some(step) if step["value"][0]["outcome"].is_null() => Self::Claim,
                Some(_) => Self::End,
                None => Self::Tell,
            }
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
            Self::Call => "POST replicate",
        }
    }
}
