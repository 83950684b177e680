//! One call: what was received and what became of it.

use std::fmt;

use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::authority::Authority;
use crate::script::Operation;

/// A request and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Position in the log, from 0.
    pub number: usize,
    /// When the request had arrived whole, or had broken off.
    pub at: Timestamp,
    /// `None` for what the API does not know.
    pub operation: Option<Operation>,
    pub backup_id: Option<String>,
    #[serde(serialize_with = "as_text")]
    pub method: Method,
    /// With the query, if there is one.
    pub path: String,
    pub headers: Headers,
    /// Not of a request to IAM: a password or a token is in it.
    #[serde(serialize_with = "as_lossy_text")]
    pub body: Vec<u8>,
    /// False: the connection broke off within the body, and the call was not processed.
    pub complete: bool,
    pub over_tls: bool,
    /// Of the answer, if there is one.
    pub request_id: String,
    /// Whether a script had a say in it.
    pub scripted: bool,
    /// Who asks for a token or a key, as the request says: a user or agency, or an identity
    /// provider.
    pub applicant: Option<String>,
    /// The access key that the request says it is signed with.
    pub access_key: Option<String>,
    /// What a call about a backup was let in with; `None` where it was not, or not processed.
    pub authority: Option<Authority>,
    /// What the service made of it; `None` while, or if, it did not get to process it.
    pub verdict: Option<Verdict>,
    /// How it ended; `None` while it has not.
    pub ending: Option<CallEnding>,
    /// The client went away before it was answered.
    pub client_gone: bool,
}

impl Call {
    /// The record that this call brought about.
    pub fn record_id(&self) -> Option<&str> {
        match &self.verdict {
            Some(Verdict::Accepted { record_id }) => Some(record_id),
            Some(
                Verdict::Refused { status: _, code: _ }
                | Verdict::Shown { records: _ }
                | Verdict::Logs { entries: _ }
                | Verdict::Issued
                | Verdict::KeyIssued
                | Verdict::BackupsListed { backups: _ }
                | Verdict::Listed { projects: _ }
                | Verdict::Offered { regions: _ },
            )
            | None => None,
        }
    }
}

/// What the service itself made of a call, whatever a script answered in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A replication was committed.
    Accepted { record_id: String },
    /// The code is empty where the refusal has none.
    Refused { status: u16, code: String },
    /// A look-up, with so many records.
    Shown { records: usize },
    /// Operation logs, so many on this page.
    Logs { entries: usize },
    /// A token.
    Issued,
    /// A temporary key.
    KeyIssued,
    /// So many backups on the page.
    BackupsListed { backups: usize },
    /// So many projects.
    Listed { projects: usize },
    /// So many destination regions.
    Offered { regions: usize },
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnding {
    /// Handed to the connection to be written.
    Answered { status: u16 },
    /// The connection was reset (RST).
    Reset,
    /// The connection was closed without an answer.
    Closed,
    /// Nothing is answered for as long as the client waits.
    Hung,
}

/// Headers as received. The value of a credential can be read by name only: it is neither in
/// `Debug` nor in JSON.
#[derive(Clone, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    pub(crate) fn new(headers: &HeaderMap) -> Self {
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self(headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
    }

    /// The first value of a header; the name is in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names (in lower case) and values, credentials included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn redacted(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().map(|(name, value)| match name {
            "x-auth-token"
            | "x-subject-token"
            | "authorization"
            | "proxy-authorization"
            | "cookie"
            | "x-security-token" => (name, "<redacted>"),
            _ => (name, value),
        })
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.redacted()).finish()
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.redacted())
    }
}

fn as_text<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(method)
}

fn as_lossy_text<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&String::from_utf8_lossy(body))
}
