//! Serves one request for each connection, so many connections at a time, each for a short while:
//! a client that connects and says nothing takes the place of others for no longer than that.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at a time. More wait for their turn.
const CONNECTIONS: usize = 128;
/// From the connection to the end of its answer.
const LIMIT: Duration = Duration::from_secs(5);
/// Where no connection can be taken (no file handles, mostly), the next try comes after this.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut http = http1::Builder::new();
    http.keep_alive(false);
    // The semaphore is never closed.
    while let Ok(place) = places.clone().acquire_owned().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "No connection can be taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        tokio::spawn(async move {
            // Who hangs up, or is cut off, has only itself to blame.
            let _ended = tokio::time::timeout(LIMIT, connection).await;
            drop(place);
        });
    }
}
