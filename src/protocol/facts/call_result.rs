//! How a call ended, in the terms of the status: what the cloud said, cut to the status's bounds.

use std::time::Duration;

use crate::cbr::{
    Accepted, CloudError, NotSent, NotSentReason, Refusal, Rejection, ReplicateOutcome,
    Replication, Unknown, UnknownWhy,
};
use crate::resource::{Attempt, CredentialSource, RejectionKind, bounds};

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallResult {
    /// The cloud accepted it.
    Accepted(Acceptance, CallAnswer),
    /// Nothing was sent.
    NotSent(CallAnswer),
    /// The cloud did not accept it.
    Rejected {
        /// What that means for a further attempt.
        kind: RejectionKind,
        /// The answer.
        answer: CallAnswer,
        /// How long the cloud asked to wait.
        retry_after: Option<Duration>,
    },
    /// It is unknown whether the cloud accepted it.
    Unknown(CallAnswer),
}

impl CallResult {
    /// What is kept of the answer.
    pub fn answer(&self) -> &CallAnswer {
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
pub struct CallAnswer {
    /// HTTP status.
    pub http_status: Option<u16>,
    /// The cloud's error code.
    pub code: Option<String>,
    /// The cloud's request id.
    pub request_id: Option<String>,
    /// What happened, and what to do, in words.
    pub message: String,
}

impl CallResult {
    /// What the outcome of this attempt's call proves. What is to be done about a credential is said
    /// of the source that it comes from.
    pub fn of(
        outcome: ReplicateOutcome,
        attempt: &Attempt,
        source: Option<&CredentialSource>,
    ) -> Self {
        match outcome {
            ReplicateOutcome::Accepted(Accepted { replication, http_status, request_id }) => {
                Self::Accepted(
                    Acceptance::from(replication),
                    CallAnswer {
                        http_status: Some(http_status),
                        code: None,
                        request_id: bounded_id(request_id),
                        message: "The cloud accepted the call.".to_owned(),
                    },
                )
            }
            ReplicateOutcome::NotSent(NotSent { reason, text }) => {
                let message = match reason {
                    NotSentReason::Fence => {
                        "The claim's window was over before the call could start".to_owned()
                    }
                    NotSentReason::Dns
                    | NotSentReason::Connect
                    | NotSentReason::Tls
                    | NotSentReason::ConnectTimeout
                    | NotSentReason::TimeLimit
                    | NotSentReason::Other => text,
                };
                Self::NotSent(CallAnswer {
                    message: message_of(&[&message, "Nothing was sent."]),
                    ..CallAnswer::default()
                })
            }
            ReplicateOutcome::Rejected(Rejection { kind, error, retry_after }) => Self::Rejected {
                kind: kind_of(kind),
                answer: answer_of(&error, advice_on(kind, &error, source)),
                retry_after,
            },
            ReplicateOutcome::Unknown(unknown) => Self::of_unknown(unknown, attempt, source),
        }
    }

    /// An answer that nobody has documented as a refusal is settled by a look-up. Where none was
    /// possible before the claim, a few of them count as refusals nevertheless.
    fn of_unknown(unknown: Unknown, attempt: &Attempt, source: Option<&CredentialSource>) -> Self {
        let Unknown { why, http_status, error, text, refusal_if_unseen } = unknown;
        let Some(error) = error else {
            return Self::Unknown(CallAnswer {
                http_status,
                code: None,
                request_id: None,
                message: message_of(&[&text, "It may have been accepted."]),
            });
        };
        if let (Some(kind), None) = (refusal_if_unseen, &attempt.records_before) {
            let answer = answer_of(&error, advice_on(kind, &error, source));
            return Self::Rejected { kind: kind_of(kind), answer, retry_after: None };
        }
        let advice = match why {
            UnknownWhy::Unreadable2xx => {
                "The answer is a success that cannot be read: most likely the call was accepted."
            }
            UnknownWhy::Undocumented => {
                "The cloud's documentation does not name this answer as a refusal, so it may have \
                 been accepted."
            }
            UnknownWhy::TimedOut
            | UnknownWhy::ConnectionLost
            | UnknownWhy::NotHttp
            | UnknownWhy::AnswerCutShort
            | UnknownWhy::AnswerTooLarge
            | UnknownWhy::AmbiguousAnswer => "It may have been accepted.",
        };
        Self::Unknown(answer_of(&error, advice))
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

/// A credential of another project gets the code of a missing right, and no right helps it.
fn advice_on(kind: Refusal, error: &CloudError, source: Option<&CredentialSource>) -> &'static str {
    if error.is_of_another_project() {
        return source.map_or(
            "The credential is for another project: spec.auth must name one for the source project \
             (spec.projectId).",
            CredentialSource::cure_of_another_project,
        );
    }
    match kind {
        Refusal::Unauthorized => source.map_or(kind.advice(), CredentialSource::cure),
        Refusal::Terminal(_)
        | Refusal::Retry { look_up_first: _ }
        | Refusal::Throttled
        | Refusal::Duplicate => kind.advice(),
    }
}

fn kind_of(kind: Refusal) -> RejectionKind {
    match kind {
        Refusal::Terminal(_) => RejectionKind::Terminal,
        Refusal::Retry { look_up_first: _ } => RejectionKind::Temporary,
        Refusal::Throttled => RejectionKind::Throttled,
        Refusal::Unauthorized => RejectionKind::Unauthorized,
        Refusal::Duplicate => RejectionKind::AlreadyReplicated,
    }
}

fn answer_of(error: &CloudError, advice: &str) -> CallAnswer {
    CallAnswer {
        http_status: Some(error.http_status),
        code: error.code.as_deref().map(|code| bounded(code, bounds::ID)),
        request_id: bounded_id(error.request_id.clone()),
        message: message_of(&[&error.to_string(), advice]),
    }
}

/// Sentences, each closed by a full stop.
fn message_of(sentences: &[&str]) -> String {
    let mut text = String::new();
    for sentence in sentences.iter().filter(|sentence| !sentence.is_empty()) {
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
pub(crate) fn bounded(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
