//! A list of the backups of which one is to be chosen, in the terms of the decision.

use std::time::Instant;

use jiff::Timestamp;

use crate::controller::context::Context;
use crate::controller::prepared::PreparedList;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::state::breakers::Pass;
use crate::protocol::ListReading;

/// Lists the backups.
pub(crate) async fn list_backups(
    context: &Context,
    prepared: &PreparedList,
    usable: &UsableCredential,
) -> ListReading {
    let PreparedList { endpoint, project_id, query } = prepared;
    let turn = match context
        .breakers
        .for_lookup(&usable.breaker(endpoint), &usable.credential, || context.memory.now())
        .await
    {
        Pass::Go(turn) => turn,
        Pass::Refused(why) => return ListReading::Unauthorized(why),
        Pass::Failed(why) => return ListReading::Failed(why),
    };
    let limit = context.settings.policy.limit;
    let started = Instant::now();
    let answer = context.cbr.backups(endpoint, project_id, query, &usable.credential, limit).await;
    if let Err(error) = &answer {
        tracing::info!(%error, "The backups could not be listed");
    }
    let backups = ListReading::of(answer, Timestamp::now());
    context.metrics.cloud.listed(&backups, started.elapsed());
    usable.note_list(context, &backups);
    turn.note_list(&backups, context.memory.now());
    tracing::debug!(?backups, "Listed the backups");
    backups
}
