//! How the service and what stands in front of it say no.

use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::behaviour::AuthErrors;

/// The shapes in which errors come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorShape {
    /// CBR: `{"error_code":…,"error_msg":…}`
    Cbr,
    /// The gateway: `{"error_msg":…,"error_code":…,"request_id":…}`
    Gateway,
    /// IAM: `{"error":{"code":401,"message":…,"title":"Unauthorized"}}`; it has no place for a code
    /// but the status.
    Iam,
    /// `{"errorCode":…,"errorMsg":…}`
    CamelCase,
    /// `{"code":…,"message":…}`
    Short,
    /// The CBR shape inside an object.
    Nested,
    /// The message alone, no JSON.
    Text,
}

impl ErrorShape {
    /// The content type and the body.
    pub(crate) fn render(
        self,
        status: StatusCode,
        code: &str,
        message: &str,
        request_id: &str,
    ) -> (&'static str, Bytes) {
        let body = match self {
            Self::Cbr => json!({ "error_code": code, "error_msg": message }),
            Self::Gateway => {
                json!({ "error_msg": message, "error_code": code, "request_id": request_id })
            }
            Self::Iam => json!({ "error": {
                "code": status.as_u16(),
                "message": message,
                "title": status.canonical_reason().unwrap_or_default(),
            }}),
            Self::CamelCase => json!({ "errorCode": code, "errorMsg": message }),
            Self::Short => json!({ "code": code, "message": message }),
            Self::Nested => json!({ "error": { "error_code": code, "error_msg": message } }),
            Self::Text => return ("text/plain", Bytes::copy_from_slice(message.as_bytes())),
        };
        ("application/json", Bytes::from(body.to_string()))
    }
}

/// A refusal: nothing was accepted.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) shape: ErrorShape,
    /// Empty where the refusal has none.
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    /// By CBR itself; the code is what follows `BackupService.`.
    pub(crate) fn cbr(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            shape: ErrorShape::Cbr,
            code: format!("BackupService.{code}"),
            message: message.into(),
        }
    }

    /// `BackupService.9900`: the request is not as documented.
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::cbr(StatusCode::BAD_REQUEST, "9900", message)
    }

    /// By the gateway, with the whole code: its prefix varies.
    pub(crate) fn gateway(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, shape: ErrorShape::Gateway, code: code.to_owned(), message: message.into() }
    }

    /// The gateway knows no such API.
    pub(crate) fn no_such_api() -> Self {
        let message = "The API does not exist or has not been published in the environment.";
        Self::gateway(StatusCode::NOT_FOUND, "APIG.0101", message)
    }

    /// For a token, in one of the two shapes.
    pub(crate) fn auth(shape: AuthErrors, status: StatusCode, code: &str, message: &str) -> Self {
        match shape {
            AuthErrors::Gateway => Self::gateway(status, code, message),
            AuthErrors::Iam => Self::iam(status, message),
        }
    }

    /// By IAM.
    pub(crate) fn iam(status: StatusCode, message: &str) -> Self {
        Self { status, shape: ErrorShape::Iam, code: String::new(), message: message.to_owned() }
    }

    /// A status without a code.
    pub(crate) fn bare(status: StatusCode) -> Self {
        let message = status.canonical_reason().unwrap_or_default().to_owned();
        Self { status, shape: ErrorShape::Text, code: String::new(), message }
    }
}
