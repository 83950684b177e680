//! A reading of the project's operation logs, in the terms of the decision.

use std::collections::HashSet;
use std::time::Instant;

use jiff::Timestamp;

use crate::cbr::{LogPage, LookUpError};
use crate::controller::context::Context;
use crate::controller::prepared::PreparedCall;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::reconcile::lookup::heard;
use crate::controller::state::breakers::Pass;
use crate::controller::state::gate::{LanePlace, Wanted};
use crate::protocol::{LogReading, Lookup};

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
    let breaker = usable.breaker(&call.endpoint);
    let clock = || context.memory.now();
    let turn = match context.breakers.for_lookup(&breaker, &usable.credential, clock).await {
        Pass::Go(turn) => turn,
        Pass::Refused(why) => return LogReading::Unauthorized(why),
        Pass::Failed(why) => return LogReading::Failed(why),
    };
    let pages = pages(context, call, usable, place, since).await;
    if let Err(error) = &pages {
        let cloud = error.cloud_error().map(ToString::to_string);
        tracing::info!(%error, cloud, "The operation logs could not be read");
    }
    let reading = LogReading::of(pages, Timestamp::now());
    let of_credential = of_credential(&reading);
    usable.note_lookup(context, &of_credential);
    turn.note_lookup(&of_credential, context.memory.now());
    tracing::debug!(?reading, "Read the operation logs");
    reading
}

async fn pages(
    context: &Context,
    call: &PreparedCall,
    usable: &UsableCredential,
    place: &LanePlace,
    since: Timestamp,
) -> Result<Vec<LogPage>, LookUpError> {
    let PreparedCall { endpoint, target, body: _ } = call;
    let limit = context.settings.policy.limit;
    let (mut pages, mut known, mut offset) = (Vec::new(), HashSet::new(), 0);
    while pages.len() < PAGES {
        let credential = &usable.credential;
        let (started, sent) = (Instant::now(), context.memory.now());
        let page = context
            .cbr
            .operation_logs(endpoint, &target.project_id, since, offset, credential, limit)
            .await;
        let heard = heard(&page, started.elapsed(), limit);
        if let Some(Wanted { until: _, more }) =
            place.note(heard, sent, context.memory.now(), context.spread())
        {
            context.metrics.cloud.throttled(more);
        }
        let page = page?;
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

/// What the answer says of the credential, in the terms of a look-up.
fn of_credential(reading: &LogReading) -> Lookup {
    match reading {
        // Who lists a project's logs has looked at the credential; of a backup it says nothing.
        LogReading::Entries(_) => Lookup::NoSuchBackup(String::new()),
        LogReading::NotAvailable(why) => Lookup::NotAvailable(why.clone()),
        LogReading::Unauthorized(why) => Lookup::Unauthorized(why.clone()),
        LogReading::Throttled { until } => Lookup::Throttled { until: *until },
        LogReading::Failed(why) => Lookup::Failed(why.clone()),
    }
}
