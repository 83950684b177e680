//! A look-up of the backup, in the terms of the decision.

use std::time::Instant;

use jiff::Timestamp;

use crate::controller::context::Context;
use crate::controller::prepared::PreparedCall;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::state::breakers::Pass;
use crate::protocol::Lookup;

/// Looks the backup up.
pub(crate) async fn look_up(
    context: &Context,
    callable: &PreparedCall,
    usable: &UsableCredential,
) -> Lookup {
    let PreparedCall { endpoint, target, body: _ } = callable;
    let limit = context.settings.policy.limit;
    let turn = match context
        .breakers
        .for_lookup(&usable.breaker(endpoint), &usable.credential, || context.memory.now())
        .await
    {
        Pass::Go(turn) => turn,
        Pass::Refused(why) => return Lookup::Unauthorized(why),
        Pass::Failed(why) => return Lookup::Failed(why),
    };
    let started = Instant::now();
    let answer = context.cbr.backup(endpoint, target, &usable.credential, limit).await;
    if let Err(error) = &answer {
        let cloud = error.cloud_error().map(ToString::to_string);
        tracing::info!(%error, cloud, "The look-up did not show the backup");
    }
    let lookup = Lookup::of(answer, Timestamp::now());
    context.metrics.cloud.looked_up(&lookup, started.elapsed());
    usable.note_lookup(context, &lookup);
    turn.note_lookup(&lookup, context.memory.now());
    tracing::debug!(?lookup, "Looked the backup up");
    lookup
}
