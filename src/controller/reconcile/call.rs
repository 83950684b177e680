//! The call: it consumes the claim, and leaves nothing but how it ended.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::controller::context::Context;
use crate::controller::prepared::{self, Prepared, PreparedCall};
use crate::controller::reconcile::claim::{Claim, OpenWindow};
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::state::breakers::Turn;
use crate::controller::state::throttle::RateLimitKey;
use crate::protocol::{CallAnswer, CallResult, cap_retry_after};
use crate::resource::{Attempt, BackupReplication, RejectionKind};

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
) -> FinishedCall {
    let (window, limit, object, attempt) = claim.spend();
    let ending = match callable(&object, &attempt, context) {
        Ok(callable) => {
            let ending = send(context, &callable, usable, &attempt, limit, window).await;
            note_throttle(context, &callable, usable, &ending);
            usable.note_call(context, &ending);
            turn.note_call(&ending, context.memory.now());
            context.memory.viewer(&rate_key(&callable, usable), |viewer| viewer.note_call(&ending));
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

async fn send(
    context: &Context,
    callable: &PreparedCall,
    usable: &UsableCredential,
    attempt: &Attempt,
    limit: Duration,
    window: OpenWindow,
) -> CallResult {
    let PreparedCall { endpoint, target, body } = callable;
    tracing::info!(%endpoint, number = attempt.number, "Claimed; calling");
    let started = Instant::now();
    let outcome =
        context.cbr.replicate(endpoint, target, body, &usable.credential, limit, window).await;
    let ending = CallResult::of(outcome, attempt);
    context.metrics.cloud.called(&ending, started.elapsed());
    ending
}

/// What the cloud asked of this caller holds for all resources that call the same way.
fn note_throttle(
    context: &Context,
    callable: &PreparedCall,
    usable: &UsableCredential,
    ending: &CallResult,
) {
    let CallResult::Rejected { kind: RejectionKind::Throttled, retry_after: Some(wait), answer: _ } =
        ending
    else {
        return;
    };
    let now = Timestamp::now();
    if let Ok(until) = now.checked_add(cap_retry_after(*wait)) {
        context.throttle.note(rate_key(callable, usable), until, now);
    }
}

fn rate_key(callable: &PreparedCall, usable: &UsableCredential) -> RateLimitKey {
    RateLimitKey {
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
