//! Misbehaviour, written down in advance: which calls it meets, how often, and what happens to
//! them.

pub(crate) mod answer;
pub(crate) mod fault;
pub(crate) mod hold;

use std::fmt;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::log::Arrival;
use crate::service::caller::token;
use crate::service::route::Route;
use fault::Fault;

/// The calls of the API, and those of IAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST …/replicate`
    Replicate,
    /// `GET …/backups/{backup_id}`
    Show,
    /// `GET …/operation-logs`
    ListLogs,
    /// `GET …/backups`
    List,
    /// `POST /v3/auth/tokens`
    #[serde(alias = "login")]
    IssueToken,
    /// `POST …/OS-AUTH/id-token/tokens`
    Exchange,
    /// `POST …/OS-CREDENTIAL/securitytokens`
    TemporaryKey,
    /// `GET /v3/projects`
    ListProjects,
    /// `GET …/replication-capabilities`
    Capabilities,
}

impl Operation {
    pub(crate) fn of(route: &Route) -> Option<Self> {
        match route {
            Route::Replicate { project_id: _, backup_id: _ } => Some(Self::Replicate),
            Route::Show { project_id: _, backup_id: _ } => Some(Self::Show),
            Route::OperationLogs { project_id: _ } => Some(Self::ListLogs),
            Route::List { project_id: _ } => Some(Self::List),
            Route::IssueToken => Some(Self::IssueToken),
            Route::Exchange => Some(Self::Exchange),
            Route::TemporaryKey => Some(Self::TemporaryKey),
            Route::ListProjects => Some(Self::ListProjects),
            Route::Capabilities { project_id: _ } => Some(Self::Capabilities),
            Route::Unknown => None,
        }
    }

    /// Whether it is about one backup.
    fn is_of_backup(self) -> bool {
        match self {
            Self::Replicate | Self::Show => true,
            Self::List
            | Self::ListLogs
            | Self::Capabilities
            | Self::IssueToken
            | Self::Exchange
            | Self::TemporaryKey
            | Self::ListProjects => false,
        }
    }

    /// Whether it is one of IAM's.
    pub(crate) fn is_of_iam(self) -> bool {
        match self {
            Self::Replicate | Self::Show | Self::List | Self::ListLogs | Self::Capabilities => {
                false
            }
            Self::IssueToken | Self::Exchange | Self::TemporaryKey | Self::ListProjects => true,
        }
    }
}

/// A fault and the calls that it meets.
///
/// Scripts wait in a queue. A call takes the first that fits it, and those that name its token come
/// before those that do not, then those that name who asks, then those that name its backup, then
/// those that run out before those that do not. A call that none fits is answered as usual.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// `None`: both operations on backups. What is for the logs, or for IAM, says so.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// `None`: every backup.
    #[serde(default)]
    pub backup_id: Option<String>,
    /// `None`: every token. Read, but never written out: a token is a secret.
    #[serde(default, skip_serializing)]
    pub token: Option<TokenValue>,
    /// The user or the agency of a login, the identity provider of an exchange, the access key of a
    /// signed request; `None`: all who ask.
    #[serde(default)]
    pub applicant: Option<String>,
    /// How many calls; `None` (in JSON: `null`) for all. Where JSON leaves it out: one.
    #[serde(default = "one")]
    pub times: Option<u32>,
    pub fault: Fault,
}

/// The value of a token, which is not in `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TokenValue(String);

impl From<&str> for TokenValue {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for TokenValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

fn one() -> Option<u32> {
    Some(1)
}

impl Script {
    /// For the next call.
    pub fn once(fault: Fault) -> Self {
        Self::times(1, fault)
    }

    /// For the next calls.
    pub fn times(times: u32, fault: Fault) -> Self {
        Self { times: Some(times), ..Self::always(fault) }
    }

    /// For all calls from now on.
    pub fn always(fault: Fault) -> Self {
        Self { operation: None, backup_id: None, token: None, applicant: None, times: None, fault }
    }

    /// Only for replications.
    pub fn replicate(self) -> Self {
        Self { operation: Some(Operation::Replicate), ..self }
    }

    /// Only for look-ups.
    pub fn show(self) -> Self {
        Self { operation: Some(Operation::Show), ..self }
    }

    /// Only for lists of operation logs.
    pub fn list_logs(self) -> Self {
        Self { operation: Some(Operation::ListLogs), ..self }
    }

    /// Only for lists of backups.
    pub fn list(self) -> Self {
        Self { operation: Some(Operation::List), ..self }
    }

    /// Only for requests for a token.
    pub fn issue_token(self) -> Self {
        Self { operation: Some(Operation::IssueToken), ..self }
    }

    /// Only for exchanges of an identity provider's token.
    pub fn exchange(self) -> Self {
        Self { operation: Some(Operation::Exchange), ..self }
    }

    /// Only for requests for a temporary key.
    pub fn temporary_key(self) -> Self {
        Self { operation: Some(Operation::TemporaryKey), ..self }
    }

    /// Only for lists of projects.
    pub fn list_projects(self) -> Self {
        Self { operation: Some(Operation::ListProjects), ..self }
    }

    /// Only for who gives this name: a user, an agency, an identity provider, an access key.
    pub fn applicant(self, name: impl Into<String>) -> Self {
        Self { applicant: Some(name.into()), ..self }
    }

    /// Only for one backup.
    pub fn backup(self, backup_id: impl Into<String>) -> Self {
        Self { backup_id: Some(backup_id.into()), ..self }
    }

    /// Only for one token.
    pub fn token(self, value: &str) -> Self {
        Self { token: Some(value.into()), ..self }
    }

    fn fits(&self, operation: Operation, arrival: &Arrival) -> bool {
        let token = token(&arrival.headers);
        let asks = |only: &str| {
            [&arrival.applicant, &arrival.access_key]
                .into_iter()
                .any(|name| name.as_deref() == Some(only))
        };
        self.operation.map_or(operation.is_of_backup(), |only| only == operation)
            && self.backup_id.as_deref().is_none_or(|only| Some(only) == arrival.route.backup_id())
            && self.token.as_ref().is_none_or(|TokenValue(only)| Some(only.as_bytes()) == token)
            && self.applicant.as_deref().is_none_or(asks)
    }
}

/// The queue.
#[derive(Default)]
pub(crate) struct Scripts(Vec<Script>);

impl Scripts {
    /// Refuses what could never be carried out.
    pub(crate) fn add(&mut self, script: Script) -> Result<()> {
        ensure!(
            script.times != Some(0),
            "a script for no call at all has no effect; use null for all calls"
        );
        script.fault.check().context("this fault cannot be carried out")?;
        self.0.push(script);
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn waiting(&self) -> &[Script] {
        &self.0
    }

    /// The fault for a call that has arrived.
    pub(crate) fn take(&mut self, arrival: &Arrival) -> Option<Fault> {
        let operation = Operation::of(&arrival.route)?;
        // `min_by_key` keeps the first of equals, which makes a queue of scripts of the same rank.
        let (position, script) = self
            .0
            .iter_mut()
            .enumerate()
            .filter(|(_, script)| script.fits(operation, arrival))
            .min_by_key(|(_, script)| {
                let by_caller = (script.token.is_none(), script.applicant.is_none());
                (by_caller, script.backup_id.is_none(), script.times.is_none())
            })?;
        let fault = script.fault.clone();
        if let Some(times) = &mut script.times {
            *times -= 1;
            if *times == 0 {
                self.0.remove(position);
            }
        }
        Some(fault)
    }
}
