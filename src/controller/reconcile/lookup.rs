//! A look-up of the backup, in the terms of the decision.

use jiff::Timestamp;

use crate::controller::context::Context;
use crate::controller::prepared::PreparedCall;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::reconcile::reading::{CloudReading, CloudReply, NotBegun};
use crate::controller::state::gate::{CloudWait, LanePlace};
use crate::controller::state::operation::CloudOperation;
use crate::protocol::Lookup;

/// Looks the backup up.
pub(crate) async fn look_up(
    context: &Context,
    call: &PreparedCall,
    usable: &UsableCredential,
    place: &LanePlace,
) -> Lookup {
    let PreparedCall { endpoint, target, body: _ } = call;
    let reading =
        match CloudReading::begin(context, CloudOperation::Backup, endpoint, usable, place).await {
            Ok(reading) => reading,
            Err(NotBegun::Refused(why)) => return Lookup::Unauthorized(why),
            Err(NotBegun::Failed(why)) => return Lookup::Failed(why),
        };
    let limit = context.settings.policy.limit;
    let request = context.cbr.backup(endpoint, target, &usable.credential, limit);
    let CloudReply { answer, wait, took } = reading.ask(request).await;
    if let Err(error) = &answer {
        let cloud = error.cloud_error().map(ToString::to_string);
        tracing::info!(%error, cloud, "The look-up did not show the backup");
    }
    let lookup = match wait {
        Some(CloudWait { until, more: _ }) => Lookup::Throttled { until },
        None => Lookup::of(answer, Timestamp::now()),
    };
    context.metrics.cloud.looked_up(&lookup, took);
    reading.end((&lookup).into());
    tracing::debug!(?lookup, "Looked the backup up");
    lookup
}
