//! One reading of the cloud, whatever it reads: past the breaker, its requests told to the gate,
//! and what it says of the credential told to those who share it.

use std::time::{Duration, Instant};

use crate::cbr::{Endpoint, ListError, LookUpError};
use crate::controller::context::Context;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::state::breakers::{Pass, Turn};
use crate::controller::state::gate::{CloudWait, Heard, LanePlace};
use crate::controller::state::operation::CloudOperation;
use crate::protocol::{CredentialVerdict, is_silence};

/// A reading that has begun.
pub(super) struct CloudReading<'a> {
    context: &'a Context,
    operation: CloudOperation,
    usable: &'a UsableCredential,
    place: &'a LanePlace,
    turn: Turn,
}

/// Why none may begin.
pub(super) enum NotBegun {
    /// The credential was refused a while ago, in these words.
    Refused(String),
    /// The one who went first with it met this.
    Failed(String),
}

/// What an answer, or its absence, tells of the cloud.
pub(super) enum Tells {
    /// It asks to wait, for so long if it says so.
    Throttled(Option<Duration>),
    /// It answers.
    Answer,
    /// No answer that could be read.
    Nothing,
}

impl<T> From<&Result<T, LookUpError>> for Tells {
    fn from(answer: &Result<T, LookUpError>) -> Self {
        match answer {
            Err(LookUpError::Throttled { error: _, retry_after }) => Self::Throttled(*retry_after),
            Ok(_)
            | Err(
                LookUpError::NotAvailable(_)
                | LookUpError::Unauthorized(_)
                | LookUpError::NoSuchBackup(_)
                | LookUpError::Unreadable { text: _, error: Some(_) },
            ) => Self::Answer,
            Err(
                LookUpError::Unavailable { .. } | LookUpError::Unreadable { text: _, error: None },
            ) => Self::Nothing,
        }
    }
}

impl<T> From<&Result<T, ListError>> for Tells {
    fn from(answer: &Result<T, ListError>) -> Self {
        match answer {
            Err(ListError::Throttled { error: _, retry_after }) => Self::Throttled(*retry_after),
            Ok(_) | Err(ListError::NotAvailable(_) | ListError::Unauthorized(_)) => Self::Answer,
            Err(ListError::Failed(_)) => Self::Nothing,
        }
    }
}

/// What one request came to.
pub(super) struct CloudReply<T, E> {
    pub(super) answer: Result<T, E>,
    /// The wait that the cloud asks for.
    pub(super) wait: Option<CloudWait>,
    pub(super) took: Duration,
}

impl<'a> CloudReading<'a> {
    /// Begins one, as soon as the credential may be shown there.
    pub(super) async fn begin(
        context: &'a Context,
        operation: CloudOperation,
        endpoint: &Endpoint,
        usable: &'a UsableCredential,
        place: &'a LanePlace,
    ) -> Result<Self, NotBegun> {
        let clock = || context.memory.now();
        let pass = context
            .breakers
            .for_lookup(&usable.breaker(endpoint, operation), &usable.credential, clock)
            .await;
        match pass {
            Pass::Go(turn) => Ok(Self { context, operation, usable, place, turn }),
            Pass::Refused(why) => Err(NotBegun::Refused(why)),
            Pass::Failed(why) => Err(NotBegun::Failed(why)),
        }
    }

    /// Makes one of its requests.
    pub(super) async fn ask<T, E>(
        &self,
        request: impl Future<Output = Result<T, E>>,
    ) -> CloudReply<T, E>
    where
        Tells: for<'r> From<&'r Result<T, E>>,
    {
        let Self { context, operation: _, usable: _, place, turn: _ } = self;
        let (started, sent) = (Instant::now(), context.memory.now());
        let answer = request.await;
        let took = started.elapsed();
        let heard = match Tells::from(&answer) {
            Tells::Throttled(retry_after) => Heard::Throttled(retry_after),
            Tells::Answer => Heard::Answer,
            Tells::Nothing if is_silence(took, context.settings.policy.limit) => Heard::Silence,
            Tells::Nothing => Heard::Nothing,
        };
        let wait = place.note(heard, sent, context.memory.now(), context.spread());
        if let Some(CloudWait { until: _, more }) = wait {
            context.metrics.cloud.throttled(more);
        }
        CloudReply { answer, wait, took }
    }

    /// Ends it.
    pub(super) fn end(self, verdict: CredentialVerdict) {
        let Self { context, operation, usable, place: _, turn } = self;
        match operation {
            CloudOperation::Backup | CloudOperation::List | CloudOperation::Login => {
                usable.note(context, &verdict);
            }
            // They are optional: who may not read them may well look up and call.
            CloudOperation::Logs => {}
        }
        turn.note(verdict, context.memory.now());
    }
}
