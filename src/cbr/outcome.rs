//! How a call ended: accepted, not sent, rejected, or unknown. Rejected and not sent are said only
//! where they are proven; whatever is left is unknown.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::answer::{Answer, Json};
use super::classify::classify;
use super::credential::Credential;
use super::error_body::CloudError;
use super::error_class::{Class, Refusal};
use super::replication::Replication;
use super::retry_after;
use super::text::{VALUE_CHARS, one_line};

/// How a call ended. Its `Display` is one line without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicateOutcome {
    /// The cloud accepted the call.
    Accepted(Accepted),
    /// No byte of the request left this process, and none will.
    NotSent(NotSent),
    /// The cloud's answer proves that it did not accept the call.
    Rejected(Rejection),
    /// The call may have been accepted.
    Unknown(Unknown),
}

/// A 2xx with a readable `replication`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What the cloud said about it; any of it may be absent, the record id too.
    pub replication: Replication,
    /// The HTTP status.
    pub http_status: u16,
    /// The cloud's request id.
    pub request_id: Option<String>,
}

/// A call that did not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSent {
    /// What kept it from beginning.
    pub reason: NotSentReason,
    /// The same in words.
    pub text: String,
}

/// What kept a call from beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotSentReason {
    /// The fence was closed when the request was about to leave.
    Fence,
    /// The name has no address.
    Dns,
    /// No connection.
    Connect,
    /// No TLS on that connection.
    Tls,
    /// No connection in time.
    ConnectTimeout,
    /// The call's time limit was over before the request could leave.
    TimeLimit,
    /// Anything else before the request could leave.
    Other,
}

/// A proven refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What it means.
    pub kind: Refusal,
    /// What the cloud said.
    pub error: CloudError,
    /// How long the cloud asks to wait, where it does; at most a day.
    pub retry_after: Option<Duration>,
}

/// A call of which nobody knows how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Why it is not known.
    pub why: UnknownWhy,
    /// The status, where an answer began.
    pub http_status: Option<u16>,
    /// What the cloud said, where an answer came.
    pub error: Option<CloudError>,
    /// The same in words.
    pub text: String,
    /// What the answer counts as where nothing can be looked up: the last word then is the server's
    /// own, that it serves nothing there. `None` for nearly all.
    pub refusal_if_unseen: Option<Refusal>,
}

/// Why it is not known how a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownWhy {
    /// The time limit was over.
    TimedOut,
    /// The connection ended before an answer began.
    ConnectionLost,
    /// What came back is not HTTP.
    NotHttp,
    /// The answer began and broke off.
    AnswerCutShort,
    /// The answer is longer than is read (1 MiB).
    AnswerTooLarge,
    /// A 2xx without a readable `replication`.
    Unreadable2xx,
    /// An answer that proves neither acceptance nor refusal.
    AmbiguousAnswer,
    /// An answer in the form of a refusal that is not documented as one: a firewall, a gateway or a
    /// cache may give it after the call was accepted.
    Undocumented,
}

impl ReplicateOutcome {
    /// What a complete answer proves. `now` is when it came.
    pub(super) fn read(answer: &Answer, credential: &Credential, now: Timestamp) -> Self {
        let json = answer.json();
        if answer.is_success() {
            if let Json::Read(Value::Object(body)) = &json
                && let Some(Value::Object(members)) = body.get("replication")
            {
                return Self::Accepted(Accepted {
                    replication: Replication::read(members, credential),
                    http_status: answer.status,
                    request_id: answer
                        .request_id
                        .as_deref()
                        .and_then(|id| one_line(id, VALUE_CHARS / 2, credential)),
                });
            }
            return Self::Unknown(Unknown::answered(UnknownWhy::Unreadable2xx, answer, credential));
        }
        if matches!(json, Json::CutShort) {
            return Self::Unknown(Unknown::answered(
                UnknownWhy::AnswerCutShort,
                answer,
                credential,
            ));
        }
        let error = CloudError::read(answer, credential);
        match classify(error.http_status, error.code.as_deref()) {
            Class::Rejected(kind) => {
                let retry_after =
                    answer.retry_after.as_deref().and_then(|value| retry_after::parse(value, now));
                Self::Rejected(Rejection { kind, error, retry_after })
            }
            Class::Ambiguous => {
                Self::Unknown(Unknown::answered(UnknownWhy::AmbiguousAnswer, answer, credential))
            }
            Class::Undocumented { refusal_if_unseen } => Self::Unknown(Unknown {
                refusal_if_unseen,
                ..Unknown::answered(UnknownWhy::Undocumented, answer, credential)
            }),
        }
    }
}

impl Unknown {
    fn answered(why: UnknownWhy, answer: &Answer, credential: &Credential) -> Self {
        let error = CloudError::read(answer, credential);
        Self {
            why,
            http_status: Some(answer.status),
            text: error.to_string(),
            error: Some(error),
            refusal_if_unseen: None,
        }
    }
}

impl UnknownWhy {
    /// What is known about it, in words.
    fn words(self) -> &'static str {
        match self {
            Self::TimedOut => "no complete answer in time",
            Self::ConnectionLost => "the connection was lost before an answer came",
            Self::NotHttp => "what came back is not HTTP",
            Self::AnswerCutShort => "the answer broke off",
            Self::AnswerTooLarge => "the answer is longer than 1 MiB",
            Self::Unreadable2xx => "the answer says success, but names no replication",
            Self::AmbiguousAnswer => "the answer does not tell whether the call was accepted",
            Self::Undocumented => "the answer is not documented as a refusal",
        }
    }
}

impl fmt::Display for ReplicateOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(accepted) => accepted.fmt(f),
            Self::NotSent(not_sent) => not_sent.fmt(f),
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Unknown(unknown) => unknown.fmt(f),
        }
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.replication.replication_record_id {
            Some(id) => {
                write!(f, "accepted as replication record {id} (HTTP {}", self.http_status)?
            }
            None => {
                write!(f, "accepted without a replication record id (HTTP {}", self.http_status)?
            }
        }
        match &self.request_id {
            Some(request_id) => write!(f, ", request id {request_id})"),
            None => f.write_str(")"),
        }
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not sent: {}", self.text)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not accepted, {}: {}", self.kind, self.error)
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "outcome unknown, {}: {}", self.why.words(), self.text)
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
