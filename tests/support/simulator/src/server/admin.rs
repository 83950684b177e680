//! The admin API: the library's functions over HTTP, for a simulator in another process or pod.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::command::Command;
use crate::log::Counts;
use crate::state::Shared;

/// What `GET /` says.
const HELP: &str = include_str!("help.txt");

/// Serves one connection of the admin API.
pub(crate) async fn serve(shared: Arc<Shared>, ca_pem: Arc<str>, stream: TcpStream) {
    let service = service_fn(|request| {
        let (shared, ca_pem) = (shared.clone(), ca_pem.clone());
        async move { Ok::<_, Infallible>(answer(&shared, &ca_pem, request).await) }
    });
    // A client that leaves in the middle is no concern of the service.
    let _ended = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// What to wait for, and for how long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    milliseconds: u64,
    until: Until,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Until {
    Counts(AtLeast),
    Hold { name: String, arrivals: u64 },
}

#[derive(Deserialize)]
struct AtLeast {
    #[serde(default)]
    backup_id: Option<String>,
    #[serde(flatten)]
    counts: Counts,
}

/// One command, or several; read in two steps, because an untagged enum does not say what it
/// dislikes.
fn commands(body: &[u8]) -> serde_json::Result<Vec<Command>> {
    match serde_json::from_slice(body)? {
        many @ Value::Array(_) => serde_json::from_value(many),
        one => Ok(vec![serde_json::from_value(one)?]),
    }
}

async fn answer(
    shared: &Shared,
    ca_pem: &str,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    match dispatch(shared, ca_pem, request).await {
        Ok(response) => response,
        Err(error) => json_with(StatusCode::BAD_REQUEST, &json!({ "error": format!("{error:#}") })),
    }
}

async fn dispatch(
    shared: &Shared,
    ca_pem: &str,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let query = |key: &str| {
        let pairs = parts
            .uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    };
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/") => Ok(text("text/plain", HELP)),
        (&Method::GET, "/healthz") => Ok(ok(&json!({ "status": "ok" }))),
        (&Method::GET, "/ca.pem") => Ok(text("application/x-pem-file", ca_pem)),
        (&Method::GET, "/world") => Ok(ok(&shared.with(|state| state.service.inventory.world()))),
        (&Method::GET, "/behaviour") => {
            Ok(ok(&shared.with(|state| state.service.behaviour.clone())))
        }
        (&Method::GET, "/scripts") => Ok(shared.with(|state| ok(&state.scripts.waiting()))),
        (&Method::GET, "/records") => {
            let now = Instant::now();
            Ok(ok(&shared.with(|state| match query("backup_id") {
                Some(backup_id) => state.service.ledger.of_backup(backup_id, now),
                None => state.service.ledger.all(now),
            })))
        }
        (&Method::GET, "/log") => {
            let from = query("from").unwrap_or("0");
            let from: usize = from
                .parse()
                .with_context(|| format!("from is the number of a call, not {from:?}"))?;
            Ok(shared.with(|state| ok(&state.log.calls().get(from..).unwrap_or_default())))
        }
        (&Method::GET, "/applicants") => Ok(shared.with(|state| ok(state.log.applicants()))),
        (&Method::GET, "/clock") => {
            Ok(ok(&json!({ "now": shared.with(|state| state.service.clock.now()) })))
        }
        (&Method::GET, "/counts") => Ok(ok(&counts(shared, query("backup_id")))),
        (&Method::POST, "/do") => {
            let commands = commands(&body.collect().await?.to_bytes())?;
            shared
                .with(|state| commands.into_iter().try_for_each(|command| command.apply(state)))?;
            Ok(ok(&json!({ "status": "done" })))
        }
        (&Method::POST, "/wait") => {
            wait(shared, serde_json::from_slice(&body.collect().await?.to_bytes())?).await
        }
        (method, path) => {
            let error = format!("there is no {method} {path} here; GET / says what there is");
            Ok(json_with(StatusCode::NOT_FOUND, &json!({ "error": error })))
        }
    }
}

async fn wait(shared: &Shared, wait: Wait) -> Result<Response<Full<Bytes>>> {
    let Wait { milliseconds, until } = wait;
    let limit = Duration::from_millis(milliseconds);
    let in_time = match until {
        Until::Counts(AtLeast { backup_id, counts: least }) => {
            let reached = shared.wait_for(|log| {
                let Counts { posts, accepted, gets } = match &backup_id {
                    Some(id) => log.counts(id),
                    None => log.total(),
                };
                posts >= least.posts && accepted >= least.accepted && gets >= least.gets
            });
            tokio::time::timeout(limit, reached).await.is_ok()
        }
        Until::Hold { name, arrivals } => {
            let hold = shared.with(|state| state.hold(&name));
            tokio::time::timeout(limit, hold.arrivals(arrivals)).await.is_ok()
        }
    };
    let status = if in_time { StatusCode::OK } else { StatusCode::REQUEST_TIMEOUT };
    Ok(json_with(status, &counts(shared, None)))
}

fn counts(shared: &Shared, backup_id: Option<&str>) -> Counts {
    shared.with(|state| backup_id.map_or_else(|| state.log.total(), |id| state.log.counts(id)))
}

fn ok<T: Serialize + ?Sized>(value: &T) -> Response<Full<Bytes>> {
    json_with(StatusCode::OK, value)
}

fn json_with<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response<Full<Bytes>> {
    let (status, body) = match serde_json::to_string(value) {
        Ok(body) => (status, body),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    };
    let mut response = text("application/json", &body);
    *response.status_mut() = status;
    response
}

fn text(content_type: &'static str, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
