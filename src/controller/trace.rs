//! A round as the root of its trace.

use opentelemetry::trace::{Status, TraceContextExt};
use tracing::Span;
use tracing::field::{Empty, display};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of a round. Where it is traced, the lines logged in it carry the trace's id.
pub(super) fn round(namespace: &str, name: &str) -> Span {
    let span = tracing::info_span!(
        parent: None,
        "reconcile",
        namespace,
        resource = name,
        attempt = Empty,
        request_id = Empty,
        trace_id = Empty,
    );
    let context = span.context();
    let trace = context.span().span_context().clone();
    if trace.is_valid() && trace.is_sampled() {
        span.record("trace_id", display(trace.trace_id()));
        span.set_attribute("k8s.namespace.name", namespace.to_owned());
    }
    span
}

/// The round failed, in words.
pub(super) fn failed(span: &Span, why: &str) {
    span.set_status(Status::error(why.to_owned()));
}
