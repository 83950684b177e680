//! Sees what a round asks for: the Secret, the backup. What that means is the protocol's matter.

use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt;
use uuid::Uuid;

use crate::controller::api::ApiError;
use crate::controller::context::Context;
use crate::controller::key::ResourceKey;
use crate::controller::metrics::SecretFailure;
use crate::controller::prepared::{self, Prepared};
use crate::controller::reconcile::credential::{
    Asker, CredentialAnswer, ReadCredential, UsableCredential, read_credential,
};
use crate::controller::reconcile::list::list_backups;
use crate::controller::reconcile::logs::read_logs;
use crate::controller::reconcile::lookup::look_up;
use crate::controller::state::breakers::Turn;
use crate::controller::state::gate::{Entry, LanePlace};
use crate::controller::state::lane::{LaneKey, Ticket};
use crate::controller::state::operation::CloudOperation;
use crate::controller::state::permits::RoundPermit;
use crate::controller::state::target_locks::Caller;
use crate::controller::state::viewers::{StoredViewer, ViewerKey};
use crate::controller::watch::newest::KnownObject;
use crate::protocol::{
    Action, CallTarget, CredentialProblem, CredentialReading, Facts, FreshAttempt, ListReading,
    LogReading, Lookup, NextLookup, Round, Viewer, cause, wait_for_lookup,
};
use crate::resource::{AttemptId, BackupReplication};

/// What one round looks at, and what it has seen so far.
pub(super) struct Observer<'a> {
    context: &'a Context,
    key: &'a ResourceKey,
    object: &'a BackupReplication,
    permit: &'a RoundPermit,
    metadata_bytes: usize,
    target: Prepared,
    pub(super) credential: Option<ReadCredential>,
    /// A place at the gate: a look-up was made, and a call may follow.
    place: Option<LanePlace>,
}

/// What a round came to.
pub(super) enum Decided {
    Act(Action),
    /// Nothing is to be said or done before this has passed.
    Later(Duration),
    /// A drain has begun meanwhile: nothing is to be done.
    Drained,
}

const NO_ANSWER: &str = "the endpoint has not answered in time lately; one request at a time finds \
                         out whether it does again";

/// After which one sees again whether each watch has told what there is.
const UNTIL_LISTED: Duration = Duration::from_secs(1);

impl<'a> Observer<'a> {
    pub(super) fn new(
        context: &'a Context,
        key: &'a ResourceKey,
        known: &'a KnownObject,
        permit: &'a RoundPermit,
    ) -> Self {
        let KnownObject { object, metadata_bytes, fingerprint: _ } = known;
        let target = prepared::prepare(object, &context.settings);
        Self {
            context,
            key,
            object,
            permit,
            metadata_bytes: *metadata_bytes,
            target,
            credential: None,
            place: None,
        }
    }

    /// The place at the gate, for the call; it is dropped where none is made.
    pub(super) fn take_place(&mut self) -> Option<LanePlace> {
        self.place.take()
    }

    pub(super) fn caller(&self) -> Caller {
        Caller { resource: self.key.clone(), uid: self.object.uid() }
    }

    /// Runs the round to what is to be done, and sees what it asks for on the way.
    ///
    /// # Errors
    /// The Secret could not be read.
    pub(super) async fn decide(&mut self) -> Result<Decided, ApiError> {
        let memory = &self.context.memory;
        let fresh = FreshAttempt {
            id: AttemptId::new(Uuid::new_v4().to_string()),
            claimant: self.context.settings.identity.clone(),
        };
        let facts = Facts {
            resource: self.object,
            unchanged_for: memory.unchanged_for(self.key, self.object),
            never_called: memory.has_given_up(self.key, self.object),
            target: self.target.reading(),
            refused_claim: memory.refused_claim(self.key, self.object),
            metadata_bytes: self.metadata_bytes,
            fresh: &fresh,
        };
        let policy = &self.context.settings.policy;
        let own = memory.lookups(self.key, self.object, |own| *own);
        let mut round = Round::new(facts, &own, memory.now(), policy);
        let mut same_target = None;
        loop {
            if let Prepared::Call(call) = &self.target {
                round.cloud_offset(self.context.cbr.cloud_offset(&call.endpoint));
            }
            match round.next(Timestamp::now(), same_target.clone()) {
                Action::ReadCredential => {
                    if let Some(wait) = self.read_credential(&mut round).await? {
                        return Ok(Decided::Later(wait));
                    }
                }
                Action::ListBackups => {
                    if let Some(decided) = self.list(&mut round).await {
                        return Ok(decided);
                    }
                }
                Action::Lookup { max_age } => {
                    if !self.look_up(&mut round, max_age).await {
                        return Ok(Decided::Drained);
                    }
                }
                Action::ReadLogs { since, max_age } => {
                    if !self.read_logs(&mut round, since, max_age).await {
                        return Ok(Decided::Drained);
                    }
                }
                // Asked only where a claim is about to be made.
                action @ Action::Claim { .. } => match self.same_target_in_use() {
                    other @ Some(_) if same_target.is_none() => same_target = other,
                    Some(_) | None => return Ok(Decided::Act(action)),
                },
                action @ Action::Update { requeue_after, .. } => {
                    self.note_due(requeue_after);
                    return Ok(Decided::Act(action));
                }
            }
        }
    }

    /// When the next look-up is due after one that was made in this round.
    fn note_due(&self, requeue_after: Option<Duration>) {
        let memory = &self.context.memory;
        if let (Some(_), Some(wait), Some(ReadCredential { reading, usable: _ })) =
            (&self.place, requeue_after, &self.credential)
        {
            let due = NextLookup {
                cause: cause(self.object, reading),
                at: memory.now().saturating_add(wait),
            };
            memory.note_due(self.key, self.object, Some(due));
        }
    }

    /// `Some`: it is read after this.
    async fn read_credential(
        &mut self,
        round: &mut Round<'_>,
    ) -> Result<Option<Duration>, ApiError> {
        let secrets = &self.context.metrics.replications;
        let credential = match self.target.place() {
            Some(place) => {
                let asker = Asker { resource: self.key, permit: self.permit };
                read_credential(self.context, &asker, &self.object.spec.auth, place)
                    .await
                    .inspect_err(|_| secrets.secret_failed(SecretFailure::NoAnswer))?
            }
            None => CredentialProblem::NotFound.into(),
        };
        let credential = match credential {
            CredentialAnswer::Read(credential) => credential,
            CredentialAnswer::Later(wait) => return Ok(Some(wait)),
        };
        SecretFailure::of(&credential.reading)
            .into_iter()
            .for_each(|failure| secrets.secret_failed(failure));
        let reading = credential.reading.clone();
        self.credential = Some(credential);
        let viewer = self.viewer(&reading);
        let memory = &self.context.memory;
        let own = memory.lookups(self.key, self.object, |own| *own);
        round.credential_read(reading, &viewer, &own, memory.now());
        Ok(None)
    }

    /// What is known of the credential, by this process or by a stored status.
    fn viewer(&self, reading: &CredentialReading) -> Viewer {
        let (Some(key), CredentialReading::Usable { viewer, version: _ }) =
            (self.viewer_key(), reading)
        else {
            return Viewer::default();
        };
        let stored = StoredViewer {
            namespace: self.key.namespace().to_owned(),
            endpoint: key.endpoint.clone(),
            project_id: key.project_id.clone(),
            viewer: viewer.clone(),
        };
        let is_stored = self.context.memory.is_stored_viewer(&stored);
        let usable = self.credential.as_ref().and_then(|it| it.usable.as_ref());
        let is_new = usable.is_some_and(|usable| usable.is_new);
        let memory = self.context.memory.viewer(&key, |memory| {
            memory.records_shown |= is_stored;
            // What was refused was the token before it.
            memory.refused &= !is_new;
            *memory
        });
        let held_until = self
            .lane(CloudOperation::Backup)
            .and_then(|lane| self.context.gate.held_until(&lane, self.context.memory.now()));
        Viewer { memory, throttled_until: held_until }
    }

    /// Tells the round what a list of the backups gave; else what comes instead.
    async fn list(&self, round: &mut Round<'_>) -> Option<Decided> {
        let (
            Prepared::Choice(prepared),
            Some(ReadCredential { usable: Some(usable), reading: _ }),
            Some(key),
            Some(lane),
        ) = (&self.target, &self.credential, self.viewer_key(), self.lane(CloudOperation::List))
        else {
            return Some(Decided::Drained);
        };
        let context = self.context;
        let memory = &context.memory;
        let ticket = Ticket::Call(self.key.clone());
        let backups = match self.enter(&lane, ticket) {
            Entry::Go(place) => tokio::select! {
                backups = list_backups(context, prepared, usable, &place) => backups,
                () = context.drain.cancelled() => return Some(Decided::Drained),
            },
            Entry::Later(wait) => return Some(Decided::Later(wait)),
            Entry::Held(until) => ListReading::Throttled { until },
            Entry::Shut => ListReading::Failed(NO_ANSWER.to_owned()),
        };
        memory.lookups(self.key, self.object, |own| {
            memory.viewer(&key, |viewer| round.listed(backups, own, viewer, memory.now()));
        });
        None
    }

    /// Asks for a place at the gate.
    fn enter(&self, lane: &LaneKey, ticket: Ticket) -> Entry {
        let Context { gate, memory, .. } = self.context;
        gate.enter(lane, ticket, self.permit, memory.now(), self.context.spread())
    }

    /// Whether the round has been told what a look-up gave; else a drain has begun.
    async fn look_up(&mut self, round: &mut Round<'_>, max_age: Duration) -> bool {
        let (
            Prepared::Call(callable),
            Some(ReadCredential { usable: Some(usable), reading }),
            Some(key),
            Some(lane),
        ) = (&self.target, &self.credential, self.viewer_key(), self.lane(CloudOperation::Backup))
        else {
            return false;
        };
        let context = self.context;
        let memory = &context.memory;
        let backup = &callable.target.backup_id;
        let last = memory.lookups(self.key, self.object, |own| own.last);
        let due = memory.due(self.key, self.object);
        let mut place = None;
        let lookup = match wait_for_lookup(last, due, cause(self.object, reading), memory.now()) {
            Some(wait) => deferred(wait),
            None => {
                let ticket = if max_age.is_zero() {
                    Ticket::Call(self.key.clone())
                } else {
                    Ticket::Follow(backup.clone())
                };
                let look_up = async || match self.enter(&lane, ticket) {
                    Entry::Go(given) => {
                        let lookup = look_up(context, callable, usable, &given).await;
                        place = Some(given);
                        lookup
                    }
                    Entry::Later(wait) => deferred(wait),
                    Entry::Held(until) => Lookup::Throttled { until },
                    Entry::Shut => Lookup::Failed(NO_ANSWER.to_owned()),
                };
                tokio::select! {
                    lookup = context.looks.look(&key, backup, self.permit, max_age, look_up) => lookup,
                    () = context.drain.cancelled() => return false,
                }
            }
        };
        memory.lookups(self.key, self.object, |own| {
            memory.viewer(&key, |viewer| round.looked_up(lookup, own, viewer, memory.now()));
        });
        self.place = place;
        true
    }

    /// Whether the round has been told what the operation logs gave; else a drain has begun.
    async fn read_logs(
        &mut self,
        round: &mut Round<'_>,
        since: Timestamp,
        max_age: Duration,
    ) -> bool {
        let (
            Prepared::Call(call),
            Some(ReadCredential { usable: Some(usable), reading: _ }),
            Some(key),
            Some(lane),
        ) = (&self.target, &self.credential, self.viewer_key(), self.lane(CloudOperation::Logs))
        else {
            return false;
        };
        let context = self.context;
        let memory = &context.memory;
        let read = async |since| {
            let ticket = Ticket::Follow(call.target.backup_id.clone());
            match self.enter(&lane, ticket) {
                Entry::Go(place) => read_logs(context, call, usable, &place, since).await,
                Entry::Later(wait) => LogReading::Throttled { until: after(wait) },
                Entry::Held(until) => LogReading::Throttled { until },
                Entry::Shut => LogReading::Failed(NO_ANSWER.to_owned()),
            }
        };
        let reading = tokio::select! {
            reading = context.logs.read(&key, self.permit, since, max_age, read) => reading,
            () = context.drain.cancelled() => return false,
        };
        let others = CallTarget::of(self.object)
            .and_then(|target| context.targets.calls_of_others(&target, self.key));
        let (reading, others) = match others {
            Some(others) => (reading, others),
            // An entry may be that of a call that no watch has told of.
            None => (LogReading::Throttled { until: after(UNTIL_LISTED) }, Vec::new()),
        };
        memory.lookups(self.key, self.object, |own| {
            memory.viewer(&key, |viewer| {
                round.logs_read(reading, others, own, viewer, memory.now());
            });
        });
        true
    }

    /// The right to show the credential in a call. `None` where the cloud has refused it meanwhile,
    /// or somebody else tries it first.
    pub(super) fn turn(&self, usable: &UsableCredential) -> Option<Turn> {
        let Prepared::Call(call) = &self.target else {
            return None;
        };
        let key = usable.breaker(&call.endpoint, CloudOperation::Backup);
        self.context.breakers.for_call(&key, &usable.credential, self.context.memory.now())
    }

    fn same_target_in_use(&self) -> Option<String> {
        let Prepared::Call(_) = &self.target else {
            return None;
        };
        let target = CallTarget::of(self.object)?;
        let settling_time = self.context.settings.policy.settling_time;
        self.context.targets.used_by_another(&target, &self.caller(), settling_time)
    }

    fn lane(&self, operation: CloudOperation) -> Option<LaneKey> {
        let ViewerKey { namespace: _, endpoint, project_id: _, credential } = self.viewer_key()?;
        Some(LaneKey { endpoint, credential, operation })
    }

    fn viewer_key(&self) -> Option<ViewerKey> {
        let place = self.target.place()?;
        let usable = self.credential.as_ref()?.usable.as_ref()?;
        Some(ViewerKey {
            namespace: self.key.namespace().to_owned(),
            endpoint: place.endpoint.to_string(),
            project_id: self.object.spec.project_id.clone(),
            credential: usable.identity,
        })
    }
}

fn deferred(wait: Duration) -> Lookup {
    Lookup::Deferred { until: after(wait) }
}

fn after(wait: Duration) -> Timestamp {
    let now = Timestamp::now();
    now.checked_add(wait).unwrap_or(now)
}
