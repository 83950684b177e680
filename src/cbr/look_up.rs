//! What the answer to a look means.

use std::time::Duration;

use jiff::Timestamp;

use super::answer::{Answer, Json};
use super::credential::Credential;
use super::error_body::CloudError;
use super::error_class::{Class, Refusal};
use super::error_table::rows_of;
use super::ids::BackupId;
use super::operation_logs::LogPage;
use super::records::{Backup, NotShown};
use super::retry_after;

/// Why a look showed nothing. None of them says anything about replications. Each `Display` is one
/// line without the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookUpError {
    /// This server has no look-up, or not for this user. Looking again soon will not help.
    #[error("{}", not_available(.0))]
    NotAvailable(CloudError),
    /// The credential is not valid.
    #[error("the look-up was refused with {}", .0.summary())]
    Unauthorized(CloudError),
    /// Too many requests.
    #[error("the look-up was throttled: {}", .error.summary())]
    Throttled {
        /// What the cloud said.
        error: CloudError,
        /// How long it asks to wait, where it does; at most a day.
        retry_after: Option<Duration>,
    },
    /// The cloud does not know the backup.
    #[error("the cloud does not know this backup: {}", .0.summary())]
    NoSuchBackup(CloudError),
    /// The service cannot be reached, or fails: look again later.
    #[error("{text}")]
    Unavailable {
        /// What happened.
        text: String,
        /// How long the cloud asks to wait, where it does; at most a day.
        retry_after: Option<Duration>,
    },
    /// An answer came that makes no sense as one.
    #[error("the answer to the look-up cannot be read: {text}")]
    Unreadable {
        /// What happened.
        text: String,
        /// What the cloud said, where a complete answer came.
        error: Option<CloudError>,
    },
}

/// What is missing, and what to do about it.
fn not_available(error: &CloudError) -> String {
    let summary = error.summary();
    if error.is_of_another_project() {
        format!(
            "the credential is for another project: {summary} (spec.auth must name one for \
             spec.projectId)"
        )
    } else if error.http_status == 403 {
        format!(
            "the credential's user may not read the backup: {summary} (grant the action \
             cbr:backups:get in the source project)"
        )
    } else {
        format!("the endpoint has no look-up: {summary}")
    }
}

const ANOTHER_BACKUP: &str = "the answer shows another backup";

impl LookUpError {
    /// What the cloud said, request id included, where it said anything. For the log: it varies
    /// from one answer to the next, so it never reaches a status.
    pub fn cloud_error(&self) -> Option<&CloudError> {
        match self {
            Self::NotAvailable(error) | Self::Unauthorized(error) | Self::NoSuchBackup(error) => {
                Some(error)
            }
            Self::Throttled { error, retry_after: _ } => Some(error),
            Self::Unreadable { text: _, error } => error.as_ref(),
            Self::Unavailable { text: _, retry_after: _ } => None,
        }
    }
}

/// Codes that say that the backup itself does not exist: backup, restore point, resource.
const NO_SUCH_BACKUP: [&str; 3] = ["6200", "6217", "6302"];
/// The gateway's codes: no such API, too many requests, a token that is wrong, expired or missing.
const NO_SUCH_API: [&str; 1] = ["0101"];
const THROTTLED: [&str; 1] = ["0308"];
const GATEWAY_TOKEN_REFUSED: [&str; 3] = ["0301", "0305", "0307"];
/// CBR's own for a token that it does not accept.
const CBR_TOKEN_REFUSED: [&str; 1] = ["9998"];

/// What a complete answer means. `now` is when it came.
pub(super) fn read(
    answer: &Answer,
    asked: &BackupId,
    credential: &Credential,
    now: Timestamp,
) -> Result<Backup, LookUpError> {
    let json = answer.json();
    let error = CloudError::read(answer, credential);
    if answer.is_success()
        && let Json::Read(body) = &json
    {
        match Backup::read(body, asked, credential) {
            Ok(backup) => return Ok(backup),
            Err(NotShown::NoBackup) => {}
            Err(NotShown::Another) => {
                return Err(LookUpError::Unreadable {
                    text: ANOTHER_BACKUP.to_owned(),
                    error: Some(error),
                });
            }
        }
    }
    if answer.is_success() || matches!(json, Json::CutShort) {
        return Err(LookUpError::Unreadable { text: error.summary(), error: Some(error) });
    }
    let retry_after =
        answer.retry_after.as_deref().and_then(|value| retry_after::parse(value, now));
    Err(meaning(error, retry_after))
}

/// What a complete answer to a request for the operation logs means. `now` is when it came.
pub(super) fn read_logs(
    answer: &Answer,
    credential: &Credential,
    now: Timestamp,
) -> Result<LogPage, LookUpError> {
    let json = answer.json();
    let error = CloudError::read(answer, credential);
    if answer.is_success()
        && let Json::Read(body) = &json
        && let Some(page) = LogPage::read(body, credential)
    {
        return Ok(page);
    }
    if answer.is_success() || matches!(json, Json::CutShort) {
        return Err(LookUpError::Unreadable { text: error.summary(), error: Some(error) });
    }
    let retry_after =
        answer.retry_after.as_deref().and_then(|value| retry_after::parse(value, now));
    Err(meaning(error, retry_after))
}

/// A look changes nothing, so it needs no proof, unlike a call: a code counts at any status of a
/// refusal.
pub(super) fn meaning(error: CloudError, retry_after: Option<Duration>) -> LookUpError {
    let status = error.http_status;
    let refused = (400..500).contains(&status) && status != 408;
    let by_cbr = error.cbr_code().is_some();
    let cbr = |codes: &[&str]| error.cbr_code().is_some_and(|code| codes.contains(&code));
    let gateway = |codes: &[&str]| error.gateway_code().is_some_and(|code| codes.contains(&code));
    let token_refused = cbr(&CBR_TOKEN_REFUSED) || gateway(&GATEWAY_TOKEN_REFUSED);
    match status {
        500 if cbr(&CBR_TOKEN_REFUSED) => LookUpError::Unauthorized(error),
        _ if refused && token_refused => LookUpError::Unauthorized(error),
        _ if refused && gateway(&THROTTLED) => LookUpError::Throttled { error, retry_after },
        401 => LookUpError::Unauthorized(error),
        429 => LookUpError::Throttled { error, retry_after },
        403 => LookUpError::NotAvailable(error),
        _ if refused && gateway(&NO_SUCH_API) => LookUpError::NotAvailable(error),
        _ if refused && cbr(&NO_SUCH_BACKUP) => LookUpError::NoSuchBackup(error),
        404 if by_cbr => LookUpError::NoSuchBackup(error),
        404 | 405 | 501 if !by_cbr => LookUpError::NotAvailable(error),
        408 | 500..=599 => LookUpError::Unavailable { text: error.summary(), retry_after },
        _ if refused && is_passing(&error) => {
            LookUpError::Unavailable { text: error.summary(), retry_after }
        }
        _ => LookUpError::Unreadable { text: error.summary(), error: Some(error) },
    }
}

/// Whether the code says that something is in the way for a while.
fn is_passing(error: &CloudError) -> bool {
    let rows = error.code.as_deref().map(rows_of).unwrap_or_default();
    rows.iter().any(|row| matches!(row.class, Class::Rejected(Refusal::Retry { .. })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> Credential {
        Credential::Token(crate::cbr::Token::from_bytes(b"MIIabcdefghijklmnopqrstuvwxyz").unwrap())
    }

    fn asked() -> BackupId {
        BackupId::parse("A5200268-74a5-4806").unwrap()
    }

    fn answer(status: u16, body: &str) -> Result<Backup, LookUpError> {
        let answer = Answer {
            retry_after: Some("5".to_owned()),
            body: body.as_bytes().to_vec(),
            ..Answer::with_status(status)
        };
        read(&answer, &asked(), &token(), Timestamp::UNIX_EPOCH)
    }

    fn name(result: &Result<Backup, LookUpError>) -> &'static str {
        match result {
            Ok(_) => "backup",
            Err(LookUpError::NotAvailable(_)) => "not available",
            Err(LookUpError::Unauthorized(_)) => "unauthorized",
            Err(LookUpError::Throttled { retry_after, .. }) => {
                assert_eq!(*retry_after, Some(Duration::from_secs(5)));
                "throttled"
            }
            Err(LookUpError::NoSuchBackup(_)) => "no such backup",
            Err(LookUpError::Unavailable { .. }) => "unavailable",
            Err(LookUpError::Unreadable { .. }) => "unreadable",
        }
    }

    #[test]
    fn each_answer_has_its_meaning() {
        for (status, code, expected) in [
            (404, "", "not available"),
            (405, "", "not available"),
            (501, "", "not available"),
            (404, "APIG.0101", "not available"),
            (404, "APIGW.0101", "not available"),
            (403, "", "not available"),
            (403, "BackupService.8600", "not available"),
            (403, "APIG.0302", "not available"),
            (404, "BackupService.6200", "no such backup"),
            (400, "BackupService.6200", "no such backup"),
            (404, "BackupService.6105", "no such backup"),
            (401, "", "unauthorized"),
            (401, "APIG.0301", "unauthorized"),
            (500, "BackupService.9998", "unauthorized"),
            (400, "BackupService.9998", "unauthorized"),
            (403, "APIGW.0301", "unauthorized"),
            (403, "APIG.0305", "unauthorized"),
            (404, "APIGW.0307", "unauthorized"),
            (401, "BackupService.1009", "unauthorized"),
            (500, "APIGW.0301", "unavailable"),
            (502, "BackupService.9998", "unavailable"),
            (408, "APIGW.0301", "unavailable"),
            (401, "APIGW.0308", "throttled"),
            (403, "APIGW.0308", "throttled"),
            (500, "APIGW.0308", "unavailable"),
            (400, "APIG.0101", "not available"),
            (404, "IAM.0011", "not available"),
            (404, "404", "not available"),
            (400, "BackupService.6217", "no such backup"),
            (404, "BackupService.1009", "no such backup"),
            (302, "BackupService.6200", "unreadable"),
            (400, "BackupService.9910", "unreadable"),
            (418, "", "unreadable"),
            (409, "", "unreadable"),
            (499, "", "unreadable"),
            (414, "", "unreadable"),
            (600, "", "unreadable"),
            (429, "", "throttled"),
            (429, "APIGW.0308", "throttled"),
            (408, "", "unavailable"),
            (500, "", "unavailable"),
            (501, "BackupService.9910", "unavailable"),
            (503, "APIG.0613", "unavailable"),
            (502, "", "unavailable"),
            (400, "BackupService.6125", "unavailable"),
            (302, "", "unreadable"),
            (400, "BackupService.9900", "unreadable"),
            (400, "", "unreadable"),
            (200, "BackupService.6200", "unreadable"),
        ] {
            let result = answer(status, &format!(r#"{{"error_code":"{code}"}}"#));
            assert_eq!(name(&result), expected, "{status} {code}");
        }
    }

    #[test]
    fn a_look_is_of_the_backup_that_was_asked_for() {
        for (id, names_itself) in [
            (r#""id":"A5200268-74a5-4806","#, true),
            (r#""id":"a520026874A54806","#, true),
            (r#""id":" a5200268-74a5-4806\n","#, true),
            ("", false),
            (r#""id":null,"#, false),
            (r#""id":"","#, false),
            (r#""id":["a5200268-74a5-4806"],"#, false),
            (r#""backup_id":"other","checkpoint_id":"other","#, false),
        ] {
            let backup =
                answer(200, &format!(r#"{{"backup":{{{id}"replication_records":[]}}}}"#)).unwrap();
            assert_eq!(backup.names_itself, names_itself, "{id}");
        }
        for id in ["other", "a5200268-74a5-4807", "a5200268", "[redacted]", "7", " "] {
            let body =
                format!(r#"{{"backup":{{"id":"{id}","replication_records":[],"error_msg":"x"}}}}"#);
            let Err(refused) = answer(200, &body) else { panic!("{id:?} was taken") };
            assert!(matches!(refused, LookUpError::Unreadable { .. }), "{refused:?}");
            assert!(refused.to_string().contains("the answer shows another backup"), "{refused}");
        }
    }

    #[test]
    fn a_cut_answer_is_unreadable() {
        for (status, body) in [
            (200, r#"{"backup":{"replication_records":[]"#),
            (200, ""),
            (404, r#"{"error_code":"Backup"#),
        ] {
            assert_eq!(name(&answer(status, body)), "unreadable", "{status} {body}");
        }
    }

    proptest! {
        #[test]
        fn only_a_2xx_shows_a_backup_and_no_bytes_panic(status in 100_u16..1000, body in any::<Vec<u8>>()) {
            let raw = Answer { body, ..Answer::with_status(status) };
            let _ = read(&raw, &asked(), &token(), Timestamp::UNIX_EPOCH).map_err(|error| error.to_string());
            let shown = answer(status, r#"{"backup":{}}"#);
            prop_assert_eq!(shown.is_ok(), (200..300).contains(&status));
        }
    }
}
