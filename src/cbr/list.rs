//! Reads the list of backups: all pages of it, bounded in number, bytes and time.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::answer::{Answer, Json};
use super::backup_list::{BackupList, Incomplete, ListQuery, Page, Pages};
use super::client::{Client, RequestFailure, words};
use super::credential::Credential;
use super::endpoint::Endpoint;
use super::error_body::CloudError;
use super::ids::ProjectId;
use super::look_up::{LookUpError, meaning};
use super::retry_after;
use super::span;

/// Backups on a page. The service takes up to 1000, but an answer is read up to 1 MiB only.
const PAGE: usize = 100;
/// Backups on a page where the larger one takes too many bytes: each may have two dozen disks.
const SMALL_PAGE: usize = 10;
/// Requests for one list.
const MOST_REQUESTS: usize = 100;

/// Why there is no list. Each `Display` is one line without the credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// This server has no list, or not for this user.
    #[error("{}", not_available(.0))]
    NotAvailable(CloudError),
    /// The credential is not valid.
    #[error("the list was refused with {}", .0.summary())]
    Unauthorized(CloudError),
    /// Too many requests.
    #[error("the list was throttled: {}", .error.summary())]
    Throttled {
        /// What the cloud said.
        error: CloudError,
        /// How long it asks to wait, where it does; at most a day.
        retry_after: Option<Duration>,
    },
    /// The service cannot be reached, fails, or gives an answer that makes no sense as a list.
    #[error("{0}")]
    Failed(String),
}

fn not_available(error: &CloudError) -> String {
    let summary = error.summary();
    if error.is_of_another_project() {
        format!(
            "the token belongs to another project: {summary} (put a token for spec.projectId into \
             the Secret)"
        )
    } else if error.http_status == 403 {
        format!(
            "the token's user may not list backups: {summary} (grant the action cbr:backups:list \
             in the source project)"
        )
    } else {
        format!("the endpoint has no list of backups: {summary}")
    }
}

impl From<LookUpError> for ListError {
    fn from(error: LookUpError) -> Self {
        match error {
            LookUpError::NotAvailable(error) => Self::NotAvailable(error),
            LookUpError::Unauthorized(error) => Self::Unauthorized(error),
            LookUpError::Throttled { error, retry_after } => Self::Throttled { error, retry_after },
            LookUpError::NoSuchBackup(error) => Self::Failed(error.summary()),
            LookUpError::Unavailable { text, retry_after: _ } => Self::Failed(text),
            LookUpError::Unreadable { text, error: _ } => {
                Self::Failed(format!("the answer cannot be read: {text}"))
            }
        }
    }
}

impl Client {
    /// Lists the backups: `GET /v3/{project_id}/backups`, all pages, within `limit` in all. The
    /// service may show more than what is asked for.
    ///
    /// # Errors
    /// Each says whether it is worth trying again.
    pub async fn backups(
        &self,
        endpoint: &Endpoint,
        project_id: &ProjectId,
        query: &ListQuery,
        credential: &Credential,
        limit: Duration,
    ) -> Result<BackupList, ListError> {
        let started = Instant::now();
        let mut pages = Pages::default();
        let mut size = PAGE;
        for _ in 0..MOST_REQUESTS {
            let url = endpoint.backups_url(project_id, query, size, pages.offset());
            let left = limit.saturating_sub(started.elapsed());
            let (exchanged, credential) =
                self.signed_get(span::BACKUPS, url, project_id, credential, left).await;
            let answer = match exchanged {
                Ok(answer) => answer,
                Err(RequestFailure::TooLarge { .. }) if size > SMALL_PAGE => {
                    size = SMALL_PAGE;
                    continue;
                }
                Err(failure) => {
                    return Err(ListError::Failed(words(&failure, endpoint, &credential)));
                }
            };
            let page = read(&answer, &credential, Timestamp::now())?;
            if let Some(list) = pages.add(page) {
                return Ok(list);
            }
        }
        Ok(pages.end(Some(Incomplete::TooLong)))
    }
}

/// What a complete answer means. `now` is when it came.
fn read(answer: &Answer, credential: &Credential, now: Timestamp) -> Result<Page, ListError> {
    let json = answer.json();
    let error = CloudError::read(answer, credential);
    if answer.is_success()
        && let Json::Read(body) = &json
        && let Some(page) = Page::read(body, credential)
    {
        return Ok(page);
    }
    if answer.is_success() || matches!(json, Json::CutShort) {
        return Err(ListError::Failed(format!("the answer cannot be read: {}", error.summary())));
    }
    let retry_after =
        answer.retry_after.as_deref().and_then(|value| retry_after::parse(value, now));
    Err(meaning(error, retry_after).into())
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
