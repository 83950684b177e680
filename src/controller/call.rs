//! The call: it consumes the claim, and leaves nothing but how it ended.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::claim::{Claim, OpenWindow};
use super::context::Context;
use super::target::{self, Callable, Target};
use super::throttle::Asked;
use crate::cbr::Token;
use crate::protocol::{Answer, Ending, honoured};
use crate::resource::{Attempt, BackupReplication, RejectionKind};

/// A call that has ended and is to be recorded.
pub(super) struct Ended {
    pub(super) object: BackupReplication,
    pub(super) attempt: Attempt,
    pub(super) ending: Ending,
}

/// Makes the one call of this claim, from the object that the claim returned.
pub(super) async fn call(context: &Context, claim: Claim, token: &Token) -> Ended {
    let (window, object, attempt) = claim.spend();
    let ending = match callable(&object, context) {
        Ok(callable) => {
            let ending = send(context, &callable, token, &attempt, window).await;
            note_throttle(context, &callable, token, &ending);
            ending
        }
        Err(why) => Ending::NotSent(Answer { message: why.to_owned(), ..Answer::default() }),
    };
    log(&ending);
    Ended { object, attempt, ending }
}

/// The claim's answer may show the object later than the decision saw it.
fn callable(object: &BackupReplication, context: &Context) -> Result<Box<Callable>, &'static str> {
    if object.metadata.deletion_timestamp.is_some() {
        return Err("The resource is being deleted; nothing was sent.");
    }
    match target::read(&object.spec, &context.settings) {
        Target::Callable(callable) => Ok(callable),
        Target::NotCallable(_) => Err("The spec changed with the claim; nothing was sent."),
    }
}

async fn send(context: &Context, callable: &Callable, token: &Token, attempt: &Attempt, window: OpenWindow) -> Ending {
    let Callable { endpoint, target, body } = callable;
    tracing::info!(%endpoint, number = attempt.number, "Claimed; calling");
    let started = Instant::now();
    let limit = Duration::from(attempt.limit);
    let outcome = context.cbr.replicate(endpoint, target, body, token, limit, window).await;
    let ending = Ending::from(outcome);
    context.metrics.cloud.called(&ending, started.elapsed());
    ending
}

/// What the cloud asked of this caller holds for all resources that call the same way.
fn note_throttle(context: &Context, callable: &Callable, token: &Token, ending: &Ending) {
    let Ending::Rejected { kind: RejectionKind::Throttled, retry_after: Some(wait), answer: _ } = ending else {
        return;
    };
    let now = Timestamp::now();
    if let Ok(until) = now.checked_add(honoured(*wait)) {
        let asked = Asked {
            endpoint: callable.endpoint.to_string(),
            project_id: callable.target.project_id.as_str().to_owned(),
            credential: token.credential(),
        };
        context.throttle.note(asked, until, now);
    }
}

/// The record id is logged at once: whatever happens to the write, it is not lost.
fn log(ending: &Ending) {
    if let Some(request_id) = ending.answer().request_id.as_deref() {
        tracing::Span::current().record("request_id", request_id);
    }
    match ending {
        Ending::Accepted(acceptance, _) => {
            tracing::info!(replication_record_id = acceptance.replication_record_id, "The cloud accepted the call");
        }
        Ending::NotSent(answer) => tracing::warn!(detail = answer.message, "Nothing was sent"),
        Ending::Rejected { kind, answer, .. } => {
            tracing::warn!(?kind, code = answer.code, detail = answer.message, "The cloud rejected the call")
        }
        Ending::Unknown(answer) => tracing::error!(
            http_status = answer.http_status,
            code = answer.code,
            detail = answer.message,
            "The outcome of the call is unknown"
        ),
    }
}
