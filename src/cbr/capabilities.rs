//! What can be asked before a call, and changes nothing: whether the endpoint answers, and where
//! backups can be replicated to.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::answer::Json;
use super::client::{Client, RequestFailure, bounded, not_sent, read, words};
use super::cloud_value::CloudValue;
use super::credential::Credential;
use super::endpoint::Endpoint;
use super::error_body::CloudError;
use super::ids::{BackupId, ProjectId};
use super::json::{line, scalar};
use super::outcome::NotSent;
use super::redaction::Redact;
use super::span;
use super::timestamp;

/// Backups that a person chooses from.
const MOST_OFFERED: usize = 20;

/// A region, and the regions that its backups can be replicated to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRegion {
    /// The region.
    pub name: CloudValue,
    /// Where its backups can go.
    pub destinations: Vec<CloudValue>,
}

impl SourceRegion {
    fn read(value: &Value, credential: &Credential) -> Option<Self> {
        let destinations = value.get("replication_destinations")?.as_array()?;
        let name = |name: &Value| CloudValue::read(Some(name), credential);
        Some(Self {
            name: name(value.get("name")?)?,
            destinations: destinations.iter().filter_map(name).collect(),
        })
    }
}

impl Client {
    /// Where backups can be replicated to: `GET /v3/{project_id}/replication-capabilities`.
    ///
    /// # Errors
    /// Why that is not known, in one line.
    pub async fn replication_capabilities(
        &self,
        endpoint: &Endpoint,
        project_id: &ProjectId,
        credential: &Credential,
        limit: Duration,
    ) -> Result<Vec<SourceRegion>, String> {
        let url = endpoint.capabilities_url(project_id);
        let (exchanged, credential) =
            self.signed_get(span::CAPABILITIES, url, project_id, credential, limit).await;
        let answer = exchanged.map_err(|failure| words(&failure, endpoint, &credential))?;
        let regions = match answer.json() {
            Json::Read(body) if answer.is_success() => regions(&body, &credential),
            Json::Read(_) | Json::CutShort | Json::Other => None,
        };
        regions.ok_or_else(|| CloudError::read(&answer, &credential).summary())
    }

    /// The newest backups that are complete and no replicas, as many as a person reads:
    /// `GET /v3/{project_id}/backups`.
    ///
    /// # Errors
    /// Why they are not known, in one line.
    pub async fn newest_backups(
        &self,
        endpoint: &Endpoint,
        project_id: &ProjectId,
        credential: &Credential,
        limit: Duration,
    ) -> Result<Vec<OfferedBackup>, String> {
        let url = endpoint.newest_backups_url(project_id);
        let (exchanged, credential) =
            self.signed_get(span::BACKUPS, url, project_id, credential, limit).await;
        let answer = exchanged.map_err(|failure| words(&failure, endpoint, &credential))?;
        let backups = match answer.json() {
            Json::Read(body) if answer.is_success() => offered(&body, &credential),
            Json::Read(_) | Json::CutShort | Json::Other => None,
        };
        backups.ok_or_else(|| CloudError::read(&answer, &credential).summary())
    }

    /// Whether something answers there, without any credential.
    ///
    /// # Errors
    /// Where the way to it ends.
    pub async fn reach(&self, endpoint: &Endpoint, limit: Duration) -> Result<u16, NotSent> {
        match bounded(self.get(endpoint.root_url()), limit, read).await {
            Ok(answer) => Ok(answer.status),
            Err(RequestFailure::Read { status } | RequestFailure::TooLarge { status }) => {
                Ok(status)
            }
            Err(RequestFailure::TimedOut { status: Some(status) }) => Ok(status),
            Err(
                failure @ (RequestFailure::Send(_) | RequestFailure::TimedOut { status: None }),
            ) => Err(not_sent(&failure, endpoint, &NothingSecret)),
        }
    }
}

/// A backup that could be replicated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedBackup {
    /// The backup.
    pub id: BackupId,
    /// The name of what was backed up.
    pub of: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

/// Those that are complete and no replicas, newest first.
fn offered(body: &Value, credential: &Credential) -> Option<Vec<OfferedBackup>> {
    let is = |backup: &Value, key: &str, wanted: &str| {
        backup.get(key).is_none_or(|value| value.as_str() == Some(wanted))
    };
    let list = body.get("backups")?.as_array()?.iter();
    let fits = list.filter(|one| is(one, "status", "available") && is(one, "image_type", "backup"));
    let read = |backup: &Value| {
        Some(OfferedBackup {
            id: BackupId::parse(&scalar(backup.get("id"))?).ok()?,
            of: line(backup.get("resource_name"), credential),
            created_at: scalar(backup.get("created_at")).and_then(|at| timestamp::parse(&at)),
        })
    };
    let mut offered: Vec<_> = fits.filter_map(read).collect();
    offered.sort_by_key(|backup| std::cmp::Reverse(backup.created_at));
    offered.truncate(MOST_OFFERED);
    Some(offered)
}

/// All of them, or nothing: what one that cannot be read says, might be what counts.
fn regions(body: &Value, credential: &Credential) -> Option<Vec<SourceRegion>> {
    let list = body.get("regions")?.as_array()?;
    list.iter().map(|one| SourceRegion::read(one, credential)).collect()
}

#[cfg(test)]
impl SourceRegion {
    /// What the cloud would have to answer for them.
    pub(crate) fn of_json(body: &Value) -> Vec<Self> {
        let credential = super::token::Token::from_bytes(b"a-token-of-nobody").unwrap().into();
        regions(body, &credential).unwrap()
    }
}

/// Nothing is sent that could be repeated in an answer.
struct NothingSecret;

impl Redact for NothingSecret {
    fn redact(&self, text: &str) -> String {
        text.to_owned()
    }
}
