//! The HTTP client: one request, one fresh connection, one answer. Nothing here follows, retries or
//! reuses anything.

use std::time::{Duration, Instant};

use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, DATE, HeaderName, HeaderValue, PRAGMA, RETRY_AFTER,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Body, Certificate, RequestBuilder, Response, redirect, retry};
use tracing::{Instrument, Span};
use url::Url;

use super::answer::Answer;
use super::clock::{ClockDifference, read_date};
use super::cloud_clock::CloudClocks;
use super::credential::Credential;
use super::endpoint::Endpoint;
use super::gate::{Passage, StartWindow, fenced};
use super::iam::{self, Issued, Login, NotIssued};
use super::ids::ProjectId;
use super::look_up::{self, LookUpError};
use super::operation_logs::LogPage;
use super::outcome::{NotSent, NotSentReason, ReplicateOutcome, Unknown, UnknownWhy};
use super::records::Backup;
use super::redaction::Redact;
use super::request::{Replicate, Target};
use super::span;
use super::text::{MESSAGE_CHARS, one_line};
use super::transport::{self, Trouble};
use super::unsigned::Unsigned;

/// Longest answer that is read, in bytes. A backup with a thousand records is about half of it.
const MAX_ANSWER: usize = 1024 * 1024;
const JSON: &str = "application/json";
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// Where IAM puts the token that it issues.
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");
/// Longest time in which a peer may leave what was sent unacknowledged.
const LONGEST_UNACKNOWLEDGED: Duration = Duration::from_secs(30);
const NO_ANSWER: &str =
    "no answer within the time limit (check network policies, firewalls and proxies on the way)";
const USER_AGENT: &str = concat!("backup-replication-operator/", env!("CARGO_PKG_VERSION"));

/// How the client connects.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// For a connection, TLS included.
    pub connect_timeout: Duration,
    /// The longest that a request may take in all. Given up then, nothing of it may arrive much
    /// later.
    pub request_timeout: Duration,
    /// Certificates in PEM form that are trusted in addition to the system's.
    pub ca_bundle: Option<Vec<u8>>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The bundle is damaged.
    #[error("the CA bundle cannot be read as PEM certificates; check the file")]
    CaBundle,
    /// The bundle has nothing in it.
    #[error(
        "the CA bundle contains no certificate; a PEM file with at least one \"BEGIN CERTIFICATE\" \
         is needed"
    )]
    EmptyCaBundle,
    /// Neither a bundle nor the system has a usable certificate, mostly.
    #[error(
        "the HTTPS client cannot be set up: {0}; where the system has no CA certificates, pass a \
         CA bundle"
    )]
    SetUp(String),
}

/// The client, for all endpoints and all tokens. Knows none of them between two calls. Proxies are
/// taken from the usual environment variables when it is made.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    clocks: CloudClocks,
}

/// Why there is no complete answer.
pub(super) enum RequestFailure {
    Send(reqwest::Error),
    Read { status: u16 },
    TooLarge { status: u16 },
    TimedOut { status: Option<u16> },
}

impl RequestFailure {
    /// Its kind, from a closed list.
    fn kind(&self) -> &'static str {
        match self {
            Self::Send(_) => "no_answer",
            Self::Read { .. } => "answer_cut_short",
            Self::TooLarge { .. } => "answer_too_large",
            Self::TimedOut { .. } => "timeout",
        }
    }

    /// The status, where an answer began.
    fn status(&self) -> Option<u16> {
        match self {
            Self::Send(_) => None,
            Self::Read { status } | Self::TooLarge { status } => Some(*status),
            Self::TimedOut { status } => *status,
        }
    }
}

impl Client {
    /// Reads the trusted certificates, once.
    ///
    /// # Errors
    /// Where the bundle is unusable, or no certificate is trusted at all.
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        Self::build(builder(config)?)
    }

    fn build(builder: reqwest::ClientBuilder) -> Result<Self, ClientError> {
        let http =
            builder.build().map_err(|error| ClientError::SetUp(transport::root_cause(&error)))?;
        Ok(Self { http, clocks: CloudClocks::default() })
    }

    /// Makes the call: `POST /v3/{project_id}/backups/{backup_id}/replicate`, at most once, within
    /// `limit` from the first step of connecting to the last byte of the answer. `fence` is asked
    /// when the request is about to leave. Dropping the future before that stops the call; dropping
    /// it later leaves its outcome unknown.
    pub async fn replicate<F: StartWindow + Unpin>(
        &self,
        endpoint: &Endpoint,
        target: &Target,
        body: &Replicate,
        credential: &Credential,
        limit: Duration,
        fence: F,
    ) -> ReplicateOutcome {
        let payload = body.to_json();
        let url = endpoint.replicate_url(target);
        let span = span::of_request("POST", span::REPLICATE, &url);
        let (headers, credential) = credential.authorize(
            &Unsigned {
                method: "POST",
                url: &url,
                project_id: &target.project_id,
                content_type: Some(JSON),
                body: &payload,
            },
            Timestamp::now(),
        );
        let (gate, body) = fenced(payload, fence);
        let request = self.http.post(url).header(CONTENT_TYPE, JSON).body(Body::wrap(body));
        match exchange(authorized(request, headers), &credential, limit, span).await {
            Ok(answer) => ReplicateOutcome::read(&answer, &credential, Timestamp::now()),
            Err(failure) => match gate.close() {
                Passage::Passed => {
                    ReplicateOutcome::Unknown(unknown(&failure, endpoint, &credential))
                }
                Passage::Fenced => ReplicateOutcome::NotSent(NotSent {
                    reason: NotSentReason::Fence,
                    text: "the time in which this call could start was over".to_owned(),
                }),
                Passage::Never => {
                    ReplicateOutcome::NotSent(not_sent(&failure, endpoint, &credential))
                }
            },
        }
    }

    /// Looks the backup up: `GET /v3/{project_id}/backups/{backup_id}`, within `limit`.
    ///
    /// # Errors
    /// Each says whether it is worth trying again; none of them says anything about replications.
    pub async fn backup(
        &self,
        endpoint: &Endpoint,
        target: &Target,
        credential: &Credential,
        limit: Duration,
    ) -> Result<Backup, LookUpError> {
        let url = endpoint.backup_url(target);
        let (exchanged, credential) =
            self.signed_get(span::BACKUP, url, &target.project_id, credential, limit).await;
        match exchanged {
            Ok(answer) => {
                let now = Timestamp::now();
                self.clocks.note(endpoint, answer.date, now);
                look_up::read(&answer, &target.backup_id, &credential, now)
            }
            Err(failure) => Err(not_shown(&failure, endpoint, &credential)),
        }
    }

    /// Reads one page of the project's operation logs: `GET /v3/{project_id}/operation-logs`, of
    /// replications, within `limit`.
    ///
    /// # Errors
    /// As for a look-up of a backup.
    pub async fn operation_logs(
        &self,
        endpoint: &Endpoint,
        project_id: &ProjectId,
        since: Timestamp,
        offset: usize,
        credential: &Credential,
        limit: Duration,
    ) -> Result<LogPage, LookUpError> {
        let url = endpoint.operation_logs_url(project_id, since, offset);
        let (exchanged, credential) =
            self.signed_get(span::OPERATION_LOGS, url, project_id, credential, limit).await;
        match exchanged {
            Ok(answer) => look_up::read_logs(&answer, &credential, Timestamp::now()),
            Err(failure) => Err(not_shown(&failure, endpoint, &credential)),
        }
    }

    /// What must be added to this machine's time to have the cloud's, by the endpoint's last answer
    /// to a look-up; `None` where it did not say.
    pub fn cloud_offset(&self, endpoint: &Endpoint) -> Option<SignedDuration> {
        self.clocks.offset(endpoint)
    }

    /// Reads something of a project that no cache on the way may answer for. Beside the answer comes
    /// the credential as it was sent, which finds itself in an echo.
    pub(super) async fn signed_get(
        &self,
        template: &'static str,
        url: Url,
        project_id: &ProjectId,
        credential: &Credential,
        limit: Duration,
    ) -> (Result<Answer, RequestFailure>, Credential) {
        let span = span::of_request("GET", template, &url);
        let unsigned =
            Unsigned { method: "GET", url: &url, project_id, content_type: None, body: &[] };
        let (headers, credential) = credential.authorize(&unsigned, Timestamp::now());
        let request = self.get(url).header(CACHE_CONTROL, NO_CACHE).header(PRAGMA, NO_CACHE);
        let answer = exchange(authorized(request, headers), &credential, limit, span).await;
        (answer, credential)
    }

    /// A request without body.
    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.http.get(url)
    }

    /// Logs in, within `limit`. Each time IAM issues one token more; those before it stay valid.
    ///
    /// # Errors
    /// Each says whether it is worth trying again.
    pub async fn issue_token(
        &self,
        iam: &Endpoint,
        login: Login<'_>,
        limit: Duration,
    ) -> Result<Issued, NotIssued> {
        let request =
            self.http.post(login.url(iam)).header(CONTENT_TYPE, JSON).body(login.to_json());
        let request = authorized(request, login.header().into_iter().collect());
        match bounded(request, limit, read_with_token).await {
            Ok((token, answer)) => {
                iam::read(token.as_ref().map(HeaderValue::as_bytes), &answer, &login)
            }
            Err(failure) => Err(NotIssued::Unavailable(words(&failure, iam, &login))),
        }
    }
}

fn builder(config: ClientConfig) -> Result<reqwest::ClientBuilder, ClientError> {
    let ClientConfig { connect_timeout, request_timeout, ca_bundle } = config;
    let builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(connect_timeout)
        // What the kernel holds goes on being sent after the request is given up, until the peer
        // has said nothing for so long.
        .tcp_user_timeout(request_timeout.min(LONGEST_UNACKNOWLEDGED))
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        .http1_only()
        .pool_max_idle_per_host(0);
    let Some(bundle) = ca_bundle else {
        return Ok(builder);
    };
    let certificates = Certificate::from_pem_bundle(&bundle).map_err(|_| ClientError::CaBundle)?;
    if certificates.is_empty() {
        return Err(ClientError::EmptyCaBundle);
    }
    // Merged, these are enough where the system has none (an image without a distribution).
    Ok(builder.tls_certs_merge(certificates))
}

fn authorized(request: RequestBuilder, headers: Vec<(HeaderName, HeaderValue)>) -> RequestBuilder {
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// One request and its answer, within its span.
async fn exchange(
    request: RequestBuilder,
    credential: &Credential,
    limit: Duration,
    span: Span,
) -> Result<Answer, RequestFailure> {
    let exchanged = bounded(request, limit, read).instrument(span.clone()).await;
    match &exchanged {
        Ok(answer) => span::note_answer(&span, answer, credential),
        Err(failure) => span::note_failure(&span, failure.kind(), failure.status()),
    }
    exchanged
}

pub(super) async fn bounded<T>(
    request: RequestBuilder,
    limit: Duration,
    read: impl AsyncFnOnce(Response) -> Result<T, RequestFailure>,
) -> Result<T, RequestFailure> {
    let started = Instant::now();
    let request = request.header(CONNECTION, HeaderValue::from_static("close"));
    let response = match tokio::time::timeout(limit, request.send()).await {
        Ok(sent) => sent.map_err(RequestFailure::Send)?,
        Err(_) => return Err(RequestFailure::TimedOut { status: None }),
    };
    let status = response.status().as_u16();
    match tokio::time::timeout(limit.saturating_sub(started.elapsed()), read(response)).await {
        Ok(answer) => answer,
        Err(_) => Err(RequestFailure::TimedOut { status: Some(status) }),
    }
}

pub(super) async fn read(mut response: Response) -> Result<Answer, RequestFailure> {
    let status = response.status().as_u16();
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let request_id = header("x-request-id");
    let retry_after = header(RETRY_AFTER.as_str());
    let date = header(DATE.as_str());
    let clock = date.as_deref().and_then(|date| ClockDifference::of(date, Timestamp::now()));
    let date = date.as_deref().and_then(read_date);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| RequestFailure::Read { status })? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(RequestFailure::TooLarge { status });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, request_id, retry_after, clock, date, body })
}

async fn read_with_token(
    mut response: Response,
) -> Result<(Option<HeaderValue>, Answer), RequestFailure> {
    let token = response.headers_mut().remove(SUBJECT_TOKEN);
    Ok((token, read(response).await?))
}

/// A look without a complete answer.
fn not_shown(
    failure: &RequestFailure,
    endpoint: &Endpoint,
    credential: &Credential,
) -> LookUpError {
    let text = words(failure, endpoint, credential);
    match failure {
        RequestFailure::Send(_) | RequestFailure::TimedOut { .. } | RequestFailure::Read { .. } => {
            LookUpError::Unavailable { text, retry_after: None }
        }
        RequestFailure::TooLarge { .. } => LookUpError::Unreadable { text, error: None },
    }
}

fn unknown(failure: &RequestFailure, endpoint: &Endpoint, credential: &Credential) -> Unknown {
    let why = match failure {
        RequestFailure::Send(error) => Trouble::of(error).unknown_why(),
        RequestFailure::Read { .. } => UnknownWhy::AnswerCutShort,
        RequestFailure::TooLarge { .. } => UnknownWhy::AnswerTooLarge,
        RequestFailure::TimedOut { .. } => UnknownWhy::TimedOut,
    };
    Unknown {
        why,
        http_status: failure.status(),
        error: None,
        text: words(failure, endpoint, credential),
        refusal_if_unseen: None,
    }
}

pub(super) fn not_sent(
    failure: &RequestFailure,
    endpoint: &Endpoint,
    secret: &impl Redact,
) -> NotSent {
    let reason = match failure {
        RequestFailure::Send(error) => Trouble::of(error).not_sent_reason(),
        RequestFailure::TimedOut { .. } => NotSentReason::TimeLimit,
        RequestFailure::Read { .. } | RequestFailure::TooLarge { .. } => NotSentReason::Other,
    };
    NotSent { reason, text: words(failure, endpoint, secret) }
}

/// The endpoint, what happened there, and what to check. Two failures of a kind at one endpoint
/// have the same text.
pub(super) fn words(failure: &RequestFailure, endpoint: &Endpoint, secret: &impl Redact) -> String {
    let what = match failure {
        RequestFailure::Send(error) => Trouble::of(error).words().to_owned(),
        RequestFailure::Read { status } => format!("HTTP {status}, and the answer broke off"),
        RequestFailure::TooLarge { status } => format!("HTTP {status} with more than 1 MiB"),
        RequestFailure::TimedOut { status: Some(status) } => {
            format!("HTTP {status} had begun when the time limit was over")
        }
        RequestFailure::TimedOut { status: None } => NO_ANSWER.to_owned(),
    };
    one_line(&format!("{endpoint}: {what}"), MESSAGE_CHARS, secret).unwrap_or_default()
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "client_failure_tests.rs"]
mod failure_tests;
