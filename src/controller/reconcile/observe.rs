//! Sees what a round asks for: the Secret, the backup. What that means is the protocol's matter.

use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use uuid::Uuid;

use crate::controller::api::ApiError;
use crate::controller::context::Context;
use crate::controller::metrics::SecretFailure;
use crate::controller::prepared::{self, Prepared};
use crate::controller::reconcile::credential::{ReadCredential, UsableCredential, read_credential};
use crate::controller::reconcile::list::list_backups;
use crate::controller::reconcile::lookup::look_up;
use crate::controller::state::breakers::Turn;
use crate::controller::state::memory::StoredViewer;
use crate::controller::state::target_locks::Caller;
use crate::controller::state::throttle::RateLimitKey;
use crate::controller::watch::entry::WatchEntry;
use crate::controller::watch::newest::KnownObject;
use crate::protocol::{
    Action, CallTarget, CredentialProblem, CredentialReading, Facts, FreshAttempt, ListReading,
    Lookup, Round, Viewer,
};
use crate::resource::{AttemptId, BackupReplication};

/// What one round looks at, and what it has seen so far.
pub(super) struct Observer<'a> {
    context: &'a Context,
    key: &'a ObjectRef<WatchEntry>,
    object: &'a BackupReplication,
    metadata_bytes: usize,
    target: Prepared,
    pub(super) credential: Option<ReadCredential>,
}

impl<'a> Observer<'a> {
    pub(super) fn new(
        context: &'a Context,
        key: &'a ObjectRef<WatchEntry>,
        known: &'a KnownObject,
    ) -> Self {
        let KnownObject { object, metadata_bytes, fingerprint: _ } = known;
        let target = prepared::prepare(object, &context.settings);
        Self { context, key, object, metadata_bytes: *metadata_bytes, target, credential: None }
    }

    pub(super) fn caller(&self) -> Caller {
        Caller { resource: self.key.clone(), uid: self.object.uid() }
    }

    /// Runs the round to what is to be done, and sees what it asks for on the way. `None` where a
    /// drain has begun meanwhile: then nothing is to be done.
    ///
    /// # Errors
    /// The Secret could not be read.
    pub(super) async fn decide(&mut self) -> Result<Option<Action>, ApiError> {
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
        loop {
            match round.next(Timestamp::now(), self.same_target_in_use()) {
                Action::ReadCredential => self.read_credential(&mut round).await?,
                Action::ListBackups => {
                    if !self.list(&mut round).await {
                        return Ok(None);
                    }
                }
                Action::Lookup { max_age } => {
                    if !self.look_up(&mut round, max_age).await {
                        return Ok(None);
                    }
                }
                action @ (Action::Claim { .. } | Action::Update { .. }) => return Ok(Some(action)),
            }
        }
    }

    async fn read_credential(&mut self, round: &mut Round<'_>) -> Result<(), ApiError> {
        let namespace = self.key.namespace.as_deref().unwrap_or_default();
        let secrets = &self.context.metrics.replications;
        let credential = match self.target.place() {
            Some(place) => read_credential(self.context, namespace, &self.object.spec.auth, place)
                .await
                .inspect_err(|_| secrets.secret_failed(SecretFailure::NoAnswer))?,
            None => CredentialProblem::NotFound.into(),
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
        Ok(())
    }

    /// What is known of the credential, by this process or by a stored status.
    fn viewer(&self, reading: &CredentialReading) -> Viewer {
        let (Some(key), CredentialReading::Usable { viewer, version: _ }) =
            (self.rate_key(), reading)
        else {
            return Viewer::default();
        };
        let stored = StoredViewer {
            namespace: self.key.namespace.clone().unwrap_or_default(),
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
        Viewer { memory, throttled_until: self.context.throttle.until(&key) }
    }

    /// Whether the round has been told what a list of the backups gave; else a drain has begun.
    async fn list(&self, round: &mut Round<'_>) -> bool {
        let (
            Prepared::Choice(prepared),
            Some(ReadCredential { usable: Some(usable), reading: _ }),
            Some(key),
        ) = (&self.target, &self.credential, self.rate_key())
        else {
            return false;
        };
        let backups = tokio::select! {
            backups = list_backups(self.context, prepared, usable) => backups,
            () = self.context.drain.cancelled() => return false,
        };
        if let ListReading::Throttled { until } = &backups {
            self.context.throttle.note(key.clone(), *until, Timestamp::now());
        }
        let memory = &self.context.memory;
        memory.lookups(self.key, self.object, |own| {
            memory.viewer(&key, |viewer| round.listed(backups, own, viewer, memory.now()));
        });
        true
    }

    /// Whether the round has been told what a look-up gave; else a drain has begun.
    async fn look_up(&self, round: &mut Round<'_>, max_age: Duration) -> bool {
        let (
            Prepared::Call(callable),
            Some(ReadCredential { usable: Some(usable), reading: _ }),
            Some(key),
        ) = (&self.target, &self.credential, self.rate_key())
        else {
            return false;
        };
        let asked_to_wait =
            self.context.throttle.until(&key).filter(|until| *until > Timestamp::now());
        let lookup = match asked_to_wait {
            Some(until) => Lookup::Throttled { until },
            None => tokio::select! {
                lookup = self.context.looks.look(&key, &callable.target.backup_id, max_age, async || {
                    look_up(self.context, callable, usable).await
                }) => lookup,
                () = self.context.drain.cancelled() => return false,
            },
        };
        if let Lookup::Throttled { until } = &lookup {
            self.context.throttle.note(key.clone(), *until, Timestamp::now());
        }
        let memory = &self.context.memory;
        memory.lookups(self.key, self.object, |own| {
            memory.viewer(&key, |viewer| round.looked_up(lookup, own, viewer, memory.now()));
        });
        true
    }

    /// The right to show the credential in a call. `None` where the cloud has refused it meanwhile,
    /// or somebody else tries it first.
    pub(super) fn turn(&self, usable: &UsableCredential) -> Option<Turn> {
        let Prepared::Call(call) = &self.target else {
            return None;
        };
        let key = usable.breaker(&call.endpoint);
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

    fn rate_key(&self) -> Option<RateLimitKey> {
        let place = self.target.place()?;
        let usable = self.credential.as_ref()?.usable.as_ref()?;
        Some(RateLimitKey {
            endpoint: place.endpoint.to_string(),
            project_id: self.object.spec.project_id.clone(),
            credential: usable.identity,
        })
    }
}
