//! How a call ended, in the terms of the status: what the cloud said, cut to the status's bounds.

use std::time::Duration;

use crate::cbr::{
    Accepted, CloudError, NotSent, NotSentReason, Rejection, RejectionKind as CloudRejection, ReplicateOutcome,
    Replication, Unknown, UnknownWhy,
};
use crate::resource::{RejectionKind, bounds};

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The cloud accepted it.
    Accepted(Acceptance, Answer),
    /// Nothing was sent.
    NotSent(Answer),
    /// The cloud did not accept it.
    Rejected {
        /// What that means for a further attempt.
        kind: RejectionKind,
        /// The answer.
        answer: Answer,
        /// How long the cloud asked to wait.
        retry_after: Option<Duration>,
    },
    /// Nobody can tell.
    Unknown(Answer),
}

impl Ending {
    /// What is kept of the answer.
    pub fn answer(&self) -> &Answer {
        match self {
            Self::Accepted(_, answer)
            | Self::NotSent(answer)
            | Self::Rejected { answer, .. }
            | Self::Unknown(answer) => answer,
        }
    }
}

/// The response's fields, named as on the API's page. None is promised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    /// `replication_record_id`
    pub replication_record_id: Option<String>,
    /// `source_region`
    pub source_region: Option<String>,
    /// `backup_id`
    pub backup_id: Option<String>,
    /// `project_id`
    pub project_id: Option<String>,
    /// `provider_id`
    pub provider_id: Option<String>,
    /// `destination_project_id`
    pub destination_project_id: Option<String>,
    /// `destination_region`
    pub destination_region: Option<String>,
    /// `destination_vault_id`
    pub destination_vault_id: Option<String>,
}

/// What is kept of any answer, or of its absence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub http_status: Option<u16>,
    /// The cloud's error code.
    pub code: Option<String>,
    /// The cloud's request id.
    pub request_id: Option<String>,
    /// What happened, and what to do, in words.
    pub message: String,
}

impl From<ReplicateOutcome> for Ending {
    fn from(outcome: ReplicateOutcome) -> Self {
        match outcome {
            ReplicateOutcome::Accepted(Accepted { replication, http_status, request_id }) => Self::Accepted(
                Acceptance::from(replication),
                Answer {
                    http_status: Some(http_status),
                    code: None,
                    request_id: bounded_id(request_id),
                    message: "The cloud accepted the call.".to_owned(),
                },
            ),
            ReplicateOutcome::NotSent(NotSent { reason, text }) => {
                let message = match reason {
                    NotSentReason::Fence => "The claim's window was over before the call could start".to_owned(),
                    NotSentReason::Dns
                    | NotSentReason::Connect
                    | NotSentReason::Tls
                    | NotSentReason::ConnectTimeout
                    | NotSentReason::TimeLimit
                    | NotSentReason::Other => text,
                };
                Self::NotSent(Answer { message: message_of(&[&message, "Nothing was sent."]), ..Answer::default() })
            }
            ReplicateOutcome::Rejected(Rejection { kind, error, retry_after }) => {
                Self::Rejected { kind: kind_of(kind), answer: answer_of(&error, kind.advice()), retry_after }
            }
            ReplicateOutcome::Unknown(Unknown { why, http_status, error, text, refusal_if_unseen: _ }) => {
                Self::Unknown(match error {
                    Some(error) => {
                        let advice = match why {
                            UnknownWhy::Unreadable2xx => "A success that cannot be read: most likely it was accepted.",
                            UnknownWhy::TimedOut
                            | UnknownWhy::ConnectionLost
                            | UnknownWhy::NotHttp
                            | UnknownWhy::AnswerCutShort
                            | UnknownWhy::AnswerTooLarge
                            | UnknownWhy::AmbiguousAnswer
                            | UnknownWhy::Undocumented => "It may have been accepted.",
                        };
                        answer_of(&error, advice)
                    }
                    None => Answer {
                        http_status,
                        code: None,
                        request_id: None,
                        message: message_of(&[&text, "It may have been accepted."]),
                    },
                })
            }
        }
    }
}

impl From<Replication> for Acceptance {
    fn from(replication: Replication) -> Self {
        let Replication {
            replication_record_id,
            backup_id,
            project_id,
            provider_id,
            source_region,
            destination_region,
            destination_project_id,
            destination_vault_id,
        } = replication;
        Self {
            replication_record_id: replication_record_id.map(|id| id.as_str().to_owned()),
            source_region: source_region.map(|region| bounded(&region, bounds::NAME)),
            backup_id: bounded_id(backup_id),
            project_id: bounded_id(project_id),
            provider_id: bounded_id(provider_id),
            destination_project_id: bounded_id(destination_project_id),
            destination_region: destination_region.map(|region| bounded(&region, bounds::NAME)),
            destination_vault_id: bounded_id(destination_vault_id),
        }
    }
}

fn kind_of(kind: CloudRejection) -> RejectionKind {
    match kind {
        CloudRejection::Terminal(_) => RejectionKind::Terminal,
        CloudRejection::Retry { look_up_first: _ } => RejectionKind::Temporary,
        CloudRejection::Throttled => RejectionKind::Throttled,
        CloudRejection::Unauthorized => RejectionKind::Unauthorized,
        CloudRejection::Duplicate => RejectionKind::AlreadyReplicated,
    }
}

fn answer_of(error: &CloudError, advice: &str) -> Answer {
    Answer {
        http_status: Some(error.http_status),
        code: error.code.as_deref().map(|code| bounded(code, bounds::ID)),
        request_id: bounded_id(error.request_id.clone()),
        message: message_of(&[&error.to_string(), advice]),
    }
}

/// Sentences, each closed by a full stop.
fn message_of(sentences: &[&str]) -> String {
    let mut text = String::new();
    for sentence in sentences {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(sentence);
        if !text.ends_with('.') {
            text.push('.');
        }
    }
    bounded(&text, bounds::MESSAGE)
}

fn bounded_id(id: Option<String>) -> Option<String> {
    id.map(|id| bounded(&id, bounds::ID))
}

/// The text cut to so many characters, as the schema counts them.
pub(super) fn bounded(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
