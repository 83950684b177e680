//! `/health`, `/ready` and `/metrics` on one listener.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::health::Health;
use crate::controller::{Leadership, Readiness};

#[derive(Clone)]
struct Shared {
    health: Health,
    readiness: Readiness,
    leadership: Leadership,
    registry: Arc<Registry>,
}

/// The routes.
pub(super) fn router(
    health: Health,
    readiness: Readiness,
    leadership: Leadership,
    registry: Registry,
) -> Router {
    Router::new()
        .route("/health", get(healthy))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Shared { health, readiness, leadership, registry: Arc::new(registry) })
}

/// Fails only where a restart would help. That it answers at all says as much of the runtime.
async fn healthy(State(shared): State<Shared>) -> impl IntoResponse {
    match shared.health.complaint() {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(complaint) => (StatusCode::SERVICE_UNAVAILABLE, complaint + "\n"),
    }
}

/// Names what is missing, a line each. One that stands by is as ready as the one that leads, so
/// that rollouts go on.
async fn ready(State(shared): State<Shared>) -> impl IntoResponse {
    let missing = shared.readiness.missing();
    if missing.is_empty() {
        let role = shared.leadership.describe().map(|role| role + "\n").unwrap_or_default();
        (StatusCode::OK, format!("ready\n{role}"))
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, missing.join("\n") + "\n")
    }
}

async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    let mut text = String::new();
    match encode(&mut text, &shared.registry) {
        Ok(()) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")],
            text,
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
