//! Runs the controller until it is told to stop, and then until what is under way has ended.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::{FutureExt, Stream, StreamExt, stream};
use kube::runtime::watcher::Event;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::metrics::{LaneMetrics, Metrics, ReconcileResult, ResourceMetrics, Waiting};
use super::{queue, trace, watch};
use crate::cbr::Client as CbrClient;
use crate::controller::api::ApiError;
use crate::controller::context::Context;
use crate::controller::events::{Events, Publisher};
use crate::controller::heartbeat::Heartbeat;
use crate::controller::key::ResourceKey;
use crate::controller::leadership::Leadership;
use crate::controller::queue::{NextRound, RoundKind, Rounds};
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
use crate::controller::state::target_index::{FirstList, TargetIndex};
use crate::controller::state::target_locks::TargetLocks;
use crate::controller::watch::kept::Room;
use crate::controller::watch::newest::Newest;
use crate::controller::watch::store::WatchStore;
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
        let namespaces = watched(&self.context.settings.namespaces).into_iter();
        // All are awaited before one begins.
        let awaited: Vec<_> = namespaces.map(|n| (n, self.index.await_list())).collect();
        let all = join_all(awaited.into_iter().map(|(n, first)| self.run_one(n, first)));
        self.heartbeat.beside(all).await;
        drop(self.context);
        self.publisher.end().await;
    }

    async fn run_one(&self, namespace: Option<&str>, first: FirstList) {
        let client = &self.context.kubernetes;
        let context = self.context.clone();
        let own = namespace.map(str::to_owned);
        let (memory, index) = (self.context.clone(), self.index.clone());
        let mut first = Some(first);
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
                let is_there = |key: &ResourceKey| {
                    let of_others = own.as_deref().is_some_and(|own| key.namespace() != own);
                    of_others || store.get(key).is_some()
                };
                index.note(event, is_there);
                match event {
                    Event::Delete(tracked) => context.forget(&tracked.key),
                    Event::Apply(tracked) if tracked.finished => context.forget(&tracked.key),
                    Event::InitDone => {
                        if let Some(first) = first.take() {
                            first.has_come();
                        }
                        context.memory.keep_only(is_there);
                        context.last_rounds.keep_only(is_there);
                    }
                    Event::Apply(_) | Event::Init | Event::InitApply(_) => {}
                }
            },
        );
        self.stores.add(store.clone());
        let drain = self.shutdown.drain.clone();
        // When this ends, the rounds under way are waited for and no other begins.
        let changes = stream::select(stream, self.all_when_leading(&store))
            .take_until(Box::pin(drain.cancelled_owned()));
        let rounds = ResourceRounds { context: self.context.clone(), store };
        queue::work(changes, &self.context.permits, &rounds).await;
    }

    /// What changed while another led has brought no round here: all that is not finished is due
    /// when the lead is gained.
    fn all_when_leading(
        &self,
        store: &WatchStore,
    ) -> impl Stream<Item = ResourceKey> + Send + 'static {
        let (store, context) = (store.clone(), self.context.clone());
        self.context.leadership.gains().flat_map(move |()| {
            context.memory.begin_to_lead();
            context.last_rounds.begin_to_lead();
            stream::iter(store.unfinished())
        })
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

/// The rounds of what one watch shows.
struct ResourceRounds {
    context: Arc<Context>,
    store: WatchStore,
}

impl Rounds for ResourceRounds {
    type Waiting = Waiting;

    /// An event that brings nothing new brings no round: the echo of an own write, a list, or a
    /// change of what no decision reads.
    fn due(&self, key: &ResourceKey) -> Due {
        if self.store.get(key).is_none_or(|tracked| tracked.finished) {
            return Due::Later;
        }
        match self.context.newest.fingerprint(key) {
            Some(fingerprint) => self.context.last_rounds.due(key, fingerprint),
            None => Due::Now,
        }
    }

    fn waits(&self, key: &ResourceKey) -> (RoundKind, Waiting) {
        let follows = self.store.get(key).is_some_and(|entry| entry.under_way_since.is_some());
        let kind = if follows { RoundKind::Follow } else { RoundKind::Call };
        (kind, self.context.metrics.rounds.waits())
    }

    fn round(
        &self,
        key: ResourceKey,
        permit: RoundPermit,
    ) -> impl Future<Output = NextRound> + Send + 'static {
        begun(key, self.context.clone(), permit)
    }
}

/// A logged and panic-proof round, whose turn it is. A panic in it must not stop the others.
async fn begun(key: ResourceKey, context: Arc<Context>, permit: RoundPermit) -> NextRound {
    // Without the lead nothing begins (all are due when it is gained). A round whose turn comes
    // during the drain does not begin either.
    if !context.may_begin() {
        return NextRound::await_change();
    }
    let span = trace::round(key.namespace(), key.name());
    let started = Instant::now();
    let work = AssertUnwindSafe(reconcile(key.clone(), context.clone(), &permit)).catch_unwind();
    let Ok(result) = Box::pin(work.instrument(span.clone())).await else {
        context.metrics.rounds.ended(ReconcileResult::Panic, started.elapsed());
        trace::failed(&span, "a bug");
        span.in_scope(|| {
            tracing::error!("A bug stopped this reconciliation; it is retried automatically")
        });
        return NextRound::requeue(AFTER_PANIC);
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
            NextRound::requeue(wait)
        }
        Err(error) => {
            trace::failed(&span, &error.to_string());
            span.in_scope(|| {
                tracing::warn!(%error, "This reconciliation failed; it is retried automatically")
            });
            NextRound::requeue(context.memory.next_error_delay(&key))
        }
        Ok(next) => {
            context.memory.note_success(&key);
            context.last_rounds.note_success(&key);
            next
        }
    }
}
