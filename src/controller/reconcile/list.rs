//! A list of the backups of which one is to be chosen, in the terms of the decision.

use jiff::Timestamp;

use crate::controller::context::Context;
use crate::controller::prepared::PreparedList;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::reconcile::reading::{CloudReading, CloudReply, NotBegun};
use crate::controller::state::gate::{CloudWait, LanePlace};
use crate::controller::state::operation::CloudOperation;
use crate::protocol::ListReading;

/// Lists the backups.
pub(crate) async fn list_backups(
    context: &Context,
    prepared: &PreparedList,
    usable: &UsableCredential,
    place: &LanePlace,
) -> ListReading {
    let PreparedList { endpoint, project_id, query } = prepared;
    let reading =
        match CloudReading::begin(context, CloudOperation::List, endpoint, usable, place).await {
            Ok(reading) => reading,
            Err(NotBegun::Refused(why)) => return ListReading::Unauthorized(why),
            Err(NotBegun::Failed(why)) => return ListReading::Failed(why),
        };
    let limit = context.settings.policy.limit;
    let request = context.cbr.backups(endpoint, project_id, query, &usable.credential, limit);
    let CloudReply { answer, wait, took } = reading.ask(request).await;
    if let Err(error) = &answer {
        tracing::info!(%error, "The backups could not be listed");
    }
    let backups = match wait {
        Some(CloudWait { until, more: _ }) => ListReading::Throttled { until },
        None => ListReading::of(answer, Timestamp::now()),
    };
    context.metrics.cloud.listed(&backups, took);
    reading.end((&backups).into());
    tracing::debug!(?backups, "Listed the backups");
    backups
}
