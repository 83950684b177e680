//! What reqwest's errors mean, in words: the root cause, without the URL.

use std::error::Error;
use std::io;

use super::outcome::{NotSentReason, UnknownWhy};

/// Where a request got stuck before it could leave.
pub(super) fn not_sent_reason(error: &reqwest::Error) -> NotSentReason {
    if error.is_dns() {
        NotSentReason::Dns
    } else if error.is_connect() && error.is_timeout() {
        NotSentReason::ConnectTimeout
    } else if error.is_connect() && io_errors(error).any(is_tls) {
        NotSentReason::Tls
    } else if error.is_connect() {
        NotSentReason::Connect
    } else {
        NotSentReason::Other
    }
}

/// How a request that had left went wrong before an answer began.
pub(super) fn unknown_why(error: &reqwest::Error) -> UnknownWhy {
    if error.is_timeout() {
        UnknownWhy::TimedOut
    } else if causes(error).any(|cause| is_parsing(&cause.to_string())) {
        UnknownWhy::NotHttp
    } else {
        UnknownWhy::ConnectionLost
    }
}

/// hyper's words for an answer that it cannot parse; its error type is not reqwest's to show.
fn is_parsing(cause: &str) -> bool {
    cause.ends_with(" parsed") || cause == "message head is too large"
}

/// The last cause in the chain, which is the one that names what happened.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    let words = causes(error).last().map_or_else(|| "the request could not be made".to_owned(), ToString::to_string);
    if words.contains("UnknownIssuer") {
        return "the certificate is issued by an authority that is not trusted here".to_owned();
    }
    words
}

/// Everything below reqwest's own error, whose text would repeat the URL.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| inner(*cause))
}

/// An I/O error that wraps another error shows it through `get_ref` alone.
fn inner<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}

fn io_errors(error: &reqwest::Error) -> impl Iterator<Item = &io::Error> {
    causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>())
}

/// rustls reports every fault of a handshake as invalid data, and an early end as just that.
fn is_tls(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}
