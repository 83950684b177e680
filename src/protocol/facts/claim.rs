//! Folding a claim into a status.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::protocol::evidence::OtherVault;
use crate::protocol::observation::FreshAttempt;
use crate::protocol::policy::Policy;
use crate::resource::{Attempt, BackupReplication, BackupReplicationStatus, Outcome, bounds};

/// What the claim writes down beside the policy.
pub(crate) struct Call<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) secret_version: &'a str,
    pub(crate) records_before: Option<Vec<String>>,
    /// By the cloud's clock.
    pub(crate) cloud_time: Option<Time>,
    /// A live replication to the same region into another vault.
    pub(crate) other_vault: Option<OtherVault>,
}

/// A fresh attempt at the head of the list. Beyond five, the oldest that was not accepted goes.
pub(crate) fn claim(
    status: &mut BackupReplicationStatus,
    fresh: &FreshAttempt,
    policy: &Policy,
    call: Call<'_>,
    of: &BackupReplication,
    now: Timestamp,
) -> Attempt {
    let Call { endpoint, secret_version, records_before, cloud_time, other_vault: _ } = call;
    let number = status.attempts.first().map_or(1, |newest| newest.number.saturating_add(1));
    let attempt = Attempt {
        id: fresh.id.clone(),
        number,
        generation: of.metadata.generation.unwrap_or_default(),
        request_digest: of.request_digest(),
        endpoint: endpoint.to_owned(),
        claimed_at: Time(now),
        claimed_by: fresh.claimant.clone(),
        window: policy.window.into(),
        limit: policy.limit.into(),
        secret_version: Some(secret_version.to_owned()),
        records_before,
        cloud_time,
        outcome: None,
        rejection: None,
        http_status: None,
        code: None,
        record_id: None,
        request_id: None,
        message: None,
        ended_at: None,
        retry_at: None,
    };
    status.attempts.insert(0, attempt.clone());
    keep_newest(&mut status.attempts);
    attempt
}

/// Cuts the list to its bound from its old end, and never an attempt that was, or may have been,
/// accepted.
pub(crate) fn keep_newest(attempts: &mut Vec<Attempt>) {
    while attempts.len() > bounds::ATTEMPTS {
        let settled = |a: &Attempt| a.outcome.is_some_and(Outcome::allows_next_attempt);
        let Some(oldest) = attempts.iter().skip(1).rposition(settled) else {
            return;
        };
        attempts.remove(oldest + 1);
    }
}
