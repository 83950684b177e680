//! What an answer of the cloud, or its absence, says of the credential that was shown.

use super::facts::call_result::CallResult;
use super::list_reading::ListReading;
use super::lookup::Lookup;
use super::witness::LogReading;
use crate::resource::RejectionKind;

/// What an answer of the cloud, or its absence, says of the credential that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CredentialVerdict {
    /// The cloud took it.
    Accepted,
    /// The cloud refused it, in these words.
    Refused(String),
    /// Where nothing is served, nobody looks at a credential.
    NotLookedAt,
    /// No answer tells; in these words.
    Unheard(String),
    /// Nothing that came back tells.
    Untold,
}

const THROTTLED: &str = "the cloud asks for fewer requests";

impl From<&Lookup> for CredentialVerdict {
    fn from(lookup: &Lookup) -> Self {
        match lookup {
            Lookup::Backup(_) | Lookup::NoSuchBackup(_) => Self::Accepted,
            Lookup::Unauthorized(why) => Self::Refused(why.clone()),
            Lookup::NotAvailable(_) => Self::NotLookedAt,
            Lookup::Failed(why) => Self::Unheard(why.clone()),
            Lookup::Throttled { until: _ } => Self::Unheard(THROTTLED.to_owned()),
            Lookup::Deferred { until: _ } => Self::Untold,
        }
    }
}

impl From<&ListReading> for CredentialVerdict {
    fn from(list: &ListReading) -> Self {
        match list {
            ListReading::Shown(_) => Self::Accepted,
            ListReading::Unauthorized(why) => Self::Refused(why.clone()),
            ListReading::NotAvailable(_) => Self::NotLookedAt,
            ListReading::Failed(why) => Self::Unheard(why.clone()),
            ListReading::Throttled { until: _ } => Self::Unheard(THROTTLED.to_owned()),
        }
    }
}

impl From<&LogReading> for CredentialVerdict {
    fn from(logs: &LogReading) -> Self {
        match logs {
            LogReading::Entries(_) => Self::Accepted,
            LogReading::Unauthorized(why) => Self::Refused(why.clone()),
            LogReading::NotAvailable(_) => Self::NotLookedAt,
            LogReading::Failed(why) => Self::Unheard(why.clone()),
            LogReading::Throttled { until: _ } => Self::Unheard(THROTTLED.to_owned()),
        }
    }
}

impl From<&CallResult> for CredentialVerdict {
    fn from(result: &CallResult) -> Self {
        match result {
            CallResult::Rejected { kind: RejectionKind::Unauthorized, retry_after: _, answer } => {
                // Without what varies from answer to answer: others are told it, too.
                let code = answer.code.as_ref().map_or_else(String::new, |it| format!(", {it}"));
                let status = answer.http_status.map_or(401, u32::from);
                Self::Refused(format!("the call was refused with HTTP {status}{code}"))
            }
            CallResult::Accepted(..) | CallResult::Rejected { .. } => Self::Accepted,
            CallResult::NotSent(_) | CallResult::Unknown(_) => Self::Untold,
        }
    }
}
