//! A request's span, named as OpenTelemetry names those of HTTP clients. No header goes into it,
//! nor anything of a body.

use tracing::Span;
use tracing::field::Empty;
use url::Url;

use super::answer::Answer;
use super::credential::Credential;
use super::text::{VALUE_CHARS, one_line};

/// The path of a list.
pub(super) const BACKUPS: &str = "/v3/{project_id}/backups";
/// The path of a look, without what is different from backup to backup.
pub(super) const BACKUP: &str = "/v3/{project_id}/backups/{backup_id}";
/// The path of the operation logs.
pub(super) const OPERATION_LOGS: &str = "/v3/{project_id}/operation-logs";
/// The path of the regions that can be replicated to.
pub(super) const CAPABILITIES: &str = "/v3/{project_id}/replication-capabilities";
/// The path of a call.
pub(super) const REPLICATE: &str = "/v3/{project_id}/backups/{backup_id}/replicate";

/// A span for a request that is about to be made.
pub(super) fn of_request(method: &'static str, template: &'static str, url: &Url) -> Span {
    tracing::info_span!(
        "cbr",
        otel.name = format!("{method} {template}"),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method,
        http.response.status_code = Empty,
        server.address = url.host_str(),
        server.port = url.port_or_known_default(),
        url.full = url.as_str(),
        url.template = template,
        cbr.request_id = Empty,
        error.type = Empty,
    )
}

/// What came back goes into the span, too.
pub(super) fn note_answer(span: &Span, answer: &Answer, credential: &Credential) {
    span.record("http.response.status_code", answer.status);
    if let Some(id) =
        answer.request_id.as_deref().and_then(|id| one_line(id, VALUE_CHARS / 2, credential))
    {
        span.record("cbr.request_id", id);
    }
    if answer.status >= 400 {
        note_error(span, &answer.status.to_string());
    }
}

/// Nothing complete came back.
pub(super) fn note_failure(span: &Span, why: &'static str, status: Option<u16>) {
    if let Some(status) = status {
        span.record("http.response.status_code", status);
    }
    note_error(span, why);
}

fn note_error(span: &Span, what: &str) {
    span.record("error.type", what);
    span.record("otel.status_code", "ERROR");
}
