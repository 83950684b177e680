//! A look-up of the backup, in the terms of the decision.

use std::time::Instant;

use jiff::Timestamp;

use crate::cbr::Credential;
use crate::controller::context::Context;
use crate::controller::prepared::PreparedCall;
use crate::protocol::Lookup;

/// Looks the backup up.
pub(crate) async fn look_up(
    context: &Context,
    callable: &PreparedCall,
    credential: &Credential,
) -> Lookup {
    let PreparedCall { endpoint, target, body: _ } = callable;
    let limit = context.settings.policy.limit;
    let started = Instant::now();
    let answer = context.cbr.backup(endpoint, target, credential, limit).await;
    if let Err(error) = &answer {
        let cloud = error.cloud_error().map(ToString::to_string);
        tracing::info!(%error, cloud, "The look-up did not show the backup");
    }
    let lookup = Lookup::of(answer, Timestamp::now());
    context.metrics.cloud.looked_up(&lookup, started.elapsed());
    tracing::debug!(?lookup, "Looked the backup up");
    lookup
}
