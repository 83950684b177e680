//! One round for one resource: observe, decide, claim, call, record.

mod call;
mod claim;
pub(super) mod credential;
mod list;
mod logs;
pub(super) mod lookup;
mod observe;
mod reading;
mod record;
mod status_writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::ResourceExt;

use crate::controller::api::ApiError;
use crate::controller::context::Context;
use crate::controller::key::ResourceKey;
use crate::controller::queue::NextRound;
use crate::controller::reconcile::call::call;
use crate::controller::reconcile::claim::Claim;
use crate::controller::reconcile::credential::ReadCredential;
use crate::controller::reconcile::observe::{Decided, Observer};
use crate::controller::reconcile::record::record_result;
use crate::controller::reconcile::status_writer::{Purpose, StatusWriter};
use crate::controller::state::permits::RoundPermit;
use crate::controller::watch::newest::{Known, KnownObject};
use crate::protocol::{Action, CallResult, CallTarget, MayWrite, another_writer, has_new_facts};
use crate::resource::{AttemptId, BackupReplication, BackupReplicationStatus};

/// The cloud refused the credential between the decision and the claim, or another resource is the
/// first to try it.
const CREDENTIAL_REFUSED: Duration = Duration::from_secs(1);
/// What a look-up showed may be claimed upon when no more time than this has passed in a queue.
const LOOK_UP_IS_FRESH: Duration = Duration::from_secs(5);
/// Another resource took the target between the decision and the claim.
const TARGET_IN_USE: Duration = Duration::from_secs(1);

/// One round. What it returns says when the next one is due without any event.
pub(crate) async fn reconcile(
    key: ResourceKey,
    context: Arc<Context>,
    permit: &RoundPermit,
) -> Result<NextRound, ApiError> {
    let Some(known) = newest(&context, &key).await? else {
        return Ok(NextRound::await_change());
    };
    let ended = work(&key, &context, permit, &known).await;
    if let Err(ApiError::Conflict) = &ended
        && let Some(times) = context.last_rounds.note_conflict(&key, &known.object)
    {
        tracing::warn!(
            times,
            "Each write has met a newer version of this resource than the one that it was decided \
             on: something else changes it again and again, or the watch is late"
        );
    }
    ended
}

/// The newest version that this process knows. It is read only where it is not kept, or where a
/// write has shown it to be stale and the watch has not brought another. `None` where there is
/// nothing to do for it.
async fn newest(context: &Context, key: &ResourceKey) -> Result<Option<KnownObject>, ApiError> {
    match context.newest.get(key) {
        Known::Object(known) => {
            let version = known.object.resource_version();
            if !context.last_rounds.is_refused(key, version.as_deref()) {
                return Ok(Some(*known));
            }
        }
        Known::ByName => {}
        Known::Finished => return Ok(None),
        Known::Gone => {
            context.forget(key);
            return Ok(None);
        }
    }
    match StatusWriter::new(context, key).read().await {
        Ok(known) => Ok(Some(known)),
        Err(ApiError::Gone) => {
            context.forget(key);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

async fn work(
    key: &ResourceKey,
    context: &Context,
    permit: &RoundPermit,
    known: &KnownObject,
) -> Result<NextRound, ApiError> {
    let KnownObject { object, metadata_bytes: _, fingerprint } = known;
    let writer = StatusWriter::new(context, key);
    let mut observer = Observer::new(context, key, known, permit);
    let action = match observer.decide().await? {
        Decided::Act(action) => action,
        Decided::Later(wait) => return Ok(NextRound::requeue(wait)),
        Decided::Drained => return Ok(NextRound::await_change()),
    };
    let place = observer.take_place();
    match action {
        // The round has been told these.
        Action::ReadCredential
        | Action::ListBackups
        | Action::Lookup { .. }
        | Action::ReadLogs { .. } => Ok(NextRound::await_change()),
        Action::Update { status, requeue_after } => {
            drop(place);
            if object.status.as_ref() == Some(&*status) {
                context.last_rounds.conclude(key, object, *fingerprint, requeue_after);
                return Ok(requeue_after.map_or_else(NextRound::await_change, NextRound::requeue));
            }
            if let MayWrite::After { wait, is_news } =
                context.last_rounds.may_write(key, object, &status)
            {
                if is_news {
                    tell_of_another(context, object, &status);
                }
                let again = requeue_after.map_or(wait, |again| again.min(wait));
                context.last_rounds.conclude(key, object, *fingerprint, Some(again));
                return Ok(NextRound::requeue(again));
            }
            permit.come_back().await;
            let written = writer.write(object, &status, Purpose::Settle).await?;
            // From what is new, something new may follow.
            let again = if has_new_facts(object.status.as_ref(), &status) {
                Some(Duration::ZERO)
            } else {
                requeue_after
            };
            context.last_rounds.conclude(key, &written.object, written.fingerprint, again);
            Ok(again.map_or_else(NextRound::await_change, NextRound::requeue))
        }
        Action::Claim { status, attempt } => {
            tracing::Span::current().record("attempt", attempt.id.as_str());
            let caller = observer.caller();
            let Some(ReadCredential { reading, usable: Some(usable) }) = observer.credential.take()
            else {
                return Ok(NextRound::await_change());
            };
            let before = Instant::now();
            permit.come_back().await;
            let Some(mut place) = place.filter(|_| before.elapsed() < LOOK_UP_IS_FRESH) else {
                return Ok(NextRound::requeue(Duration::ZERO));
            };
            // Nothing new begins in a drain or without the lead, however long the look before it
            // took.
            if !context.may_begin() {
                tracing::info!("Not claimed: this process stands by or shuts down");
                return Ok(NextRound::await_change());
            }
            let Some(turn) = observer.turn(&usable) else {
                return Ok(NextRound::requeue(CREDENTIAL_REFUSED));
            };
            // From here on nothing waits for the cloud's leave.
            if !place.may_call(context.memory.now()) {
                return Ok(NextRound::requeue(CREDENTIAL_REFUSED));
            }
            // A claim is of a backup that is known.
            let Some(target) = CallTarget::of(object) else {
                return Ok(NextRound::await_change());
            };
            let Some(mut taken) = context.targets.take(target, caller) else {
                return Ok(NextRound::requeue(TARGET_IN_USE));
            };
            let claim = match Claim::stake(&writer, object, &status, &attempt).await {
                Ok(claim) => claim,
                Err(error) => return not_claimed(context, key, object, &attempt.id, error),
            };
            context.memory.note_kept_claim(key, object);
            context.targets.note_claim(key, claim.object());
            // Kept too long rather than too short, should this round end in a panic.
            taken.keep_for(context.settings.policy.settling_time);
            // Others may be worked on while the call is under way, and while its end is written,
            // which may take without end.
            permit.leave();
            let ended = call(context, claim, &usable, turn, place).await;
            taken.keep_for(shows_after(&ended.ending, context));
            drop(taken);
            let again = record_result(context, key, ended, reading).await;
            Ok(again.map_or_else(NextRound::await_change, NextRound::requeue))
        }
    }
}

/// Another process writes this status again and again, and what it says is not what this one says.
fn tell_of_another(
    context: &Context,
    object: &BackupReplication,
    status: &BackupReplicationStatus,
) {
    let named = another_writer(object.status.as_ref(), &context.settings.identity);
    let another = named.unwrap_or("without a name here");
    let said = |status: Option<&BackupReplicationStatus>| {
        let ready = status.and_then(|status| status.conditions.first());
        ready.map_or_else(String::new, |ready| ready.reason.clone())
    };
    let (theirs, own) = (said(object.status.as_ref()), said(Some(status)));
    tracing::warn!(another, theirs, own, "Another operator writes this status, too");
    context.metrics.rounds.status_contested();
    context.events.another_writes(object, another, &theirs, &own);
}

/// Of a claim without a clear answer it is open whether it will turn up. It will not be called.
/// What the API server refuses or does not keep is told in the status, by the next round, and
/// backed off.
fn not_claimed(
    context: &Context,
    key: &ResourceKey,
    object: &BackupReplication,
    attempt: &AttemptId,
    error: ApiError,
) -> Result<NextRound, ApiError> {
    match &error {
        ApiError::NoAnswer(_) | ApiError::Gone | ApiError::Unauthorized(_) => {
            context.memory.note_given_up(key, object, attempt)
        }
        ApiError::Forbidden(why)
        | ApiError::Refused(why)
        | ApiError::NotKept { why, instead: _ } => {
            context.memory.note_given_up(key, object, attempt);
            if let ApiError::NotKept { why: _, instead: Some(stored) } = &error {
                context.memory.note_given_up(key, object, stored);
            }
            context.memory.note_refused_claim(key, object, why.clone());
            tracing::warn!(%error, "The claim was not kept; no call is made");
            return Ok(NextRound::requeue(Duration::ZERO));
        }
        ApiError::Conflict | ApiError::Unguardable(_) | ApiError::Unserialisable(_) => {}
    }
    Err(error)
}

/// How long a call that has ended may need to show in the cloud's records.
fn shows_after(ending: &CallResult, context: &Context) -> Duration {
    match ending {
        CallResult::Accepted(..) | CallResult::Unknown(_) => context.settings.policy.settling_time,
        CallResult::NotSent(_) | CallResult::Rejected { .. } => Duration::ZERO,
    }
}
