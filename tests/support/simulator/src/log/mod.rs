//! What the service received and what became of it.

mod applicant;
mod attempts;
mod authority;
mod call;

use std::collections::HashMap;

use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use applicant::{access_key, applicant};
pub use attempts::{Applicants, Attempts};
pub use authority::{Authority, Credential};
pub use call::{Call, CallEnding, Headers, Verdict};

use crate::script::Operation;
use crate::service::route::Route;

/// Every call since the start, in order of arrival, and their counts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Log {
    calls: Vec<Call>,
    total: Counts,
    per_backup: HashMap<String, Counts>,
    connections: u64,
    failed_handshakes: u64,
    applicants: Applicants,
}

/// How many calls were received whole, whatever was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Replications asked for.
    pub posts: u64,
    /// Replications accepted: each has a record.
    pub accepted: u64,
    /// Look-ups.
    pub gets: u64,
}

/// A request as it comes from the wire.
pub(crate) struct Arrival {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) complete: bool,
    pub(crate) over_tls: bool,
    pub(crate) route: Route,
    pub(crate) request_id: String,
    pub(crate) applicant: Option<String>,
    pub(crate) access_key: Option<String>,
}

impl Log {
    /// All calls, in order of arrival.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The calls about one backup, in order of arrival.
    pub fn calls_of(&self, backup_id: &str) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(move |call| call.backup_id.as_deref() == Some(backup_id))
    }

    /// The counts over all backups.
    pub fn total(&self) -> Counts {
        self.total
    }

    /// The counts of one backup.
    pub fn counts(&self, backup_id: &str) -> Counts {
        self.per_backup.get(backup_id).copied().unwrap_or_default()
    }

    /// The counts of every backup that was ever asked for.
    pub fn per_backup(&self) -> &HashMap<String, Counts> {
        &self.per_backup
    }

    /// The attempts of those who asked for tokens and keys, or signed.
    pub fn applicants(&self) -> &Applicants {
        &self.applicants
    }

    /// How often a token was asked for by a user with a password, or by an agency.
    pub fn logins(&self, name: &str) -> Attempts {
        self.applicants.logins.get(name).copied().unwrap_or_default()
    }

    /// How often a token of this identity provider was to be exchanged.
    pub fn exchanges(&self, provider: &str) -> Attempts {
        self.applicants.exchanges.get(provider).copied().unwrap_or_default()
    }

    /// Pages of the list of backups that were asked for.
    pub fn lists(&self) -> usize {
        self.calls.iter().filter(|call| call.operation == Some(Operation::List)).count()
    }

    /// How often a temporary key was asked for.
    pub fn temporary_keys(&self) -> Attempts {
        self.applicants.temporary_keys
    }

    /// How often this access key signed.
    pub fn signed(&self, access: &str) -> Attempts {
        self.applicants.signed.get(access).copied().unwrap_or_default()
    }

    /// Connections taken so far, TLS or not.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// TLS handshakes that came to nothing.
    pub fn failed_handshakes(&self) -> u64 {
        self.failed_handshakes
    }

    pub(crate) fn connected(&mut self) {
        self.connections += 1;
    }

    pub(crate) fn handshake_failed(&mut self) {
        self.failed_handshakes += 1;
    }

    pub(crate) fn arrived(&mut self, arrival: &Arrival, scripted: bool) -> usize {
        let Arrival {
            method,
            path,
            headers,
            body,
            complete,
            over_tls,
            route,
            request_id,
            applicant,
            access_key,
        } = arrival;
        let number = self.calls.len();
        let operation = Operation::of(route);
        if *complete {
            self.count(route.backup_id(), |counts| match operation {
                Some(Operation::Replicate) => counts.posts += 1,
                Some(Operation::Show) => counts.gets += 1,
                Some(
                    Operation::List
                    | Operation::ListLogs
                    | Operation::IssueToken
                    | Operation::Exchange
                    | Operation::TemporaryKey
                    | Operation::ListProjects
                    | Operation::Capabilities,
                )
                | None => {}
            });
        }
        let secret = operation.is_some_and(Operation::is_of_iam);
        let call = Call {
            number,
            at: Timestamp::now(),
            operation,
            backup_id: route.backup_id().map(str::to_owned),
            method: method.clone(),
            path: path.clone(),
            headers: Headers::new(headers),
            body: if secret { Vec::new() } else { body.clone() },
            complete: *complete,
            over_tls: *over_tls,
            request_id: request_id.clone(),
            scripted,
            applicant: applicant.clone(),
            access_key: access_key.clone(),
            authority: None,
            verdict: None,
            ending: None,
            client_gone: false,
        };
        if *complete {
            self.applicants.each(&call, |attempts| attempts.asked += 1);
        }
        self.calls.push(call);
        number
    }

    pub(crate) fn processed(
        &mut self,
        number: usize,
        verdict: Verdict,
        authority: Option<Authority>,
    ) {
        let Some(call) = self.calls.get_mut(number) else { return };
        call.authority = authority;
        let accepted = matches!(verdict, Verdict::Accepted { record_id: _ });
        call.verdict = Some(verdict);
        let backup_id = call.backup_id.clone();
        if accepted {
            self.count(backup_id.as_deref(), |counts| counts.accepted += 1);
        }
    }

    pub(crate) fn ended(&mut self, number: usize, ending: CallEnding) {
        if let Some(call) = self.calls.get_mut(number) {
            if call.complete {
                self.applicants.each(call, |attempts| attempts.ended(&ending));
            }
            call.ending = Some(ending);
        }
    }

    pub(crate) fn client_gone(&mut self, number: usize) {
        if let Some(call) = self.calls.get_mut(number) {
            call.client_gone = true;
        }
    }

    fn count(&mut self, backup_id: Option<&str>, change: impl Fn(&mut Counts)) {
        change(&mut self.total);
        if let Some(id) = backup_id {
            change(self.per_backup.entry(id.to_owned()).or_default());
        }
    }
}
