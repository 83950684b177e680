//! HTTP/1.1 on one connection.

use std::fmt;
use std::sync::Arc;

use bytes::BytesMut;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use uuid::Uuid;

use super::body::AnswerBody;
use super::call::{CallRun, Finish};
use super::wire::Fuse;
use crate::log::{Arrival, CallEnding, access_key, applicant};
use crate::script::Operation;
use crate::script::answer::Answer;
use crate::script::fault::{End, Fault};
use crate::service::error::ErrorShape;
use crate::service::route::Route;
use crate::state::Shared;

/// The longest body that the gateway lets pass, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// How much room there is for the head of a request, in bytes: tokens can be tens of kilobytes.
const HEAD_LIMIT: usize = 1024 * 1024;

/// Serves a connection to its end.
pub(crate) async fn serve<I>(shared: Arc<Shared>, io: I, fuse: Fuse, over_tls: bool)
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request| answer(shared.clone(), fuse.clone(), over_tls, request));
    // A connection that a script broke, or a client left, ends with an error; the log has what
    // there is to know.
    let _ended = http1::Builder::new()
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(io), service)
        .await;
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ends without an answer, as scripted")
    }
}

impl std::error::Error for Dropped {}

async fn answer(
    shared: Arc<Shared>,
    fuse: Fuse,
    over_tls: bool,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Dropped> {
    let (parts, body) = request.into_parts();
    let received = receive(body).await;
    let route = Route::find(&parts.method, parts.uri.path());
    let arrival = Arrival {
        applicant: applicant(Operation::of(&route), &parts.headers, &received.bytes),
        access_key: access_key(&parts.headers),
        route: shared.with(|state| state.service.known_as(route)),
        path: parts
            .uri
            .path_and_query()
            .map_or_else(|| parts.uri.to_string(), |path| path.as_str().to_owned()),
        method: parts.method,
        headers: parts.headers,
        complete: received.complete,
        body: received.bytes,
        over_tls,
        request_id: Uuid::new_v4().simple().to_string(),
    };
    let (complete, too_large) = (received.complete, received.too_large);
    let (number, fault) = shared.record(|state| {
        let fault = if too_large {
            Some(refuse_too_large())
        } else if complete {
            state.scripts.take(&arrival)
        } else {
            None
        };
        (state.log.arrived(&arrival, fault.is_some()), fault)
    });
    let unanswered = Unanswered { shared: shared.clone(), number, ended: false };
    if !complete && !too_large {
        return Err(Dropped);
    }
    // On a task of its own: the service finishes what it began when the client has gone away.
    let run = tokio::spawn(CallRun { shared, arrival, number }.run(fault));
    match run.await {
        Ok(Ok(Finish::Answer(response))) => {
            unanswered.end(CallEnding::Answered { status: response.status().as_u16() });
            Ok(response.map(|body| body.on(&fuse)))
        }
        Ok(Ok(Finish::Reset)) => {
            fuse.reset_on_drop();
            unanswered.end(CallEnding::Reset);
            Err(Dropped)
        }
        Ok(Ok(Finish::Hang)) => {
            unanswered.mark(CallEnding::Hung);
            std::future::pending().await
        }
        // An answer that cannot be sent is refused when it is scripted, so the latter two do not
        // come up.
        Ok(Ok(Finish::Close) | Err(_)) | Err(_) => {
            unanswered.end(CallEnding::Closed);
            Err(Dropped)
        }
    }
}

/// What was read of a request body.
struct Received {
    bytes: Vec<u8>,
    complete: bool,
    too_large: bool,
}

async fn receive(mut body: Incoming) -> Received {
    let mut bytes = BytesMut::new();
    loop {
        match body.frame().await {
            None => return Received { bytes: bytes.into(), complete: true, too_large: false },
            Some(Err(_)) => {
                return Received { bytes: bytes.into(), complete: false, too_large: false };
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    bytes.extend_from_slice(&data);
                }
                if bytes.len() > BODY_LIMIT {
                    return Received { bytes: bytes.into(), complete: false, too_large: true };
                }
            }
        }
    }
}

fn refuse_too_large() -> Fault {
    let status = StatusCode::PAYLOAD_TOO_LARGE.as_u16();
    let answer = Answer::status(status).error(
        ErrorShape::Gateway,
        "APIG.0201",
        "The request entity is too large.",
    );
    Fault { steps: Vec::new(), end: End::Answer(answer) }
}

/// A call without an answer. When it is dropped so, the client has gone away.
struct Unanswered {
    shared: Arc<Shared>,
    number: usize,
    ended: bool,
}

impl Unanswered {
    fn mark(&self, ending: CallEnding) {
        self.shared.record(|state| state.log.ended(self.number, ending));
    }

    fn end(mut self, ending: CallEnding) {
        self.mark(ending);
        self.ended = true;
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if !self.ended {
            self.shared.record(|state| state.log.client_gone(self.number));
        }
    }
}
