//! The way of one message: to the server and back.

use std::fmt;

use anyhow::Context;
use bytes::Bytes;
use futures::StreamExt;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, TRANSFER_ENCODING};
use http::{Request, Response, request};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, BodyStream, Full, StreamBody};
use hyper::body::Incoming;
use reqwest::Client;

use crate::gate::Gate;
use crate::message::Message;
use crate::stop::{Fate, Moment};

pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, reqwest::Error>;

/// Ends a connection without an answer.
#[derive(Debug)]
pub(crate) struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message is lost")
    }
}

impl std::error::Error for Lost {}

/// Forwards messages to one server, through a gate.
#[derive(Clone)]
pub(crate) struct Forward {
    client: Client,
    server: String,
    gate: Gate,
}

impl Forward {
    pub(crate) fn new(client: Client, server: String, gate: Gate) -> Self {
        Self { client, server, gate }
    }

    /// The server's answer. An error loses the message, and with it the connection.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<AnswerBody>, Lost> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Lost)?.to_bytes();
        let path = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let message =
            Message { method: parts.method.clone(), path: path.clone(), body: body.clone() };
        let number = self.gate.arrived(message);
        self.pass(number, Moment::Request).await?;
        // On a task of its own: what was forwarded arrives, although the client may leave
        // meanwhile.
        let sent = tokio::spawn(self.clone().send(parts, path, body, number.is_some()));
        let answer = sent.await;
        self.pass(number, Moment::Answer).await?;
        let answer = answer.map_err(|_| Lost)?.map_err(|_| Lost)?;
        if number.is_some() {
            self.gate.answers();
        }
        Ok(answer)
    }

    async fn pass(&self, number: Option<usize>, moment: Moment) -> Result<(), Lost> {
        let Some(number) = number else { return Ok(()) };
        match self.gate.fate(number, moment).await {
            Fate::Pass => Ok(()),
            Fate::Reset => Err(Lost),
        }
    }

    async fn send(
        self,
        parts: request::Parts,
        path: String,
        body: Bytes,
        whole: bool,
    ) -> anyhow::Result<Response<AnswerBody>> {
        let mut headers = parts.headers;
        own_connection(&mut headers);
        headers.remove(HOST);
        let url = format!("{}{path}", self.server);
        let request = self.client.request(parts.method, url).headers(headers).body(body);
        let answer: Response<reqwest::Body> =
            request.send().await.context("the server gives no answer")?.into();
        let (mut parts, body) = answer.into_parts();
        own_connection(&mut parts.headers);
        let body = if whole {
            let body = body.collect().await.context("the server's answer breaks off")?.to_bytes();
            Full::new(body).map_err(|never| match never {}).boxed_unsync()
        } else {
            let pieces = BodyStream::new(body).then(move |piece| {
                let gate = self.gate.clone();
                async move {
                    gate.stream_lag().await;
                    piece
                }
            });
            StreamBody::new(pieces).boxed_unsync()
        };
        Ok(Response::from_parts(parts, body))
    }
}

/// What holds for one connection only, and is sent again on the other.
fn own_connection(headers: &mut HeaderMap) {
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
}
