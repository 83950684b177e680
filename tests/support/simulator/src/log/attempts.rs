//! How often who asked for a token or a key, or signed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::call::{Call, CallEnding};
use crate::script::Operation;

/// Attempts of one kind, received whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attempts {
    pub asked: u64,
    /// Answered with 2xx, whatever the service itself would have said.
    pub granted: u64,
    /// Answered with 401.
    pub refused: u64,
}

/// The attempts by name: who asks says it itself, checked or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Applicants {
    /// Requests for a token by user or agency.
    pub logins: BTreeMap<String, Attempts>,
    /// Exchanges of tokens by identity provider.
    pub exchanges: BTreeMap<String, Attempts>,
    /// Requests for temporary keys, all together.
    pub temporary_keys: Attempts,
    /// Signed requests of any kind by access key.
    pub signed: BTreeMap<String, Attempts>,
}

impl Applicants {
    /// What a call was asked for by, to be counted in.
    pub(super) fn each(&mut self, call: &Call, count: impl Fn(&mut Attempts)) {
        let named = match call.operation {
            Some(Operation::IssueToken) => Some(&mut self.logins),
            Some(Operation::Exchange) => Some(&mut self.exchanges),
            Some(Operation::TemporaryKey) => {
                count(&mut self.temporary_keys);
                None
            }
            Some(
                Operation::Replicate
                | Operation::Show
                | Operation::ListLogs
                | Operation::List
                | Operation::ListProjects
                | Operation::Capabilities,
            )
            | None => None,
        };
        if let (Some(named), Some(applicant)) = (named, &call.applicant) {
            count(named.entry(applicant.clone()).or_default());
        }
        if let Some(access_key) = &call.access_key {
            count(self.signed.entry(access_key.clone()).or_default());
        }
    }
}

impl Attempts {
    pub(super) fn ended(&mut self, ending: &CallEnding) {
        match ending {
            CallEnding::Answered { status: 200..=299 } => self.granted += 1,
            CallEnding::Answered { status: 401 } => self.refused += 1,
            CallEnding::Answered { status: _ }
            | CallEnding::Reset
            | CallEnding::Closed
            | CallEnding::Hung => {}
        }
    }
}
