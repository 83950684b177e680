//! Puts the process together and runs it.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::api_requests::ApiRequests;
use super::api_silence::SignOfLife;
use super::election::{Elector, LeaderMetric};
use super::health::Health;
use super::options::RunOptions;
use super::ready_metric::ReadyMetric;
use super::shutdown::Signals;
use super::telemetry::Telemetry;
use super::{bind, http, listener, shutdown};
use crate::cbr::{AllowList, Client as CbrClient, ClientConfig};
use crate::controller::{Controller, Leadership, Readiness, Settings, Shutdown};
use crate::protocol::{Policy, without_version};

/// What a call under way may need to be recorded after it has ended.
const TO_RECORD: Duration = Duration::from_secs(20);
/// For threads to stop. Those that are still held up then end with the process.
const TO_STOP: Duration = Duration::from_millis(200);

/// Why the operator did not start.
#[derive(Debug)]
pub(super) enum StartFailure {
    /// An option is wrong; the text names it.
    Usage(String),
    /// Something else is.
    Start(String),
}

/// Runs the operator until a signal ends it.
///
/// # Errors
/// Where it cannot start. Once it runs, what fails is waited for.
pub(super) fn run(options: RunOptions) -> Result<(), StartFailure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| StartFailure::Start(format!("no runtime: {error}")))?;
    let signals = {
        let _inside = runtime.enter();
        Signals::listen().map_err(|error| {
            StartFailure::Start(format!("no signal can be listened to: {error}"))
        })?
    };
    let identity = identity();
    let telemetry = Telemetry::start(options.log_format, &identity);
    let ran = runtime.block_on(serve(options, identity, signals));
    // A thread that waits for a file or a program keeps nobody.
    runtime.shutdown_timeout(TO_STOP);
    telemetry.end();
    ran
}

/// What runs, put together.
struct Parts {
    controller: Controller,
    elector: Option<Elector>,
    listener: TcpListener,
    router: Router,
    health: Health,
    readiness: Readiness,
    silence: Silence,
    shutdown: Shutdown,
    grace: Duration,
}

/// For how long the API server may be silent.
struct Silence {
    sign_of_life: SignOfLife,
    limit: Duration,
}

async fn serve(
    options: RunOptions,
    identity: String,
    mut signals: Signals,
) -> Result<(), StartFailure> {
    // On a thread of its own: it reads files and runs what a kubeconfig names for a credential, and
    // any of that may hang.
    let inside = Handle::current();
    let prepared = tokio::task::spawn_blocking(move || inside.block_on(prepare(options, identity)));
    let prepared = tokio::select! {
        biased;
        () = signals.one() => {
            tracing::info!("Stopped before the start");
            return Ok(());
        }
        prepared = prepared => prepared.map_err(|error| StartFailure::Start(format!("a bug: {error}")))?,
    };
    let Parts {
        controller,
        elector,
        listener,
        router,
        health,
        readiness,
        silence,
        shutdown,
        grace,
    } = prepared?;
    let ended = tokio::spawn(listener::serve(listener, router));
    let Silence { sign_of_life, limit } = silence;
    let silence = tokio::spawn(sign_of_life.watch(limit, readiness.clone()));
    let drain = shutdown.drain.clone();
    let signals = tokio::spawn(shutdown::on_signal(signals, shutdown, readiness, grace));
    let election =
        elector.map(|elector| tokio::spawn(supervised(tokio::spawn(elector.run(drain)), health)));
    controller.run().await;
    if let Some(election) = election {
        // It has said what there is to say.
        let _ended = election.await;
    }
    ended.abort();
    silence.abort();
    signals.abort();
    tracing::info!("Stopped");
    Ok(())
}

/// Puts everything together. Nothing runs yet.
async fn prepare(options: RunOptions, identity: String) -> Result<Parts, StartFailure> {
    let RunOptions {
        cloud,
        allowed_endpoint,
        default_endpoint,
        allowed_iam_endpoint,
        default_iam_endpoint,
        namespace,
        listen,
        concurrency,
        connect_timeout,
        request_timeout,
        claim_window,
        settling_time,
        tracking_limit,
        look_up_patience,
        first_call_after,
        rejection_retry,
        requests_per_minute,
        watch_timeout,
        ca_bundle,
        require_secret_label,
        election,
        log_format: _,
    } = options;
    let election = election.election(&identity).map_err(StartFailure::Usage)?;
    let allowed_endpoints = AllowList::of_cbr(&cloud, &allowed_endpoint);
    if let Some(endpoint) = &default_endpoint {
        allowed_endpoints
            .check(endpoint)
            .map_err(|error| StartFailure::Usage(format!("--default-endpoint: {error}")))?;
    }
    let allowed_iam_endpoints = AllowList::of_iam(&cloud, &allowed_iam_endpoint);
    if let Some(endpoint) = &default_iam_endpoint {
        allowed_iam_endpoints
            .check(without_version(endpoint))
            .map_err(|error| StartFailure::Usage(format!("--default-iam-endpoint: {error}")))?;
    }
    let ca_bundle = ca_bundle
        .map(|file| {
            std::fs::read(&file)
                .map_err(|e| StartFailure::Usage(format!("--ca-bundle {}: {e}", file.display())))
        })
        .transpose()?;
    let cbr = CbrClient::new(ClientConfig { connect_timeout, request_timeout, ca_bundle })
        .map_err(|error| StartFailure::Usage(format!("--ca-bundle: {error}")))?;
    let listener = bind::bind(listen)
        .await
        .map_err(|error| StartFailure::Start(format!("cannot listen on {listen}: {error}")))?;

    // Named twice, a namespace would be watched twice.
    let namespace: Vec<_> = BTreeSet::from_iter(namespace).into_iter().collect();
    let watched = if namespace.is_empty() { "all".to_owned() } else { namespace.join(",") };
    let shutdown = Shutdown::default();
    let mut registry = Registry::with_prefix("backup_replication");
    registry.register(
        "build",
        "Version of the operator",
        Info::new([("version", env!("CARGO_PKG_VERSION"))]),
    );
    let sign_of_life = SignOfLife::new();
    let requests = ApiRequests::register(&mut registry);
    let (kubernetes, api_server) = kubernetes_client(&requests, &sign_of_life).await?;
    let readiness = Readiness::at(&api_server);
    let leadership =
        if election.is_some() { Leadership::by_election() } else { Leadership::without_election() };
    registry.register_collector(Box::new(LeaderMetric(leadership.clone())));
    registry.register_collector(Box::new(ReadyMetric(readiness.clone())));
    let elector = election
        .map(|election| Elector::new(&kubernetes, election, leadership.clone(), readiness.clone()));
    let controller = Controller::new(
        kubernetes,
        cbr,
        Settings {
            namespaces: namespace,
            allowed_endpoints,
            default_endpoint,
            allowed_iam_endpoints,
            default_iam_endpoint,
            policy: Policy {
                window: claim_window,
                limit: request_timeout,
                settling_time,
                tracking_limit,
                lookup_patience: look_up_patience,
                first_call_after,
                rejection_retry,
            },
            concurrency: concurrency.get(),
            requests_per_minute,
            watch_timeout,
            required_label: require_secret_label,
            identity,
        },
        &mut registry,
        readiness.clone(),
        leadership.clone(),
        shutdown.clone(),
    );
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        namespaces = watched,
        listen = %listener.local_addr().map_or_else(|e| e.to_string(), |a| a.to_string()),
        "Starting"
    );
    let health = Health::new(controller.heartbeat());
    let router = http::router(health.clone(), readiness.clone(), leadership, registry);
    let grace = claim_window + request_timeout + TO_RECORD;
    // What is on its way at the end of a watch has half of its time to come.
    let silence = Silence { sign_of_life, limit: watch_timeout + watch_timeout / 2 };
    Ok(Parts { controller, elector, listener, router, health, readiness, silence, shutdown, grace })
}

/// Without the election this process would stand by permanently.
async fn supervised(election: JoinHandle<()>, health: Health) {
    if let Err(error) = election.await {
        health.broken("election");
        tracing::error!(%error, "A bug ended the election; a restart helps");
    }
}

/// The client for the API server, from `KUBECONFIG` or the in-cluster account, and where that is. It
/// repeats no request: a claim that is sent twice could be refused for its own success.
async fn kubernetes_client(
    requests: &ApiRequests,
    sign_of_life: &SignOfLife,
) -> Result<(kube::Client, String), StartFailure> {
    let mut config = kube::Config::infer().await.map_err(|error| {
        StartFailure::Start(format!(
            "neither KUBECONFIG nor the in-cluster account can be used: {error}"
        ))
    })?;
    config.default_retry = false;
    // Longer than any watch stays silent (they end after 290 s): a connection that died without a
    // word is noticed.
    config.read_timeout = Some(Duration::from_secs(330));
    config.reset_reader_on_write = true;
    let api_server = config.cluster_url.to_string();
    let builder = kube::client::ClientBuilder::try_from(config)
        .map_err(|error| StartFailure::Start(format!("no client for the API server: {error}")))?;
    Ok((builder.with_layer(requests).with_layer(sign_of_life).build(), api_server))
}

/// Names this start of this process: the host (in a cluster, the pod) and something that no other
/// start has.
fn identity() -> String {
    let host = rustix::system::uname();
    format!("{}/{}", host.nodename().to_string_lossy(), Uuid::new_v4())
}
