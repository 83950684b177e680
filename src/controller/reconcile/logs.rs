//! A reading of the project's operation logs, in the terms of the decision.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::cbr::{LogPage, LookUpError};
use crate::controller::context::Context;
use crate::controller::prepared::PreparedCall;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::reconcile::reading::{CloudReading, NotBegun};
use crate::controller::state::gate::LanePlace;
use crate::controller::state::operation::CloudOperation;
use crate::protocol::LogReading;

/// Pages that are read at most. Where there are more, what the rest shows stays unseen.
const PAGES: usize = 10;

/// Reads them from then on.
pub(super) async fn read_logs(
    context: &Context,
    call: &PreparedCall,
    usable: &UsableCredential,
    place: &LanePlace,
    since: Timestamp,
) -> LogReading {
    let reading =
        match CloudReading::begin(context, CloudOperation::Logs, &call.endpoint, usable, place)
            .await
        {
            Ok(reading) => reading,
            Err(NotBegun::Refused(why)) => return LogReading::Unauthorized(why),
            Err(NotBegun::Failed(why)) => return LogReading::Failed(why),
        };
    let pages = pages(context, call, usable, &reading, since).await;
    if let Err(error) = &pages {
        let cloud = error.cloud_error().map(ToString::to_string);
        tracing::info!(%error, cloud, "The operation logs could not be read");
    }
    let logs = LogReading::of(pages, Timestamp::now());
    reading.end((&logs).into());
    tracing::debug!(?logs, "Read the operation logs");
    logs
}

async fn pages(
    context: &Context,
    call: &PreparedCall,
    usable: &UsableCredential,
    reading: &CloudReading<'_>,
    since: Timestamp,
) -> Result<Vec<LogPage>, LookUpError> {
    let PreparedCall { endpoint, target, body: _ } = call;
    let (project, credential) = (&target.project_id, &usable.credential);
    let limit = context.settings.policy.limit;
    let (mut pages, mut known, mut offset) = (Vec::new(), HashSet::new(), 0);
    while pages.len() < PAGES {
        let request =
            context.cbr.operation_logs(endpoint, project, since, offset, credential, limit);
        let page = reading.ask(request).await.answer?;
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
