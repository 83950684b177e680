//! Runs the controller until it is told to stop, and then until what is under way has ended.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt, stream};
use kube::runtime::applier;
use kube::runtime::controller::{Action, Config};
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher::{self, Event};
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::metrics::{LaneMetrics, Metrics, ReconcileResult, ResourceMetrics};
use super::{trace, watch};
use crate::cbr::Client as CbrClient;
use crate::controller::api::ApiError;
use crate::controller::context::Context;
use crate::controller::events::{Events, Publisher};
use crate::controller::heartbeat::Heartbeat;
use crate::controller::leadership::Leadership;
use crate::controller::readiness::Readiness;
use crate::controller::reconcile::reconcile;
use crate::controller::settings::Settings;
use crate::controller::state::breakers::Breakers;
use crate::controller::state::gate::Gate;
use crate::controller::state::issued_tokens::IssuedTokens;
use crate::controller::state::last_round::{Due, LastRounds};
use crate::controller::state::log_cache::LogCache;
use crate::controller::state::lookup_cache::LookupCache;
use crate::controller::state::memory::Memory;
use crate::controller::state::permits::{Permits, RoundPermit};
use crate::controller::state::secret_reads::SecretReads;
use crate::controller::state::target_index::TargetIndex;
use crate::controller::state::target_locks::TargetLocks;
use crate::controller::watch::entry::WatchEntry;
use crate::controller::watch::kept::Room;
use crate::controller::watch::newest::Newest;
use crate::controller::watch::stores::Stores;
use crate::resource::BackupReplication;

/// After a round that a bug stopped, the next one comes after this.
const AFTER_PANIC: Duration = Duration::from_secs(5);

/// Ends of calls that could not be written at once and are read and written again at a time.
const RETRIES: usize = 16;

/// The two stages of a shutdown.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Cancelled when nothing new may begin.
    pub drain: CancellationToken,
    /// Cancelled when what cannot be written is given up.
    pub give_up: CancellationToken,
}

/// The controller with all that it needs.
pub struct Controller {
    context: Arc<Context>,
    stores: Stores,
    index: TargetIndex,
    room: Room,
    publisher: Publisher,
    readiness: Readiness,
    shutdown: Shutdown,
    heartbeat: Heartbeat,
}

impl Controller {
    /// Puts the controller together and registers its metrics.
    pub fn new(
        kubernetes: kube::Client,
        cbr: CbrClient,
        settings: Settings,
        registry: &mut Registry,
        readiness: Readiness,
        leadership: Leadership,
        shutdown: Shutdown,
    ) -> Self {
        for namespace in watched(&settings.namespaces) {
            watch::announce(namespace, &readiness);
        }
        let stores = Stores::default();
        let index = TargetIndex::default();
        let gate = Arc::new(Gate::new(
            settings.requests_per_minute,
            settings.concurrency,
            settings.most_requests,
        ));
        let memory = Memory::default();
        registry.register_collector(Box::new(LaneMetrics::new(gate.clone(), memory.started())));
        registry.register_collector(Box::new(ResourceMetrics(stores.clone())));
        let (events, publisher) = Events::start(kubernetes.clone(), &settings.identity);
        let (settling_time, room) = (settings.policy.settling_time, Room::default());
        let context = Context {
            kubernetes,
            cbr,
            permits: Arc::new(Permits::new(settings.concurrency, settings.namespaces.len() == 1)),
            gate,
            looks: LookupCache::default(),
            logs: LogCache::default(),
            settings,
            memory,
            newest: Newest::new(stores.clone(), settling_time, room.clone()),
            last_rounds: LastRounds::default(),
            secrets: SecretReads::default(),
            retries: Semaphore::new(RETRIES),
            issued: IssuedTokens::default(),
            breakers: Breakers::default(),
            targets: TargetLocks::new(index.clone()),
            metrics: Metrics::register(registry),
            events,
            leadership,
            drain: shutdown.drain.clone(),
            give_up: shutdown.give_up.clone(),
        };
        let heartbeat = Heartbeat::default();
        let context = Arc::new(context);
        Self { context, stores, index, room, publisher, readiness, shutdown, heartbeat }
    }

    /// Its sign of life.
    pub fn heartbeat(&self) -> Heartbeat {
        self.heartbeat.clone()
    }

    /// Runs until drained.
    pub async fn run(self) {
        let all = join_all(
            watched(&self.context.settings.namespaces).into_iter().map(|n| self.run_one(n)),
        );
        self.heartbeat.beside(all).await;
        drop(self.context);
        self.publisher.end().await;
    }

    async fn run_one(&self, namespace: Option<&str>) {
        let client = &self.context.kubernetes;
        let context = self.context.clone();
        let own = namespace.map(str::to_owned);
        let (memory, index) = (self.context.clone(), self.index.clone());
        let on_object = move |object: &BackupReplication| memory.memory.note_stored_viewer(object);
        let (store, stream) = watch::unfinished(
            client,
            namespace,
            &self.readiness,
            &self.context.settings,
            self.room.clone(),
            on_object,
            move |event, store| {
                context.newest.note(own.as_deref(), event);
                let is_there = |key: &ObjectRef<WatchEntry>| {
                    let of_others = own.is_some() && key.namespace != own;
                    of_others || store.get(key).is_some()
                };
                index.note(event, is_there);
                match event {
                    Event::Delete(tracked) => context.forget(&ObjectRef::from_obj(tracked)),
                    Event::Apply(tracked) if tracked.finished => {
                        context.forget(&ObjectRef::from_obj(tracked))
                    }
                    Event::InitDone => {
                        context.memory.keep_only(is_there);
                        context.last_rounds.keep_only(is_there);
                    }
                    Event::Apply(_) | Event::Init | Event::InitApply(_) => {}
                }
            },
        );
        self.stores.add(store.clone());
        let drain = self.shutdown.drain.clone();
        let drained_unlisted = drained_before_the_first_list(drain.clone(), store.clone());
        // When this ends, the rounds under way are waited for and no other begins.
        let changed = stream.map_ok(|tracked| ObjectRef::from_obj(&tracked));
        let due = stream::select(changed, self.all_when_leading(&store))
            .take_until(Box::pin(drain.cancelled_owned()));
        let after_error = |entry: Arc<WatchEntry>, _: &ApiError, context: Arc<Context>| {
            Action::requeue(context.memory.next_error_delay(&ObjectRef::from_obj(&*entry)))
        };
        let round = |tracked, context| Box::pin(round(tracked, context));
        let rounds =
            applier(round, after_error, self.context.clone(), store, due, Config::default())
                // Errors have been logged where they happened; those of the watch, by the watch.
                .for_each(|_| std::future::ready(()));
        tokio::select! {
            () = rounds => {}
            () = drained_unlisted => {}
        }
    }

    /// What changed while another led has brought no round here: all that is not finished is due
    /// when the lead is gained.
    fn all_when_leading(
        &self,
        store: &Store<WatchEntry>,
    ) -> impl Stream<Item = Result<ObjectRef<WatchEntry>, watcher::Error>> + Send + 'static {
        let (store, context) = (store.clone(), self.context.clone());
        self.context.leadership.gains().flat_map(move |()| {
            context.memory.begin_to_lead();
            context.last_rounds.begin_to_lead();
            let unfinished = store.state().into_iter().filter(|tracked| !tracked.finished);
            stream::iter(
                unfinished.map(|tracked| Ok(ObjectRef::from_obj(&*tracked))).collect::<Vec<_>>(),
            )
        })
    }
}

/// The applier begins its first round, and looks whether it may end, only when the store has its
/// first list; and in a drain no list comes any more. Where none has come, no round has begun, and
/// there is nothing to wait for.
async fn drained_before_the_first_list(drain: CancellationToken, store: Store<WatchEntry>) {
    drain.cancelled().await;
    if store.wait_until_ready().now_or_never().is_some() {
        // The applier ends when its rounds have.
        std::future::pending().await
    }
}

/// One watch for each of the namespaces; for all of them, where none is named.
fn watched(namespaces: &[String]) -> Vec<Option<&str>> {
    if namespaces.is_empty() {
        vec![None]
    } else {
        namespaces.iter().map(|name| Some(name.as_str())).collect()
    }
}

/// One bounded, logged and panic-proof round. Until it is its turn it holds next to nothing: any
/// number of resources may be due at once.
async fn round(tracked: Arc<WatchEntry>, context: Arc<Context>) -> Result<Action, ApiError> {
    if tracked.finished {
        return Ok(Action::await_change());
    }
    let key = ObjectRef::from_obj(&*tracked);
    drop(tracked);
    if let Some(not_yet) = not_due(&key, &context) {
        return Ok(not_yet);
    }
    let waiting = context.metrics.rounds.waits();
    let Some(permit) = context.permits.acquire(key.namespace.as_deref().unwrap_or_default()).await
    else {
        return Ok(Action::await_change());
    };
    drop(waiting);
    // Without the lead nothing begins (all are due when it is gained). A round whose turn comes
    // during the drain does not begin either.
    if !context.may_begin() {
        return Ok(Action::await_change());
    }
    Box::pin(begun(key, context, permit)).await
}

/// An event that brings nothing new brings no round: the echo of an own write, a list, or a change
/// of what no decision reads.
fn not_due(key: &ObjectRef<WatchEntry>, context: &Context) -> Option<Action> {
    let fingerprint = context.newest.fingerprint(key)?;
    match context.last_rounds.due(key, fingerprint) {
        Due::Now => None,
        Due::In(left) => Some(Action::requeue(left)),
        Due::Later => Some(Action::await_change()),
    }
}

/// A round whose turn it is. A panic in it must not stop the others.
async fn begun(
    key: ObjectRef<WatchEntry>,
    context: Arc<Context>,
    permit: RoundPermit,
) -> Result<Action, ApiError> {
    let span = trace::round(key.namespace.as_deref(), &key.name);
    let started = Instant::now();
    let work = AssertUnwindSafe(reconcile(key.clone(), context.clone(), &permit)).catch_unwind();
    let Ok(result) = work.instrument(span.clone()).await else {
        context.metrics.rounds.ended(ReconcileResult::Panic, started.elapsed());
        trace::failed(&span, "a bug");
        span.in_scope(|| {
            tracing::error!("A bug stopped this reconciliation; it is retried automatically")
        });
        return Ok(Action::requeue(AFTER_PANIC));
    };
    let kind = match &result {
        Ok(_) => ReconcileResult::Done,
        Err(ApiError::Conflict) => ReconcileResult::Conflict,
        Err(
            ApiError::Gone
            | ApiError::Unauthorized(_)
            | ApiError::Forbidden(_)
            | ApiError::Refused(_)
            | ApiError::NoAnswer(_)
            | ApiError::Unguardable(_)
            | ApiError::NotKept { .. }
            | ApiError::Unserialisable(_),
        ) => ReconcileResult::Error,
    };
    context.metrics.rounds.ended(kind, started.elapsed());
    match result {
        // The other's write brings an event. Where none comes, the object is read.
        Err(ApiError::Conflict) => {
            let newest = context.newest.version(&key);
            let wait = context.last_rounds.conflict_delay(&key, newest.as_deref());
            Ok(Action::requeue(wait))
        }
        Err(error) => {
            trace::failed(&span, &error.to_string());
            span.in_scope(|| {
                tracing::warn!(%error, "This reconciliation failed; it is retried automatically")
            });
            Err(error)
        }
        Ok(action) => {
            context.memory.note_success(&key);
            context.last_rounds.note_success(&key);
            Ok(action)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<F>(_: impl FnOnce(Arc<WatchEntry>, Arc<Context>) -> F) -> usize {
        size_of::<F>()
    }

    /// Any number of resources may be due at once. (A round under way takes some 20 kB.)
    #[test]
    fn a_round_that_waits_for_its_turn_takes_less_than_a_kilobyte() {
        let size = size(round);
        assert!(size < 1024, "{size} B");
    }
}
