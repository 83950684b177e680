//! A reading of the project's operation logs, in the terms of the decision.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::cbr::{LogPage, LookUpError};
use crate::controller::context::Context;
use crate::controller::prepared::PreparedCall;
use crate::controller::reconcile::credential::UsableCredential;
use crate::protocol::LogReading;

/// Pages that are read at most. Where there are more, what the rest shows stays unseen.
const PAGES: usize = 10;

/// Reads them from then on.
pub(super) async fn read_logs(
    context: &Context,
    call: &PreparedCall,
    usable: &UsableCredential,
    since: Timestamp,
) -> LogReading {
    let pages = pages(context, call, usable, since).await;
    if let Err(error) = &pages {
        let cloud = error.cloud_error().map(ToString::to_string);
        tracing::info!(%error, cloud, "The operation logs could not be read");
    }
    let reading = LogReading::of(pages, Timestamp::now());
    tracing::debug!(?reading, "Read the operation logs");
    reading
}

async fn pages(
    context: &Context,
    call: &PreparedCall,
    usable: &UsableCredential,
    since: Timestamp,
) -> Result<Vec<LogPage>, LookUpError> {
    let PreparedCall { endpoint, target, body: _ } = call;
    let limit = context.settings.policy.limit;
    let (mut pages, mut known, mut offset) = (Vec::new(), HashSet::new(), 0);
    while pages.len() < PAGES {
        let credential = &usable.credential;
        let page = context
            .cbr
            .operation_logs(endpoint, &target.project_id, since, offset, credential, limit)
            .await?;
        offset += page.items;
        // A service that does not know the offset shows the same again and again.
        let news = page.entries.iter().filter(|entry| known.insert(entry.id.clone())).count();
        let ends = !page.may_continue || (news == 0 && !page.entries.is_empty());
        pages.push(page);
        if ends {
            break;
        }
    }
    Ok(pages)
}
