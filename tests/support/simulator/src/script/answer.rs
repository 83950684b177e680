//! An answer of the script's own.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::server::body::AnswerBody;
use crate::service::error::ErrorShape;

/// The name of the header with the request id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Status, headers and body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// 200 to 999.
    pub status: u16,
    /// In addition to, or in place of, those of the service.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub retry_after: Option<RetryAfter>,
    #[serde(default)]
    pub body: Body,
    /// Breaks off within the body, whose whole length is announced.
    #[serde(default)]
    pub cut_off: Option<CutOff>,
    /// Leave out `X-Request-Id`, as an intermediary would.
    #[serde(default)]
    pub without_request_id: bool,
}

/// The two forms of `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    Seconds(u64),
    /// An HTTP date so many seconds after the answer; before it, if negative.
    DateInSeconds(i32),
}

/// What an answer contains.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    #[default]
    Empty,
    Text(String),
    /// An HTML page, as of a gateway or a firewall. `{request_id}` in it stands for a number that
    /// differs in each answer.
    Page(String),
    Json(Value),
    Bytes(Vec<u8>),
    Error {
        shape: ErrorShape,
        code: String,
        message: String,
    },
    /// The gateway's error shape, with every header of the request in its message: the token too.
    EchoHeaders,
    /// What the service has to say, which processes the call now if no step did; if `keep` is
    /// given, only so many bytes of it, in an answer that is otherwise whole.
    Ordinary {
        keep: Option<usize>,
    },
    /// So many bytes of nonsense; chunked, that is without their length in advance, or not.
    Filler {
        bytes: u64,
        chunked: bool,
    },
}

/// Where an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CutOff {
    /// How many bytes of the body are sent.
    pub after_bytes: u64,
    pub then: Cut,
}

/// How an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    Close,
    Reset,
    Hang,
}

/// What an answer may refer to.
pub(crate) struct Surroundings<'a> {
    pub(crate) request_headers: &'a HeaderMap,
    pub(crate) request_id: &'a str,
    pub(crate) ordinary: &'a [u8],
    /// By the clock of the service.
    pub(crate) now: Timestamp,
}

impl Answer {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            retry_after: None,
            body: Body::Empty,
            cut_off: None,
            without_request_id: false,
        }
    }

    /// 429 `APIG.0308` of the gateway.
    pub fn throttled(retry_after: Option<RetryAfter>) -> Self {
        let message = "The throttling threshold has been reached.";
        Self { retry_after, ..Self::status(429).error(ErrorShape::Gateway, "APIG.0308", message) }
    }

    /// 429 `IAM.0012`: IAM has had too many requests.
    pub fn iam_throttled() -> Self {
        let message = "The throttling threshold has been reached (IAM.0012).";
        Self::status(429).error(ErrorShape::Iam, "IAM.0012", message)
    }

    /// A redirect, with the status given.
    pub fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self::status(status).header("location", location)
    }

    /// An error that repeats the headers of the request, the token included.
    pub fn echo(status: u16) -> Self {
        Self::status(status).body(Body::EchoHeaders)
    }

    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    pub fn text(self, text: impl Into<String>) -> Self {
        self.body(Body::Text(text.into()))
    }

    /// An HTML page; `{request_id}` in it stands for a number that differs in each answer.
    pub fn page(self, html: impl Into<String>) -> Self {
        self.body(Body::Page(html.into()))
    }

    pub fn json(self, json: Value) -> Self {
        self.body(Body::Json(json))
    }

    pub fn error(
        self,
        shape: ErrorShape,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        self.body(Body::Error { shape, code: code.into(), message: message.into() })
    }

    /// Announce the whole body, send so many bytes of it, then break off.
    pub fn cut_off(self, after_bytes: u64, then: Cut) -> Self {
        Self { cut_off: Some(CutOff { after_bytes, then }), ..self }
    }

    pub fn without_request_id(self) -> Self {
        Self { without_request_id: true, ..self }
    }

    /// Whether the ordinary answer is needed for it.
    pub(crate) fn needs_ordinary(&self) -> bool {
        match self.body {
            Body::Ordinary { keep: _ } => true,
            Body::Empty
            | Body::Text(_)
            | Body::Page(_)
            | Body::Json(_)
            | Body::Bytes(_)
            | Body::Error { shape: _, code: _, message: _ }
            | Body::EchoHeaders
            | Body::Filler { bytes: _, chunked: _ } => false,
        }
    }

    /// Whether it can be sent.
    pub(crate) fn check(&self) -> Result<()> {
        let nothing = Surroundings {
            request_headers: &HeaderMap::new(),
            request_id: "",
            ordinary: &[],
            now: Timestamp::now(),
        };
        self.render(&nothing).map(|_| ())
    }

    /// The response, of this moment.
    pub(crate) fn render(&self, context: &Surroundings<'_>) -> Result<Response<AnswerBody>> {
        let status = StatusCode::from_u16(self.status)
            .with_context(|| format!("{} is no status", self.status))?;
        ensure!(
            !status.is_informational(),
            "{status} announces an answer and is none; use 200 to 999"
        );
        let (content_type, body) = self.render_body(status, context);
        let mut response = Response::new(match self.cut_off {
            Some(CutOff { after_bytes, then }) => body.cut_off(after_bytes, then),
            None => body,
        });
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if !self.without_request_id {
            headers.insert(REQUEST_ID, HeaderValue::from_str(context.request_id)?);
        }
        if let Some(retry_after) = self.retry_after {
            headers.insert(RETRY_AFTER, retry_after.value(context.now)?);
        }
        for (name, value) in &self.headers {
            let parsed = HeaderName::from_bytes(name.as_bytes())
                .with_context(|| format!("{name:?} is no header"))?;
            let value = HeaderValue::from_str(value)
                .with_context(|| format!("the value of {name} cannot be sent"))?;
            headers.insert(parsed, value);
        }
        Ok(response)
    }

    fn render_body(
        &self,
        status: StatusCode,
        context: &Surroundings<'_>,
    ) -> (Option<&'static str>, AnswerBody) {
        let json = Some("application/json");
        match &self.body {
            Body::Empty => (None, AnswerBody::empty()),
            Body::Text(text) => (Some("text/plain"), AnswerBody::whole(Bytes::from(text.clone()))),
            Body::Page(html) => {
                let page = html.replace("{request_id}", context.request_id);
                (Some("text/html;charset=utf-8"), AnswerBody::whole(Bytes::from(page)))
            }
            Body::Json(value) => (json, AnswerBody::whole(Bytes::from(value.to_string()))),
            Body::Bytes(bytes) => (json, AnswerBody::whole(Bytes::from(bytes.clone()))),
            Body::Error { shape, code, message } => {
                let (content_type, body) = shape.render(status, code, message, context.request_id);
                (Some(content_type), AnswerBody::whole(body))
            }
            Body::EchoHeaders => {
                let line = |(name, value): (&HeaderName, &HeaderValue)| {
                    format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
                };
                let lines: Vec<_> = context.request_headers.iter().map(line).collect();
                let message = format!("Bad request with headers: {}", lines.join("; "));
                let (content_type, body) =
                    ErrorShape::Gateway.render(status, "APIG.0201", &message, context.request_id);
                (Some(content_type), AnswerBody::whole(body))
            }
            Body::Ordinary { keep } => {
                let kept =
                    context.ordinary.get(..keep.unwrap_or(usize::MAX)).unwrap_or(context.ordinary);
                (json, AnswerBody::whole(Bytes::copy_from_slice(kept)))
            }
            Body::Filler { bytes, chunked } => (json, AnswerBody::filler(*bytes, *chunked)),
        }
    }
}

impl RetryAfter {
    fn value(self, now: Timestamp) -> Result<HeaderValue> {
        match self {
            Self::Seconds(seconds) => Ok(HeaderValue::from(seconds)),
            Self::DateInSeconds(seconds) => {
                let at = now
                    .checked_add(SignedDuration::from_secs(seconds.into()))
                    .context("the date of Retry-After is out of range")?;
                http_date(at)
            }
        }
    }
}

/// An instant as HTTP writes it.
pub(crate) fn http_date(at: Timestamp) -> Result<HeaderValue> {
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at)?;
    Ok(HeaderValue::from_str(&date)?)
}
