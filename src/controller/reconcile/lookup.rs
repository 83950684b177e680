//! A look-up of the backup, in the terms of the decision.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::cbr::{Backup, LookUpError};
use crate::controller::context::Context;
use crate::controller::prepared::PreparedCall;
use crate::controller::reconcile::credential::UsableCredential;
use crate::controller::state::breakers::Pass;
use crate::controller::state::gate::{Heard, LanePlace, Wanted};
use crate::protocol::{Lookup, is_silence};

/// Looks the backup up.
pub(crate) async fn look_up(
    context: &Context,
    callable: &PreparedCall,
    usable: &UsableCredential,
    place: &LanePlace,
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
    let (started, sent) = (Instant::now(), context.memory.now());
    let answer = context.cbr.backup(endpoint, target, &usable.credential, limit).await;
    if let Err(error) = &answer {
        let cloud = error.cloud_error().map(ToString::to_string);
        tracing::info!(%error, cloud, "The look-up did not show the backup");
    }
    let heard = heard(&answer, started.elapsed(), limit);
    let wanted = place.note(heard, sent, context.memory.now(), context.spread());
    let lookup = match wanted {
        Some(Wanted { until, more }) => {
            context.metrics.cloud.throttled(more);
            Lookup::Throttled { until }
        }
        None => Lookup::of(answer, Timestamp::now()),
    };
    context.metrics.cloud.looked_up(&lookup, started.elapsed());
    usable.note_lookup(context, &lookup);
    turn.note_lookup(&lookup, context.memory.now());
    tracing::debug!(?lookup, "Looked the backup up");
    lookup
}

fn heard(answer: &Result<Backup, LookUpError>, took: Duration, limit: Duration) -> Heard {
    match answer {
        Err(LookUpError::Throttled { error: _, retry_after }) => Heard::Throttled(*retry_after),
        Ok(_)
        | Err(
            LookUpError::NotAvailable(_)
            | LookUpError::Unauthorized(_)
            | LookUpError::NoSuchBackup(_)
            | LookUpError::Unreadable { text: _, error: Some(_) },
        ) => Heard::Answer,
        Err(LookUpError::Unavailable { .. } | LookUpError::Unreadable { text: _, error: None }) => {
            if is_silence(took, limit) {
                Heard::Silence
            } else {
                Heard::Nothing
            }
        }
    }
}
