//! What the API server was asked, by whom, and how it answered: its audit log.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

const LOG: &str = "audit.log";
const POLICY: &str = "audit-policy.yaml";

/// One event per request, without its body, once it is answered.
const POLICY_TEXT: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules: [{level: Metadata}]
";

/// A request that the API server has answered. A watch appears when it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Who asked, such as `admin` or `system:serviceaccount:operators:replication`.
    pub user: String,
    /// Empty if the client did not send one.
    pub user_agent: String,
    /// The API's verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. A lower-case HTTP
    /// method if the request is not about a resource.
    pub verb: String,
    /// Empty for the core group, and if the request is not about a resource. So are the next four.
    pub api_group: String,
    /// The plural, such as `configmaps`.
    pub resource: String,
    /// Such as `status`.
    pub subresource: String,
    /// Empty for cluster-wide resources.
    pub namespace: String,
    /// Empty if no single object is named, as in a list. A creation has it, too.
    pub name: String,
    /// The HTTP status code of the answer.
    pub code: u16,
    /// Path and query of the request.
    pub uri: String,
    /// When the request came: RFC 3339 with microseconds, in UTC, so that the order of the text is the order in time.
    pub received_at: String,
}

pub(crate) fn write_policy(folder: &Path) -> Result<()> {
    let path = folder.join(POLICY);
    fs::write(&path, POLICY_TEXT).with_context(|| format!("could not write {}", path.display()))
}

pub(crate) fn flags(folder: &Path) -> [String; 3] {
    [
        format!("--audit-policy-file={}", folder.join(POLICY).display()),
        format!("--audit-log-path={}", folder.join(LOG).display()),
        // In megabytes: never reached, so that no event moves to another file.
        "--audit-log-maxsize=1000000".to_owned(),
    ]
}

/// The events in the log so far. The last line is left out while it is being written.
pub(crate) fn read(folder: &Path) -> Result<Vec<AuditEvent>> {
    let path = folder.join(LOG);
    let log = match fs::read(&path) {
        Ok(log) => log,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("could not read {}", path.display()));
        }
    };
    parse(&String::from_utf8_lossy(&log))
}

fn parse(log: &str) -> Result<Vec<AuditEvent>> {
    log.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| {
            serde_json::from_str::<Event>(line)
                .map(AuditEvent::from)
                .with_context(|| format!("an audit event that cannot be read: {line}"))
        })
        .collect()
}

/// The part of `audit.k8s.io/v1` `Event` that is used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    user: User,
    #[serde(default)]
    user_agent: String,
    verb: String,
    #[serde(default)]
    object_ref: ObjectReference,
    #[serde(default)]
    response_status: ResponseStatus,
    #[serde(rename = "requestURI")]
    request_uri: String,
    request_received_timestamp: String,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ObjectReference {
    api_group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Default, Deserialize)]
struct ResponseStatus {
    #[serde(default)]
    code: u16,
}

impl From<Event> for AuditEvent {
    fn from(event: Event) -> Self {
        let Event {
            user: User { username: user },
            user_agent,
            verb,
            object_ref,
            response_status: ResponseStatus { code },
            request_uri: uri,
            request_received_timestamp: received_at,
        } = event;
        let ObjectReference { api_group, resource, subresource, namespace, name } = object_ref;
        Self { user, user_agent, verb, api_group, resource, subresource, namespace, name, code, uri, received_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"user":{"username":"admin"},"verb":"get","requestURI":"/readyz","requestReceivedTimestamp":"2026-01-02T03:04:05.000006Z"}"#;

    #[test]
    fn a_line_that_is_still_being_written_is_left_out() -> Result<()> {
        let half = &LINE[..LINE.len() / 2];
        assert_eq!(parse(&format!("{LINE}\n{half}"))?.len(), 1);
        assert_eq!(parse(LINE)?.len(), 0, "complete but for its end");
        Ok(())
    }

    #[test]
    fn a_complete_line_that_cannot_be_read_is_an_error() {
        let error = parse("{}\n").expect_err("nothing is in there");
        assert!(format!("{error:#}").contains("{}"), "{error:#}");
    }
}
