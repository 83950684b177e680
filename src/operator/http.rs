//! `/health`, `/ready` and `/metrics` on one listener.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::controller::{Leadership, Readiness};

#[derive(Clone)]
struct Shared {
    readiness: Readiness,
    leadership: Leadership,
    registry: Arc<Registry>,
}

/// The routes.
pub(super) fn router(readiness: Readiness, leadership: Leadership, registry: Registry) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Shared { readiness, leadership, registry: Arc::new(registry) })
}

/// Says only that the process answers: what else can fail is not mended by a restart.
async fn health() -> &'static str {
    "ok\n"
}

/// Names what is missing, a line each. One that stands by is as ready as the one that leads, so that rollouts go on.
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
