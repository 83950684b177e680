//! One round for one resource: observe, decide, claim, call, record.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::Api;
use kube::runtime::controller::Action as Next;
use kube::runtime::reflector::ObjectRef;
use uuid::Uuid;

use super::call::call;
use super::claim::Claim;
use super::context::Context;
use super::credential::{Credential, read_credential};
use super::record_end::record_end;
use super::status::{ApiError, bounded, write_status};
use super::target::{self, Target};
use super::throttle::Caller;
use super::tracked::Tracked;
use crate::protocol::{Action, FreshAttempt, Observation, decide};
use crate::resource::{AttemptId, BackupReplication};

/// One round. What it returns says when the next one is due without any event.
pub(super) async fn reconcile(key: ObjectRef<Tracked>, context: Arc<Context>) -> Result<Next, ApiError> {
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

    let mut round = Round::new(&context, &key, &object);
    let mut action = round.decide();
    if let Action::ReadCredential(reference) = &action {
        let required = context.settings.required_label.as_ref();
        round.credential = Some(read_credential(&context.kubernetes, &namespace, reference, required).await?);
        action = round.decide();
    }
    match action {
        Action::LeaveAlone | Action::ReadCredential(_) => Ok(Next::await_change()),
        Action::Settle { status, again } => {
            if object.status.as_ref() != Some(&*status) {
                write_status(&api, &object, &status).await?;
                context.metrics.status_written();
                log_settled(&status);
            }
            if status.is_accepted() {
                context.memory.forget(&key);
            }
            Ok(again.map_or_else(Next::await_change, Next::requeue))
        }
        Action::Claim { status, attempt } => {
            tracing::Span::current().record("attempt", attempt.id.as_str());
            let Some(Credential { reading, token: Some(token) }) = round.credential else {
                return Ok(Next::await_change());
            };
            let staked = Claim::stake(&api, &object, &status, &attempt).await;
            let claim = staked.inspect_err(|_| context.memory.note_given_up(&attempt.id))?;
            context.metrics.status_written();
            let ended = call(&context, claim, &token).await;
            let again = record_end(&context, &api, ended, reading).await;
            context.memory.forget(&key);
            Ok(again.map_or_else(Next::await_change, Next::requeue))
        }
    }
}

/// What one round has seen so far.
struct Round<'a> {
    context: &'a Context,
    object: &'a BackupReplication,
    fresh: FreshAttempt,
    seen_for: Duration,
    never_called: bool,
    target: Target,
    credential: Option<Credential>,
}

impl<'a> Round<'a> {
    fn new(context: &'a Context, key: &ObjectRef<Tracked>, object: &'a BackupReplication) -> Self {
        let in_force = object.status.as_ref().and_then(|s| s.attempts.first());
        Self {
            context,
            object,
            fresh: FreshAttempt {
                id: AttemptId::new(Uuid::new_v4().to_string()),
                claimant: context.settings.identity.clone(),
            },
            seen_for: in_force.map(|attempt| context.memory.seen_for(key, attempt)).unwrap_or_default(),
            never_called: in_force.is_some_and(|attempt| context.memory.has_given_up(&attempt.id)),
            target: target::read(&object.spec, &context.settings),
            credential: None,
        }
    }

    fn decide(&self) -> Action {
        let seen = Observation {
            resource: self.object,
            now: Timestamp::now(),
            seen_for: self.seen_for,
            never_called: self.never_called,
            target: self.target.reading(),
            credential: self.credential.as_ref().map(|c| c.reading.clone()),
            throttled_until: self.caller().and_then(|caller| self.context.throttle.until(&caller)),
            fresh: &self.fresh,
        };
        decide(&seen, &self.context.settings.policy)
    }

    fn caller(&self) -> Option<Caller> {
        let Target::Callable(target) = &self.target else {
            return None;
        };
        let token = self.credential.as_ref()?.token.as_ref()?;
        Some(Caller {
            endpoint: target.endpoint.to_string(),
            project_id: self.object.spec.project_id.clone(),
            credential: token.credential(),
        })
    }
}

fn log_settled(status: &crate::resource::BackupReplicationStatus) {
    if let Some(ready) = status.conditions.iter().find(|c| c.type_ == "Ready") {
        tracing::info!(
            phase = ?status.phase,
            reason = ready.reason,
            message = ready.message,
            "Status written"
        );
    }
}
