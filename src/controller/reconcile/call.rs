//! The call: it consumes the claim, and leaves nothing but how it ended.

use std::time::{Duration, Instant};

use crate::controller::context::Context;
use crate::controller::prepared::{self, Prepared, PreparedCall};
use crate::controller::reconcile::claim::{Claim, OpenWindow};
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::state::breakers::Turn;
use crate::controller::state::gate::{CloudWait, Heard, LanePlace};
use crate::controller::state::viewers::ViewerKey;
use crate::protocol::{CallAnswer, CallResult, CredentialVerdict, is_silence};
use crate::resource::{Attempt, BackupReplication, CredentialSource, RejectionKind};

/// A call that has ended and is to be recorded.
pub(crate) struct FinishedCall {
    pub(crate) object: BackupReplication,
    pub(crate) attempt: Attempt,
    pub(crate) ending: CallResult,
}

/// Makes the one call of this claim, from the object that the claim returned.
pub(crate) async fn call(
    context: &Context,
    claim: Claim,
    usable: &UsableCredential,
    turn: Turn,
    place: LanePlace,
) -> FinishedCall {
    let (window, limit, object, attempt) = claim.spend();
    let ending = match callable(&object, &attempt, context) {
        Ok(callable) => {
            let (started, sent) = (Instant::now(), context.memory.now());
            let source = object.spec.auth.source();
            let how = CallTerms { limit, window, source: source.as_ref() };
            let ending = send(context, &callable, usable, &attempt, how).await;
            let heard = heard(&ending, started.elapsed(), limit);
            // What the cloud asks of this caller holds for all with the same credential.
            let wait = place.note(heard, sent, context.memory.now(), context.spread());
            if let Some(CloudWait { until: _, more }) = wait {
                context.metrics.cloud.throttled(more);
            }
            let verdict = CredentialVerdict::from(&ending);
            usable.note(context, &verdict);
            turn.note(verdict, context.memory.now());
            context.memory.viewer(&viewer_key(&object, &callable, usable), |viewer| {
                viewer.note_call(&ending)
            });
            ending
        }
        Err(why) => {
            CallResult::NotSent(CallAnswer { message: why.to_owned(), ..CallAnswer::default() })
        }
    };
    log(&ending);
    FinishedCall { object, attempt, ending }
}

/// The claim's answer may show the object later than the decision saw it.
fn callable(
    object: &BackupReplication,
    attempt: &Attempt,
    context: &Context,
) -> Result<Box<PreparedCall>, &'static str> {
    if object.metadata.deletion_timestamp.is_some() {
        return Err("The resource is being deleted; nothing was sent.");
    }
    const CHANGED: &str = "The spec changed with the claim; nothing was sent.";
    // What is stored says which backup is meant: the claim must be of that very request.
    if object.request_digest() != attempt.request_digest {
        return Err(CHANGED);
    }
    match prepared::prepare(object, &context.settings) {
        Prepared::Call(callable) => Ok(callable),
        Prepared::Choice(_) | Prepared::NotCallable(_) => Err(CHANGED),
    }
}

/// When a call may run, and whose credential it has.
struct CallTerms<'a> {
    limit: Duration,
    window: OpenWindow,
    source: Option<&'a CredentialSource>,
}

async fn send(
    context: &Context,
    callable: &PreparedCall,
    usable: &UsableCredential,
    attempt: &Attempt,
    how: CallTerms<'_>,
) -> CallResult {
    let CallTerms { limit, window, source } = how;
    let PreparedCall { endpoint, target, body } = callable;
    tracing::info!(%endpoint, number = attempt.number, "Claimed; calling");
    let started = Instant::now();
    let outcome =
        context.cbr.replicate(endpoint, target, body, &usable.credential, limit, window).await;
    let ending = CallResult::of(outcome, attempt, source);
    context.metrics.cloud.called(&ending, started.elapsed());
    ending
}

fn heard(ending: &CallResult, took: Duration, limit: Duration) -> Heard {
    match ending {
        CallResult::Rejected { kind: RejectionKind::Throttled, retry_after, answer: _ } => {
            Heard::Throttled(*retry_after)
        }
        CallResult::Accepted(..) | CallResult::Rejected { .. } => Heard::Answer,
        CallResult::NotSent(answer) | CallResult::Unknown(answer) => {
            if answer.http_status.is_some() {
                Heard::Answer
            } else if is_silence(took, limit) {
                Heard::Silence
            } else {
                Heard::Nothing
            }
        }
    }
}

fn viewer_key(
    object: &BackupReplication,
    callable: &PreparedCall,
    usable: &UsableCredential,
) -> ViewerKey {
    ViewerKey {
        namespace: object.metadata.namespace.clone().unwrap_or_default(),
        endpoint: callable.endpoint.to_string(),
        project_id: callable.target.project_id.as_str().to_owned(),
        credential: usable.identity,
    }
}

/// The record id is logged at once: whatever happens to the write, it is not lost.
fn log(ending: &CallResult) {
    if let Some(request_id) = ending.answer().request_id.as_deref() {
        tracing::Span::current().record("request_id", request_id);
    }
    match ending {
        CallResult::Accepted(acceptance, _) => {
            tracing::info!(
                replication_record_id = acceptance.replication_record_id,
                "The cloud accepted the call"
            );
        }
        CallResult::NotSent(answer) => tracing::warn!(detail = answer.message, "Nothing was sent"),
        CallResult::Rejected { kind, answer, .. } => {
            tracing::warn!(
                ?kind,
                code = answer.code,
                detail = answer.message,
                "The cloud rejected the call"
            )
        }
        CallResult::Unknown(answer) => tracing::error!(
            http_status = answer.http_status,
            code = answer.code,
            detail = answer.message,
            "The outcome of the call is unknown"
        ),
    }
}
