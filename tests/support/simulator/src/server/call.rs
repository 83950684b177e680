//! One call on its way through its script and the service.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, DATE, HeaderValue};
use http::{HeaderMap, Response};
use jiff::Timestamp;

use super::body::AnswerBody;
use crate::log::Arrival;
use crate::script::answer::{REQUEST_ID, Surroundings, http_date};
use crate::script::fault::{End, Fault, Step};
use crate::service::{Reply, Request};
use crate::state::Shared;

/// The header with a token that IAM issued.
const SUBJECT_TOKEN: &str = "x-subject-token";

/// What the connection has to do.
#[derive(Debug)]
pub(crate) enum Finish {
    Answer(Response<AnswerBody>),
    Reset,
    Close,
    Hang,
}

/// A call that has arrived whole and is in the log.
pub(crate) struct CallRun {
    pub(crate) shared: Arc<Shared>,
    pub(crate) arrival: Arrival,
    pub(crate) number: usize,
}

impl CallRun {
    /// Takes the steps, then comes to the end.
    pub(crate) async fn run(self, fault: Option<Fault>) -> Result<Finish> {
        let Fault { steps, end } = fault.unwrap_or_else(|| Fault::before_commit().ordinary());
        let mut reply = None;
        for step in steps {
            match step {
                Step::Delay { milliseconds } => {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await
                }
                Step::Hold { name } => self.shared.with(|state| state.hold(&name)).pass().await,
                Step::Commit => reply = Some(self.processed(reply)),
            }
        }
        match end {
            End::Ordinary => {
                let ordinary = self.ordinary(self.processed(reply))?;
                Ok(Finish::Answer(self.dated(ordinary)?))
            }
            End::Answer(answer) => {
                if answer.needs_ordinary() {
                    reply = Some(self.processed(reply));
                }
                let surroundings = Surroundings {
                    request_headers: &self.arrival.headers,
                    request_id: &self.arrival.request_id,
                    ordinary: reply.as_ref().map(|reply| reply.body.as_ref()).unwrap_or_default(),
                    now: self.now(),
                };
                Ok(Finish::Answer(self.dated(answer.render(&surroundings)?)?))
            }
            End::Reset => Ok(Finish::Reset),
            End::Close => Ok(Finish::Close),
            End::Hang => Ok(Finish::Hang),
        }
    }

    /// The reply of the service, which processes a call once.
    fn processed(&self, reply: Option<Reply>) -> Reply {
        reply.unwrap_or_else(|| {
            let request = Request {
                route: &self.arrival.route,
                method: &self.arrival.method,
                uri: &self.arrival.path,
                headers: &self.arrival.headers,
                body: &self.arrival.body,
                request_id: &self.arrival.request_id,
                no_cache: no_cache(&self.arrival.headers),
            };
            self.shared.record(|state| {
                let reply = state.service.process(&request);
                state.log.processed(self.number, reply.verdict.clone(), reply.authority.clone());
                reply
            })
        })
    }

    fn ordinary(&self, reply: Reply) -> Result<Response<AnswerBody>> {
        let Reply { status, content_type, body, verdict: _, subject_token, authority: _ } = reply;
        let chunked = self.shared.with(|state| state.service.behaviour.wire.chunked);
        let mut response = Response::new(if chunked {
            AnswerBody::chunked(body)
        } else {
            AnswerBody::whole(body)
        });
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.headers_mut().insert(REQUEST_ID, HeaderValue::from_str(&self.arrival.request_id)?);
        if let Some(token) = subject_token {
            response.headers_mut().insert(SUBJECT_TOKEN, token);
        }
        Ok(response)
    }

    fn now(&self) -> Timestamp {
        self.shared.with(|state| state.service.clock.now())
    }

    /// With the date by the clock of the service, unless a script gave it another one.
    fn dated(&self, mut response: Response<AnswerBody>) -> Result<Response<AnswerBody>> {
        if !response.headers().contains_key(DATE) {
            response.headers_mut().insert(DATE, http_date(self.now())?);
        }
        Ok(response)
    }
}

fn no_cache(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut directives =
        values.flat_map(|value| value.split(',')).map(|directive| directive.trim().to_lowercase());
    directives.any(|directive| directive == "no-cache" || directive == "no-store")
}
