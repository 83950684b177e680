//! The two Secrets: one is read, of the other one key is written.

use std::future::Future;
use std::time::Duration;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Config, Error};
use serde_json::json;

use super::failure::Failure;
use crate::cbr::{Issued, Token};

/// The longest that one request to the API server may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// Longest message of the API server that is repeated, in characters.
const MESSAGE_CHARS: usize = 512;
/// Under this name the token stands in `metadata.managedFields`.
const FIELD_MANAGER: &str = "backup-replication-operator-renew-token";
/// Says when the token ends: nothing that could be used.
const EXPIRES_AT: &str = "cbr.replication.dev/token-expires-at";

/// The Secrets of one namespace.
pub(super) struct Secrets {
    api: Api<Secret>,
    namespace: String,
}

impl Secrets {
    /// By `KUBECONFIG` or the pod's service account. Nothing is asked yet.
    ///
    /// # Errors
    /// Neither can be used.
    pub(super) async fn new(namespace: Option<String>) -> Result<Self, Failure> {
        let config = Config::infer().await.map_err(|error| {
            Failure::Later(format!(
                "neither KUBECONFIG nor the in-cluster account can be used: {error}"
            ))
        })?;
        let namespace = namespace.unwrap_or_else(|| config.default_namespace.clone());
        let client = Client::try_from(config)
            .map_err(|error| Failure::Later(format!("no client for the API server: {error}")))?;
        Ok(Self { api: Api::namespaced(client, &namespace), namespace })
    }

    /// A Secret's name for a reader.
    pub(super) fn name(&self, secret: &str) -> String {
        format!("Secret {}/{secret}", self.namespace)
    }

    /// # Errors
    /// It is not there, or may not be read. What was answered is not repeated: it may be the
    /// Secret.
    pub(super) async fn read(&self, secret: &str) -> Result<Secret, Failure> {
        bounded(self.api.get(secret))
            .await?
            .map_err(|error| self.failure(secret, "get", &error, None))
    }

    /// Writes this one key, and beside it when the token ends. All else stays as it is, and a
    /// Secret that is gone is not made again. A token that somebody else wrote since then
    /// is no better, so no version is asked for. The answer has no data in it.
    ///
    /// # Errors
    /// It is not there, or may not be written, or it is unknown whether it was written.
    pub(super) async fn write(
        &self,
        secret: &str,
        key: &str,
        issued: &Issued,
    ) -> Result<(), Failure> {
        let Issued { token, expires_at } = issued;
        let expires_at = expires_at.map(|at| format!("{at:.0}"));
        let patch = Patch::Merge(
            json!({"metadata": {"annotations": {EXPIRES_AT: expires_at}}, "data": {key: value(token)}}),
        );
        let params =
            PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        match bounded(self.api.patch_metadata(secret, &params, &patch)).await? {
            Ok(_) => Ok(()),
            Err(error) => Err(self.failure(secret, "patch", &error, Some(token))),
        }
    }

    fn failure(&self, secret: &str, verb: &str, error: &Error, written: Option<&Token>) -> Failure {
        let name = self.name(secret);
        let Error::Api(status) = error else {
            return Failure::Later(format!(
                "the API server gave no answer about {name}: {}",
                no_answer(error)
            ));
        };
        let code = status.code;
        let said = written.map(|token| quoted(&status.message, token)).unwrap_or_default();
        match code {
            401 => {
                Failure::NeedsAFix("the API server does not accept this service account".to_owned())
            }
            403 => Failure::NeedsAFix(format!(
                "this service account may not {verb} {name}; a Role must allow it{said}"
            )),
            404 => Failure::NeedsAFix(format!("{name} is not there; create it")),
            408 | 409 | 429 | 500.. => {
                Failure::Later(format!("the API server cannot {verb} {name} now, {code}{said}"))
            }
            _ => {
                Failure::NeedsAFix(format!("the API server refuses to {verb} {name}, {code}{said}"))
            }
        }
    }
}

/// What the API server says, without the token: an admission webhook may repeat what it refuses.
fn quoted(message: &str, token: &Token) -> String {
    let redacted = token.redact(message);
    // In JSON the value is base64.
    let base64 = serde_json::to_string(&value(token)).ok();
    let redacted = match base64.map(|text| Token::from_bytes(text.trim_matches('"').as_bytes())) {
        Some(Ok(base64)) => base64.redact(&redacted),
        Some(Err(_)) | None => return String::new(),
    };
    let line = redacted
        .split_whitespace()
        .flat_map(|word| word.chars().chain([' ']))
        .filter(|c| !c.is_control());
    format!(": {}", line.take(MESSAGE_CHARS).collect::<String>().trim_end())
}

/// An error of ours or of the way there. One of an answer that makes no sense would show what
/// stands in it.
fn no_answer(error: &Error) -> String {
    if let Error::Service(cause) = error {
        return root_cause(&**cause);
    }
    if let Error::HyperError(cause) = error {
        return root_cause(cause);
    }
    if let Error::Auth(cause) = error {
        return root_cause(cause);
    }
    "what came makes no sense".to_owned()
}

/// The innermost cause says more than the wrappers around it.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn value(token: &Token) -> ByteString {
    ByteString(token.header_value().as_bytes().to_vec())
}

/// Bounds one request to the API server.
async fn bounded<T>(request: impl Future<Output = T>) -> Result<T, Failure> {
    let no_answer = format!("the API server gave no answer within {} s", REQUEST_LIMIT.as_secs());
    tokio::time::timeout(REQUEST_LIMIT, request).await.map_err(|_| Failure::Later(no_answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_repeats_the_token_is_reported_without_it() {
        let token = Token::from_bytes(b"MIIabcdefghijklmnopqrstuvwxyz").unwrap();
        let said = quoted(
            "denied:\n  {\"token\":\"TUlJYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo=\"}, that is \
             MIIabcdefghijk",
            &token,
        );
        assert_eq!(said, ": denied: {\"token\":\"[redacted]\"}, that is [redacted]");
        assert!(quoted(&"long ".repeat(1000), &token).len() <= MESSAGE_CHARS + 2);
    }
}
