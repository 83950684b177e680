//! An answer as it came: complete, bounded, and not yet believed.

use jiff::Timestamp;
use serde_json::Value;

use super::clock::ClockDifference;

/// One complete HTTP answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `X-Request-Id`, unbounded and not redacted.
    pub(super) request_id: Option<String>,
    /// `Retry-After`, unbounded and not redacted.
    pub(super) retry_after: Option<String>,
    /// How far this machine's clock is from the server's, if it is far.
    pub(super) clock: Option<ClockDifference>,
    /// `Date`, where it can be read.
    pub(super) date: Option<Timestamp>,
    pub(super) body: Vec<u8>,
}

/// The body as JSON.
pub(super) enum Json {
    Read(Value),
    /// It begins as JSON and ends before its end: what is missing may be what counts.
    CutShort,
    Other,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn json(&self) -> Json {
        match serde_json::from_str(&String::from_utf8_lossy(&self.body)) {
            Ok(value) => Json::Read(value),
            Err(error) if error.is_eof() && self.body.trim_ascii_start().starts_with(b"{") => {
                Json::CutShort
            }
            Err(_) => Json::Other,
        }
    }
}

#[cfg(test)]
impl Answer {
    pub(super) fn with_status(status: u16) -> Self {
        Self {
            status,
            request_id: None,
            retry_after: None,
            clock: None,
            date: None,
            body: Vec::new(),
        }
    }
}
