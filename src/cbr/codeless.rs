//! The few answers that count as refusals of a call without a documented code. Who answers so may
//! be the cloud, its gateway, or a firewall or a cache in between, which also answers so after the
//! cloud has accepted the call. So each row has a reason why anyone who answers like that cannot have
//! let the call through.

use super::error_class::{Class, Refusal, TerminalReason};

/// What an answer proves whose code is not documented, or that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codeless {
    /// The HTTP status.
    pub http_status: u16,
    /// What it proves.
    pub class: Class,
    /// Why.
    pub why: &'static str,
}

const fn refused(http_status: u16, kind: Refusal, why: &'static str) -> Codeless {
    Codeless { http_status, class: Class::Rejected(kind), why }
}

/// Other answers with such a status come from servers that accepted the call, too: where a look can
/// be made, it decides.
const fn refused_if_unseen(http_status: u16, why: &'static str) -> Codeless {
    let refusal_if_unseen = Some(Refusal::Terminal(TerminalReason::WrongEndpoint));
    Codeless { http_status, class: Class::Undocumented { refusal_if_unseen }, why }
}

const REQUEST: Refusal = Refusal::Terminal(TerminalReason::Request);

/// All of them. Every other answer without a documented code proves nothing.
pub const CODELESS: &[Codeless] = &[
    refused(
        401,
        Refusal::Unauthorized,
        "The token is checked before anything is done, and was not accepted.",
    ),
    refused(
        429,
        Refusal::Throttled,
        "Requests are counted before anything is done, and this one is one too many.",
    ),
    refused(
        413,
        REQUEST,
        "The request is longer than the gateway reads, so nothing behind it has seen it.",
    ),
    refused(
        414,
        REQUEST,
        "The URL is longer than the gateway reads, so nothing behind it has seen the request.",
    ),
    refused(
        431,
        REQUEST,
        "The headers are longer than the gateway reads, so nothing behind it has seen the request.",
    ),
    refused(
        494,
        REQUEST,
        "As 431: the gateway's own number for headers (the token) that are too long.",
    ),
    refused_if_unseen(404, "The server says that nothing is served at this path."),
    refused_if_unseen(405, "The server says that nothing takes a POST at this path."),
    refused_if_unseen(501, "The server says that it does not know how to do this."),
];
