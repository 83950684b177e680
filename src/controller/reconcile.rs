//! One round for one resource: observe, decide, claim, call, record.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::runtime::controller::Action as Next;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};
use uuid::Uuid;

use super::call::call;
use super::claim::Claim;
use super::context::Context;
use super::credential::{Credential, read_credential};
use super::memory::Service;
use super::metrics::SecretFailure;
use super::news::tell;
use super::permits::Permit;
use super::record_end::record_end;
use super::status::{ApiError, bounded, write_status};
use super::target::{self, Target};
use super::targets::Caller;
use super::throttle::Asked;
use super::tracked::Tracked;
use crate::protocol::{
    Action, CallTarget, Ending, FreshAttempt, Look, Looked, Observation, decide, shows_called_record, shows_record,
};
use crate::resource::{AttemptId, BackupReplication, BackupReplicationStatus, ConditionType, Phase, Reason};

/// Another resource took the target between the decision and the claim.
const TARGET_IN_USE: Duration = Duration::from_secs(1);

/// One round. What it returns says when the next one is due without any event.
pub(super) async fn reconcile(
    key: ObjectRef<Tracked>,
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

    let mut round = Round::new(&context, &key, &object);
    match round.see_and_decide(&namespace).await? {
        Action::ReadCredential(_) | Action::Look { .. } => Ok(Next::await_change()),
        Action::Settle { status, again } => {
            if object.status.as_ref() != Some(&*status) {
                write_status(&api, &object, &status).await?;
                tell(&context, &object, &status);
                log_settled(object.status.as_ref(), &status);
            }
            Ok(again.map_or_else(Next::await_change, Next::requeue))
        }
        Action::Claim { status, attempt } => {
            tracing::Span::current().record("attempt", attempt.id.as_str());
            let Some(Credential { reading, token: Some(token) }) = round.credential else {
                return Ok(Next::await_change());
            };
            // Nothing new begins in a drain or without the lead, however long the look before it took.
            if !context.may_begin() {
                tracing::info!("Not claimed: this process stands by or shuts down");
                return Ok(Next::await_change());
            }
            let target = CallTarget::new(&attempt.endpoint, &object.spec);
            let Some(mut taken) = context.targets.take(target, round.caller) else {
                return Ok(Next::requeue(TARGET_IN_USE));
            };
            let staked = Claim::stake(&api, &object, &status, &attempt).await;
            let claim = staked.inspect_err(|error| note_given_up(&context, &attempt.id, error))?;
            tell(&context, &object, &status);
            // Kept too long rather than too short, should this round end in a panic.
            taken.keep_for(context.settings.policy.settling_time);
            let ended = call(&context, claim, &token).await;
            taken.keep_for(shows_after(&ended.ending, &context));
            drop(taken);
            // Others may be worked on while the end is written, which may take for ever.
            drop(permit);
            let again = record_end(&context, &api, ended, reading).await;
            Ok(again.map_or_else(Next::await_change, Next::requeue))
        }
    }
}

/// Of a claim without a clear answer it is open whether it will turn up. It will not be called.
fn note_given_up(context: &Context, attempt: &AttemptId, error: &ApiError) {
    match error {
        ApiError::NoAnswer(_)
        | ApiError::Gone
        | ApiError::Unauthorized(_)
        | ApiError::Forbidden(_)
        | ApiError::Refused(_) => {
            context.memory.note_given_up(attempt);
        }
        ApiError::Conflict | ApiError::Unguardable(_) | ApiError::Unserialisable(_) => {}
    }
}

/// How long a call that has ended may need to show in the cloud's records.
fn shows_after(ending: &Ending, context: &Context) -> Duration {
    match ending {
        Ending::Accepted(..) | Ending::Unknown(_) => context.settings.policy.settling_time,
        Ending::NotSent(_) | Ending::Rejected { .. } => Duration::ZERO,
    }
}

/// What one round has seen so far.
struct Round<'a> {
    context: &'a Context,
    caller: Caller,
    object: &'a BackupReplication,
    fresh: FreshAttempt,
    seen_for: Duration,
    never_called: bool,
    target: Target,
    credential: Option<Credential>,
    look: Option<Look>,
    looked: Looked,
}

impl<'a> Round<'a> {
    fn new(context: &'a Context, key: &ObjectRef<Tracked>, object: &'a BackupReplication) -> Self {
        let in_force = object.status.as_ref().and_then(|s| s.attempts.first());
        Self {
            context,
            caller: Caller { resource: key.clone(), uid: object.uid() },
            object,
            fresh: FreshAttempt {
                id: AttemptId::new(Uuid::new_v4().to_string()),
                claimant: context.settings.identity.clone(),
            },
            seen_for: in_force.map(|attempt| context.memory.seen_for(key, attempt)).unwrap_or_default(),
            never_called: in_force.is_some_and(|attempt| context.memory.has_given_up(&attempt.id)),
            target: target::read(&object.spec, &context.settings),
            credential: None,
            look: None,
            looked: context.memory.looked(key),
        }
    }

    /// Decides, and sees what the decision asks for, each thing once.
    async fn see_and_decide(&mut self, namespace: &str) -> Result<Action, ApiError> {
        loop {
            let action = self.decide();
            match &action {
                Action::ReadCredential(reference) if self.credential.is_none() => {
                    let required = self.context.settings.required_label.as_ref();
                    let kubernetes = &self.context.kubernetes;
                    let secrets = &self.context.metrics.replications;
                    let credential = read_credential(kubernetes, namespace, reference, required)
                        .await
                        .inspect_err(|_| secrets.secret_failed(SecretFailure::NoAnswer))?;
                    SecretFailure::of(&credential.reading)
                        .into_iter()
                        .for_each(|failure| secrets.secret_failed(failure));
                    self.credential = Some(credential);
                }
                Action::Look { at_most_old } if self.look.is_none() => {
                    let (Target::Callable(callable), Some(Credential { token: Some(token), .. }), Some(asked)) =
                        (&self.target, &self.credential, self.asked())
                    else {
                        return Ok(action);
                    };
                    let asked_to_wait = self.throttled_until().filter(|until| *until > Timestamp::now());
                    let look = match asked_to_wait {
                        Some(until) => Look::Throttled { until },
                        None => tokio::select! {
                            look = self.context.looks.look(self.context, callable, token, &asked, *at_most_old) => look,
                            () = self.context.drain.cancelled() => return Ok(action),
                        },
                    };
                    self.note(&look, asked);
                    self.look = Some(look);
                }
                Action::ReadCredential(_) | Action::Look { .. } | Action::Claim { .. } | Action::Settle { .. } => {
                    return Ok(action);
                }
            }
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
            look: self.look.clone(),
            looked: self.looked,
            records_known: self.records_known(),
            look_up_known: self.look_up_known(),
            same_target_in_use: self.same_target_in_use(),
            throttled_until: self.throttled_until(),
            fresh: &self.fresh,
        };
        decide(&seen, &self.context.settings.policy)
    }

    /// Remembers what a look tells beyond this round.
    fn note(&mut self, look: &Look, asked: Asked) {
        let memory = &self.context.memory;
        let look_up_known = self.look_up_known();
        let failed = match look {
            Look::Deferred { .. } => return,
            Look::Throttled { until } => {
                self.context.throttle.note(asked, *until, Timestamp::now());
                false
            }
            Look::Failed(_) => true,
            Look::NotAvailable(_) | Look::Unauthorized(_) => look_up_known,
            Look::Backup(_) | Look::NoSuchBackup(_) => false,
        };
        let after = memory.note_look(&self.caller.resource, failed, shows_record(self.object, look));
        // When it looked before this look is what the decision asks for.
        self.looked = Looked { ago: self.looked.ago, ..after };
        if let Some(service) = self.service() {
            if shows_called_record(self.object, look) {
                memory.note_records_known(service.clone());
            }
            if let Look::Backup(_) = look {
                memory.note_look_up_known(service);
            }
        }
    }

    fn records_known(&self) -> bool {
        self.service().is_some_and(|service| self.context.memory.records_known(&service))
    }

    fn look_up_known(&self) -> bool {
        self.service().is_some_and(|service| self.context.memory.look_up_known(&service))
    }

    fn service(&self) -> Option<Service> {
        match &self.target {
            Target::Callable(callable) => Some(Service {
                endpoint: callable.endpoint.to_string(),
                project_id: callable.target.project_id.clone(),
            }),
            Target::NotCallable(_) => None,
        }
    }

    fn same_target_in_use(&self) -> Option<String> {
        let Target::Callable(callable) = &self.target else {
            return None;
        };
        let target = CallTarget::new(callable.endpoint.as_str(), &self.object.spec);
        let settling_time = self.context.settings.policy.settling_time;
        self.context.targets.used_by_another(&target, &self.caller, settling_time)
    }

    fn throttled_until(&self) -> Option<Timestamp> {
        self.asked().and_then(|asked| self.context.throttle.until(&asked))
    }

    fn asked(&self) -> Option<Asked> {
        let Target::Callable(target) = &self.target else {
            return None;
        };
        let token = self.credential.as_ref()?.token.as_ref()?;
        Some(Asked {
            endpoint: target.endpoint.to_string(),
            project_id: self.object.spec.project_id.clone(),
            credential: token.credential(),
        })
    }
}

/// One line for each turn that a resource takes; how far a copy is, is a detail.
fn log_settled(before: Option<&BackupReplicationStatus>, after: &BackupReplicationStatus) {
    let turn = |status: &BackupReplicationStatus| {
        let said = |c: &Condition| (c.type_.clone(), c.status.clone(), c.reason.clone());
        (status.phase, status.conditions.iter().map(said).collect::<Vec<_>>())
    };
    let Some(ready) = after.conditions.iter().find(|c| c.type_ == ConditionType::Ready.as_str()) else {
        return;
    };
    let phase = after.phase.map(Phase::as_str);
    let failed = after.conditions.iter().find(|c| c.reason == Reason::ReplicationFailed.as_str());
    if before.map(turn) == Some(turn(after)) {
        tracing::debug!(phase, progress = after.progress, reason = ready.reason, "Status written");
    } else if let Some(failed) = failed {
        tracing::error!(phase, reason = failed.reason, detail = failed.message, "Status written");
    } else {
        tracing::info!(phase, reason = ready.reason, detail = ready.message, "Status written");
    }
}
