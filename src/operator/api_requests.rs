//! Counts the requests to the API server, and gives those of a traced round spans: a layer around
//! the client.

mod outcome;
mod path;

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use kube::client::Body;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tower::{Layer, Service};
use tracing::{Instrument, Span};

use outcome::ApiResult;
use path::{ApiPath, Verb};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ApiLabels {
    verb: Verb,
    result: ApiResult,
}

/// The layer. Clones count together.
#[derive(Clone, Debug)]
pub(super) struct ApiRequests(Family<ApiLabels, Counter>);

impl ApiRequests {
    /// Registers its metric.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let requests = Self(Family::default());
        // What begins with its first event has no increase that an alert could see.
        for labels in Verb::ALL
            .into_iter()
            .flat_map(|verb| ApiResult::ALL.map(|result| ApiLabels { verb, result }))
        {
            drop(requests.0.get_or_create(&labels));
        }
        registry.register(
            "api_requests",
            "Requests to the API server, by verb and result",
            requests.0.clone(),
        );
        requests
    }
}

impl<S> Layer<S> for ApiRequests {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Counted { inner, requests: self.clone() }
    }
}

/// A client's service whose requests are counted.
#[derive(Debug)]
pub(super) struct Counted<S> {
    inner: S,
    requests: ApiRequests,
}

impl<S, B> Service<Request<Body>> for Counted<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = ApiPath::of(request.uri());
        let verb = path.verb(request.method());
        let span = span(request.method(), &path, verb);
        // Dropped before there is an answer where somebody has waited long enough.
        let mut open = OpenRequest {
            requests: self.requests.clone(),
            verb,
            result: ApiResult::NoAnswer,
            span: span.clone(),
        };
        let answer = span.in_scope(|| self.inner.call(request));
        Box::pin(
            async move {
                let answer = answer.await;
                if let Ok(response) = &answer {
                    open.answered(response.status());
                }
                answer
            }
            .instrument(span),
        )
    }
}

/// A request whose end is counted, whichever it is.
struct OpenRequest {
    requests: ApiRequests,
    verb: Verb,
    result: ApiResult,
    span: Span,
}

impl OpenRequest {
    fn answered(&mut self, status: http::StatusCode) {
        self.result = ApiResult::of(status);
        self.span.record("http.response.status_code", status.as_u16());
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let Self { requests, verb, result, span } = self;
        requests.0.get_or_create(&ApiLabels { verb: *verb, result: *result }).inc();
        if let Some(error) = result.error() {
            span.record("error.type", error);
            span.record("otel.status_code", "ERROR");
        }
    }
}

/// Of the round that asks; what is asked outside of any is counted alone.
fn span(method: &http::Method, path: &ApiPath<'_>, verb: Verb) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::info_span!(
        "kubernetes",
        otel.name = format!("{method} {}", path.template()),
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        http.request.method = method.as_str(),
        http.response.status_code = tracing::field::Empty,
        url.path = path.text(),
        url.template = path.template(),
        k8s.request.verb = verb.as_str(),
        error.type = tracing::field::Empty,
    )
}
