//! A list of the backups of which one is to be chosen, in the terms of the decision.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::cbr::{BackupList, ListError};
use crate::controller::context::Context;
use crate::controller::prepared::PreparedList;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::state::breakers::Pass;
use crate::controller::state::gate::{Heard, LanePlace, Wanted};
use crate::protocol::{ListReading, is_silence};

/// Lists the backups.
pub(crate) async fn list_backups(
    context: &Context,
    prepared: &PreparedList,
    usable: &UsableCredential,
    place: &LanePlace,
) -> ListReading {
    let PreparedList { endpoint, project_id, query } = prepared;
    let limit = context.settings.policy.limit;
    let turn = match context
        .breakers
        .for_lookup(&usable.breaker(endpoint), &usable.credential, || context.memory.now())
        .await
    {
        Pass::Go(turn) => turn,
        Pass::Refused(why) => return ListReading::Unauthorized(why),
        Pass::Failed(why) => return ListReading::Failed(why),
    };
    let (started, sent) = (Instant::now(), context.memory.now());
    let answer = context.cbr.backups(endpoint, project_id, query, &usable.credential, limit).await;
    if let Err(error) = &answer {
        tracing::info!(%error, "The backups could not be listed");
    }
    let heard = heard(&answer, started.elapsed(), limit);
    let backups = match place.note(heard, sent, context.memory.now(), context.spread()) {
        Some(Wanted { until, more }) => {
            context.metrics.cloud.throttled(more);
            ListReading::Throttled { until }
        }
        None => ListReading::of(answer, Timestamp::now()),
    };
    context.metrics.cloud.listed(&backups, started.elapsed());
    usable.note_list(context, &backups);
    turn.note_list(&backups, context.memory.now());
    tracing::debug!(?backups, "Listed the backups");
    backups
}

fn heard(answer: &Result<BackupList, ListError>, took: Duration, limit: Duration) -> Heard {
    match answer {
        Err(ListError::Throttled { error: _, retry_after }) => Heard::Throttled(*retry_after),
        Ok(_) | Err(ListError::NotAvailable(_) | ListError::Unauthorized(_)) => Heard::Answer,
        Err(ListError::Failed(_)) => {
            if is_silence(took, limit) {
                Heard::Silence
            } else {
                Heard::Nothing
            }
        }
    }
}
