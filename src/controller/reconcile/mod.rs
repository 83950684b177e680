//! One round for one resource: observe, decide, claim, call, record.

mod call;
mod claim;
pub(super) mod credential;
mod list;
pub(super) mod lookup;
mod observe;
mod record;

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Api;
use kube::runtime::controller::Action as Next;
use kube::runtime::reflector::ObjectRef;

use crate::controller::api::{ApiError, bounded, write_status};
use crate::controller::context::Context;
use crate::controller::events::announce;
use crate::controller::reconcile::call::call;
use crate::controller::reconcile::claim::Claim;
use crate::controller::reconcile::credential::ReadCredential;
use crate::controller::reconcile::observe::Observer;
use crate::controller::reconcile::record::record_result;
use crate::controller::state::permits::Permit;
use crate::controller::watch::entry::WatchEntry;
use crate::protocol::{Action, CallResult, CallTarget};
use crate::resource::{
    AttemptId, BackupReplication, BackupReplicationStatus, ConditionType, Level, Phase, Reason,
};

/// The cloud refused the credential between the decision and the claim, or another resource is the
/// first to try it.
const CREDENTIAL_REFUSED: Duration = Duration::from_secs(1);
/// Another resource took the target between the decision and the claim.
const TARGET_IN_USE: Duration = Duration::from_secs(1);

/// One round. What it returns says when the next one is due without any event.
pub(crate) async fn reconcile(
    key: ObjectRef<WatchEntry>,
    context: Arc<Context>,
    permit: Permit,
) -> Result<Next, ApiError> {
    let namespace = key.namespace.clone().unwrap_or_default();
    let api: Api<BackupReplication> = Api::namespaced(context.kubernetes.clone(), &namespace);
    let object = match bounded(api.get(&key.name)).await {
        Ok(object) => object,
        Err(ApiError::Gone) => {
            context.memory.forget(&key);
            return Ok(Next::await_change());
        }
        Err(error) => return Err(error),
    };

    let mut observer = Observer::new(&context, &key, &object);
    let Some(action) = observer.decide().await? else {
        return Ok(Next::await_change());
    };
    match action {
        // The round has been told these.
        Action::ReadCredential | Action::ListBackups | Action::Lookup { .. } => {
            Ok(Next::await_change())
        }
        Action::Update { status, requeue_after } => {
            if object.status.as_ref() != Some(&*status) {
                write_status(&api, &object, &status).await?;
                announce(&context.metrics, &context.events, &object, &status);
                log_settled(object.status.as_ref(), &status);
            }
            Ok(requeue_after.map_or_else(Next::await_change, Next::requeue))
        }
        Action::Claim { status, attempt } => {
            tracing::Span::current().record("attempt", attempt.id.as_str());
            let caller = observer.caller();
            let Some(ReadCredential { reading, usable: Some(usable) }) = observer.credential.take()
            else {
                return Ok(Next::await_change());
            };
            // Nothing new begins in a drain or without the lead, however long the look before it
            // took.
            if !context.may_begin() {
                tracing::info!("Not claimed: this process stands by or shuts down");
                return Ok(Next::await_change());
            }
            let Some(turn) = observer.turn(&usable) else {
                return Ok(Next::requeue(CREDENTIAL_REFUSED));
            };
            // A claim is of a backup that is known.
            let Some(target) = CallTarget::of(&object) else {
                return Ok(Next::await_change());
            };
            let Some(mut taken) = context.targets.take(target, caller) else {
                return Ok(Next::requeue(TARGET_IN_USE));
            };
            let claim = match Claim::stake(&api, &object, &status, &attempt).await {
                Ok(claim) => claim,
                Err(error) => return not_claimed(&context, &key, &object, &attempt.id, error),
            };
            context.memory.note_kept_claim(&key, &object);
            announce(&context.metrics, &context.events, &object, &status);
            // Kept too long rather than too short, should this round end in a panic.
            taken.keep_for(context.settings.policy.settling_time);
            let ended = call(&context, claim, &usable, turn).await;
            taken.keep_for(shows_after(&ended.ending, &context));
            drop(taken);
            // Others may be worked on while the end is written, which may take without end.
            drop(permit);
            let again = record_result(&context, &api, ended, reading).await;
            Ok(again.map_or_else(Next::await_change, Next::requeue))
        }
    }
}

/// Of a claim without a clear answer it is open whether it will turn up. It will not be called.
/// What the API server refuses or does not keep is told in the status, by the next round, and
/// backed off.
fn not_claimed(
    context: &Context,
    key: &ObjectRef<WatchEntry>,
    object: &BackupReplication,
    attempt: &AttemptId,
    error: ApiError,
) -> Result<Next, ApiError> {
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
            return Ok(Next::requeue(Duration::ZERO));
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

/// One line for each turn that a resource takes; how far a copy is, is a detail.
fn log_settled(before: Option<&BackupReplicationStatus>, after: &BackupReplicationStatus) {
    let turn = |status: &BackupReplicationStatus| {
        let said = |c: &Condition| (c.type_.clone(), c.status.clone(), c.reason.clone());
        (status.phase, status.conditions.iter().map(said).collect::<Vec<_>>())
    };
    let Some((level, told)) = after.conditions.iter().filter_map(level_of).reduce(weightier) else {
        return;
    };
    let phase = after.phase.map(Phase::as_str);
    let (reason, message) = (&told.reason, &told.message);
    if before.map(turn) == Some(turn(after)) {
        tracing::debug!(phase, progress = after.progress, reason, "Status written");
        return;
    }
    match level {
        Level::Info => tracing::info!(phase, reason, detail = message, "Status written"),
        Level::Warn => tracing::warn!(phase, reason, detail = message, "Status written"),
        Level::Error => tracing::error!(phase, reason, detail = message, "Status written"),
    }
}

/// How much a condition matters to a reader of the log. What waits for a person is an error.
fn level_of(condition: &Condition) -> Option<(Level, &Condition)> {
    let reason = Reason::parse(&condition.reason)?;
    let is_stalled = condition.type_ == ConditionType::Stalled.as_str();
    Some((if is_stalled { Level::Error } else { reason.explained().level }, condition))
}

/// The one that matters more. `Ready` comes first, and says the most.
fn weightier<'a>(
    one: (Level, &'a Condition),
    other: (Level, &'a Condition),
) -> (Level, &'a Condition) {
    if other.0 > one.0 { other } else { one }
}
