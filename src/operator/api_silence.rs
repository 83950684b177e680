//! Notices an API server that has stopped answering, with or without the lead. Each watch ends and begins again
//! within `--watch-timeout`, so an API server that lives says something at least that often.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use kube::client::Body;
use tower::{Layer, Service};

use crate::controller::{Part, Readiness};

const WHAT: &str = "API server";

/// When the API server last said anything. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct SignOfLife(Arc<Mutex<Instant>>);

impl SignOfLife {
    /// Counts from now on.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn silence(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Says in the log and at `/ready` when the API server has been silent for longer than `limit`,
    /// and when it speaks again. Runs until it is dropped.
    pub(super) async fn watch(self, limit: Duration, readiness: Readiness) {
        let words = format!(
            "it has not answered for more than {} s. The operator keeps trying",
            limit.as_secs()
        );
        loop {
            let silence = self.silence();
            if silence > limit {
                if readiness.not_ready(Part::Watch, WHAT, &words) {
                    tracing::error!("Not ready: {WHAT}: {words}");
                }
            } else if readiness.ready(Part::Watch, WHAT) {
                tracing::info!("Ready: {WHAT}");
            }
            tokio::time::sleep((limit / 20).max(Duration::from_millis(50))).await;
        }
    }
}

impl<S> Layer<S> for SignOfLife {
    type Service = Listening<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Listening { inner, sign: self.clone() }
    }
}

/// A client's service that notes what comes from the API server.
#[derive(Clone, Debug)]
pub(super) struct Listening<S> {
    inner: S,
    sign: SignOfLife,
}

impl<S, B> Service<Request<Body>> for Listening<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<Noted<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let sign = self.sign.clone();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            sign.note();
            Ok(answer.map(|inner| Noted { inner: Box::pin(inner), sign }))
        })
    }
}

/// A body whose parts are noted: of a watch, events and bookmarks.
pub(super) struct Noted<B> {
    inner: Pin<Box<B>>,
    sign: SignOfLife,
}

impl<B: http_body::Body<Data = Bytes>> http_body::Body for Noted<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = self.inner.as_mut().poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(_)) | None) => self.sign.note(),
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
