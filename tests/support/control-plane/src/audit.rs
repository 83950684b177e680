//! What the API server was asked, by whom, and how it answered: its audit log.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

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
    /// The API's verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`,
    /// `deletecollection`. A lower-case HTTP method if the request is not about a resource.
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
    /// When the request came: RFC 3339 with microseconds, in UTC, so that the order of the text is
    /// the order in time.
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

/// Reads a log that grows.
pub(crate) struct Reader {
    path: PathBuf,
    /// Where what was not yet read begins.
    offset: u64,
}

impl Reader {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join(LOG), offset: 0 }
    }

    /// The lines with this text since the last time. The last line is left for later while it is
    /// being written.
    pub(crate) fn more(&mut self, text: &str) -> Result<String> {
        let grown =
            self.grown().with_context(|| format!("could not read {}", self.path.display()))?;
        let end = grown.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (complete, _) = grown.split_at(end);
        self.offset += u64::try_from(end)?;
        let complete = String::from_utf8_lossy(complete);
        Ok(complete.split_inclusive('\n').filter(|line| line.contains(text)).collect())
    }

    fn grown(&self) -> io::Result<Vec<u8>> {
        let mut grown = Vec::new();
        match File::open(&self.path) {
            Ok(mut log) => {
                log.seek(SeekFrom::Start(self.offset))?;
                log.read_to_end(&mut grown)?;
            }
            // Nothing was asked yet.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(grown)
    }
}

/// The events of complete lines.
pub(crate) fn parse(log: &str) -> Result<Vec<AuditEvent>> {
    log.lines()
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
        Self {
            user,
            user_agent,
            verb,
            api_group,
            resource,
            subresource,
            namespace,
            name,
            code,
            uri,
            received_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"user":{"username":"admin"},"verb":"get","requestURI":"/readyz","requestReceivedTimestamp":"2026-01-02T03:04:05.000006Z"}"#;

    #[test]
    fn a_line_that_is_still_being_written_is_left_for_later() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join(LOG);
        let mut reader = Reader::new(folder.path());
        assert_eq!(reader.more("")?, "", "nothing was asked yet");
        let (half, rest) = LINE.split_at(LINE.len() / 2);
        fs::write(&log, format!("{LINE}\n{half}"))?;
        assert_eq!(parse(&reader.more("")?)?.len(), 1);
        fs::write(&log, format!("{LINE}\n{LINE}"))?;
        assert_eq!(reader.more("")?, "", "complete but for its end");
        fs::write(&log, format!("{LINE}\n{half}{rest}\n"))?;
        assert_eq!(parse(&reader.more("")?)?.len(), 1);
        assert_eq!(reader.more("")?, "", "each once");
        Ok(())
    }

    #[test]
    fn lines_without_the_text_are_left_out() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(
            folder.path().join(LOG),
            format!("{LINE}\n{}\n", LINE.replace("admin", "another")),
        )?;
        let events = parse(&Reader::new(folder.path()).more("another")?)?;
        assert_eq!(events.iter().map(|event| event.user.as_str()).collect::<Vec<_>>(), ["another"]);
        Ok(())
    }

    #[test]
    fn a_complete_line_that_cannot_be_read_is_an_error() {
        let error = parse("{}\n").expect_err("nothing is in there");
        assert!(format!("{error:#}").contains("{}"), "{error:#}");
    }
}
