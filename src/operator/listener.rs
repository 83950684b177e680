//! Serves one request for each connection, so many connections at a time, each for a short while.
//! When all places are taken, a new client gets that of the oldest one that has said nothing: who
//! connects and is silent keeps nobody out.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Connections at a time.
const CONNECTIONS: usize = 128;
/// From the connection to the end of the request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(1);
/// From the connection to the end of its answer.
const LIMIT: Duration = Duration::from_secs(5);
/// Where no connection can be taken (no file handles, mostly), the next try comes after this.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    let open = OpenConnections::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => take(stream, &router, &open),
            Err(error) => {
                tracing::debug!(%error, "No connection can be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn take(stream: TcpStream, router: &Router, open: &OpenConnections) {
    // Of a number that the map knows before the task can end and take it out.
    let mut connections = open.lock();
    if connections.len() >= CONNECTIONS {
        connections.shed();
    }
    let number = connections.next;
    connections.next = number.wrapping_add(1);
    let service = ConnectionRoutes {
        inner: TowerToHyperService::new(router.clone()),
        open: open.clone(),
        number,
    };
    let mut http = http1::Builder::new();
    http.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let place = ConnectionPlace { open: open.clone(), number };
    let task = tokio::spawn(async move {
        let _place = place;
        // Who hangs up, or is cut off, has only itself to blame.
        let _ended = tokio::time::timeout(LIMIT, connection).await;
    });
    connections.silent.insert(number, task.abort_handle());
}

/// What is open. Clones share it.
#[derive(Clone, Default)]
struct OpenConnections(Arc<Mutex<Connections>>);

/// By number, so the oldest first.
#[derive(Default)]
struct Connections {
    next: u64,
    silent: BTreeMap<u64, AbortHandle>,
    answered: BTreeMap<u64, AbortHandle>,
}

impl OpenConnections {
    fn lock(&self) -> MutexGuard<'_, Connections> {
        // A panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    fn len(&self) -> usize {
        self.silent.len() + self.answered.len()
    }

    /// Cuts off the oldest that has said nothing; where all have, the oldest of them.
    fn shed(&mut self) {
        let oldest = self.silent.pop_first().or_else(|| self.answered.pop_first());
        if let Some((_, connection)) = oldest {
            connection.abort();
        }
    }
}

/// Taken out when the connection ends, however it does.
struct ConnectionPlace {
    open: OpenConnections,
    number: u64,
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        let mut connections = self.open.lock();
        connections.silent.remove(&self.number);
        connections.answered.remove(&self.number);
    }
}

/// The routes, for one connection: notes that it has sent a request.
struct ConnectionRoutes {
    inner: TowerToHyperService<Router>,
    open: OpenConnections,
    number: u64,
}

type Answer = Result<Response<Body>, std::convert::Infallible>;

impl Service<Request<Incoming>> for ConnectionRoutes {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut connections = self.open.lock();
        if let Some(connection) = connections.silent.remove(&self.number) {
            connections.answered.insert(self.number, connection);
        }
        Box::pin(self.inner.call(request))
    }
}
