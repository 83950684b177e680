//! Reading the live object, and the guarded write of its status.

use std::future::Future;
use std::time::Duration;

use futures::TryFutureExt;
use kube::api::{Patch, PatchParams};
use kube::core::Status;
use kube::{Api, ResourceExt};

use crate::resource::{
    AttemptId, BackupReplication, BackupReplicationStatus, Unguarded, status_patch,
};

/// The longest that one request to the API server may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);

/// Under this name our fields stand in `metadata.managedFields`.
const FIELD_MANAGER: &str = "backup-replication-operator";

/// Why a request to the API server gave nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// The object changed, or is another of the same name: what was decided no longer counts.
    #[error("the object has changed since it was read")]
    Conflict,
    /// The object is gone.
    #[error("the object is gone")]
    Gone,
    /// Nobody knows who the operator is: no role would help.
    #[error("{}", not_known(.0))]
    Unauthorized(String),
    /// The operator's role does not allow it.
    #[error("{}", not_allowed(.0))]
    Forbidden(String),
    /// The API server refuses the request for what it holds.
    #[error("the API server refuses it: {0}")]
    Refused(String),
    /// No answer, or one that may mean anything.
    #[error("the API server gave no answer: {0}")]
    NoAnswer(String),
    /// The API server took the write, and stored something else.
    #[error("{why}")]
    NotKept {
        /// What it made of the attempt.
        why: String,
        /// The attempt that it stored instead.
        instead: Option<AttemptId>,
    },
    /// The object has no uid or resourceVersion, so that no write could be guarded.
    #[error("the object has no {0}")]
    Unguardable(&'static str),
    /// The status cannot be written as JSON.
    #[error("the status cannot be serialised: {0}")]
    Unserialisable(String),
}

impl From<Unguarded> for ApiError {
    fn from(unguarded: Unguarded) -> Self {
        match unguarded {
            Unguarded::Missing(what) => Self::Unguardable(what),
            Unguarded::Unserialisable(why) => Self::Unserialisable(why),
        }
    }
}

impl From<kube::Error> for ApiError {
    fn from(error: kube::Error) -> Self {
        let kube::Error::Api(status) = error else {
            return Self::NoAnswer(root_cause(&error));
        };
        match status.code {
            401 => Self::Unauthorized(status.message),
            403 => Self::Forbidden(status.message),
            // A proxy, or an API server that does not serve the resource just now, answers 404
            // without naming an object.
            404 if status.reason == "NotFound" && names_an_object(&status) => Self::Gone,
            404 => Self::NoAnswer(status.message),
            409 => Self::Conflict,
            422 if is_failed_test(&status) => Self::Conflict,
            // Asked to come back, or failed inside: the write may or may not have happened.
            408 | 429 | 500.. => Self::NoAnswer(status.message),
            _ => Self::Refused(status.message),
        }
    }
}

/// A 401 of the API server: what it says, and what to check.
pub(crate) fn not_known(said: &str) -> String {
    format!(
        "the API server does not accept the operator's own credentials: {said}. Check whether the \
         token of its service account, or of its kubeconfig, has expired or is of another cluster"
    )
}

/// A 403 of the API server: what it says, which names the account, the verb and the resource; and
/// what to check.
pub(crate) fn not_allowed(said: &str) -> String {
    format!("the operator's role does not allow it: {said}. Apply the roles in deploy/")
}

fn names_an_object(status: &Status) -> bool {
    status.details.as_ref().is_some_and(|details| !details.name.is_empty())
}

/// The innermost cause says more than the wrappers around it.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Bounds one request to the API server.
pub(super) async fn bounded<T>(
    request: impl Future<Output = kube::Result<T>>,
) -> Result<T, ApiError> {
    match tokio::time::timeout(REQUEST_LIMIT, request).await {
        Ok(answer) => answer.map_err(ApiError::from),
        Err(_) => {
            Err(ApiError::NoAnswer(format!("no answer within {} s", REQUEST_LIMIT.as_secs())))
        }
    }
}

/// Why a status was not written.
#[derive(Debug)]
pub(super) enum Unwritten {
    Certainly(ApiError),
    /// Refused, and the answer does not tell a failed test from a broken rule.
    ForWhat(String),
}

/// Writes the status that was decided on for exactly this version of this object: a JSON patch that
/// first tests uid and resourceVersion, and then touches only the fields that change. (A merge
/// patch would ignore the uid.)
///
/// # Errors
/// `Conflict` when the object is another one by now; `NoAnswer` when the write may or may not have
/// happened.
pub(super) async fn write_status(
    api: &Api<BackupReplication>,
    decided_on: &BackupReplication,
    status: &BackupReplicationStatus,
) -> Result<BackupReplication, Unwritten> {
    let patch =
        status_patch(decided_on, status).map_err(|error| Unwritten::Certainly(error.into()))?;
    let name = decided_on.name_any();
    let params =
        PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    let patch = Patch::<()>::Json(patch);
    let mut met_its_version = false;
    let request = api.patch_status(&name, &params, &patch).inspect_err(|error| {
        met_its_version = matches!(error, kube::Error::Api(status) if is_broken_rule(status));
    });
    let answer = bounded(request).await;
    answer.map_err(|error| match error {
        ApiError::Refused(why) if !met_its_version => Unwritten::ForWhat(why),
        error => Unwritten::Certainly(error),
    })
}

/// What the API server answers where a JSON patch cannot be applied, as when a `test` in it fails.
const PATCH_FAILED: &str = "the server rejected our request due to an error in our request";

/// Whether this 422 says that the patch's tests failed: it is told without naming the object, and
/// without a cause.
fn is_failed_test(status: &Status) -> bool {
    let says_nothing = status
        .details
        .as_ref()
        .is_none_or(|details| details.name.is_empty() && details.causes.is_empty());
    status.code == 422
        && status.reason == "Invalid"
        && status.message == PATCH_FAILED
        && says_nothing
}

/// Whether this 422 says that what the patch makes of the object breaks a rule: the object is named,
/// and the rule. Rules are asked when the tests have passed.
fn is_broken_rule(status: &Status) -> bool {
    status.code == 422
        && names_an_object(status)
        && status.details.as_ref().is_some_and(|details| !details.causes.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Who is not known needs other credentials; who may not do it, a role.
    #[test]
    fn a_401_is_no_missing_role() {
        let read = |code: u16, said: &str| {
            let status = json!({"code": code, "reason": "x", "message": said});
            ApiError::from(kube::Error::Api(Box::new(serde_json::from_value(status).unwrap())))
        };
        let unknown = read(401, "Unauthorized");
        assert!(matches!(unknown, ApiError::Unauthorized(_)), "{unknown}");
        assert!(
            unknown.to_string().contains("credentials: Unauthorized. Check")
                && !unknown.to_string().contains("role")
        );
        let powerless = read(403, "User \"u\" cannot patch resource \"backupreplications/status\"");
        assert!(matches!(powerless, ApiError::Forbidden(_)), "{powerless}");
        assert!(
            powerless.to_string().contains("role does not allow it: User \"u\" cannot patch"),
            "{powerless}"
        );
        assert!(!powerless.to_string().contains("credentials"), "{powerless}");
    }

    /// The first is what the API server says of an object, the others what it, or a proxy before
    /// it, says of a path.
    #[test]
    fn only_an_object_that_is_named_is_gone() {
        let about = |details: Value| {
            json!({"code": 404, "reason": "NotFound", "message": "not \
            found", "details": details})
        };
        let read = |status: Value| {
            ApiError::from(kube::Error::Api(Box::new(serde_json::from_value(status).unwrap())))
        };
        assert!(matches!(
            read(about(json!({"name": "db", "kind": "backupreplications"}))),
            ApiError::Gone
        ));
        assert!(matches!(read(about(json!({}))), ApiError::NoAnswer(_)));
        assert!(matches!(
            read(json!({"code": 404, "message": "404 page not found"})),
            ApiError::NoAnswer(_)
        ));
    }

    /// Both are 422. The first as a 1.36 API server answered them; other shapes prove nothing.
    #[test]
    fn a_failed_test_is_told_from_a_broken_rule_where_the_answer_does_so() {
        let status = |message: &str, details: Value| -> Status {
            serde_json::from_value(json!({
                "status": "Failure", "code": 422, "reason": "Invalid", "message": message,
                "details": details,
            }))
            .unwrap()
        };
        let causes = json!([{"reason": "FieldValueInvalid", "message": "m", "field": "status"}]);
        let rule = json!({"name": "db", "kind": "BackupReplication", "causes": causes});
        for (status, failed_test, broken_rule) in [
            (status(PATCH_FAILED, json!({})), true, false),
            (status("BackupReplication \"db\" is invalid: m", rule.clone()), false, true),
            (status(PATCH_FAILED, rule), false, true),
            (status(PATCH_FAILED, json!({"name": "db"})), false, false),
            (status("another message", json!({})), false, false),
        ] {
            assert_eq!(is_failed_test(&status), failed_test, "{status:?}");
            assert_eq!(is_broken_rule(&status), broken_rule, "{status:?}");
            let read = ApiError::from(kube::Error::Api(Box::new(status)));
            assert_eq!(matches!(read, ApiError::Conflict), failed_test, "{read}");
        }
    }
}
