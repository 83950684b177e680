//! How a request to the API server ended.

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelValue;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(super) enum ApiResult {
    Ok,
    /// Nobody knows who the operator is.
    Unauthorized,
    Forbidden,
    NotFound,
    /// Somebody else wrote first.
    Conflict,
    /// A rule, or a test in a patch, is not met.
    Invalid,
    Throttled,
    OtherRefusal,
    ServerError,
    /// None came, or none in time.
    NoAnswer,
}

impl ApiResult {
    pub(super) const ALL: [Self; 10] = [
        Self::Ok,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::Invalid,
        Self::Throttled,
        Self::OtherRefusal,
        Self::ServerError,
        Self::NoAnswer,
    ];

    pub(super) fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            422 => Self::Invalid,
            429 => Self::Throttled,
            500.. => Self::ServerError,
            400.. => Self::OtherRefusal,
            _ => Self::Ok,
        }
    }

    /// What a span says of it.
    pub(super) fn error(self) -> Option<&'static str> {
        match self {
            Self::Ok => None,
            Self::Unauthorized => Some("unauthorized"),
            Self::Forbidden => Some("forbidden"),
            Self::NotFound => Some("not_found"),
            Self::Conflict => Some("conflict"),
            Self::Invalid => Some("invalid"),
            Self::Throttled => Some("throttled"),
            Self::OtherRefusal => Some("refused"),
            Self::ServerError => Some("server_error"),
            Self::NoAnswer => Some("no_answer"),
        }
    }
}
