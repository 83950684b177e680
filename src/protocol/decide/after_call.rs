//! What is written when a call has ended: its facts, and at once the words for them.

use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::{Action, decide};
use crate::protocol::describe::describe;
use crate::protocol::describe::situation::Situation;
use crate::protocol::lookup::LookupHistory;
use crate::protocol::observation::{FreshAttempt, Observation, TargetReading};
use crate::protocol::policy::Policy;
use crate::resource::{Attempt, BackupReplication, BackupReplicationStatus};

/// The recorded facts with the phase and the conditions that tell them, so that one write says all;
/// and when to look again. What a look would show is the next round's matter.
pub fn describe_result(
    object: &BackupReplication,
    recorded: BackupReplicationStatus,
    attempt: &Attempt,
    target: TargetReading,
    credential: CredentialReading,
    policy: &Policy,
    now: Timestamp,
) -> (BackupReplicationStatus, Option<Duration>) {
    let object = BackupReplication { status: Some(recorded), ..object.clone() };
    let seen = Observation {
        resource: &object,
        now,
        unchanged_for: Duration::ZERO,
        never_called: false,
        target,
        credential: Some(credential),
        lookup: None,
        logs: None,
        others_calls: Vec::new(),
        cloud_offset: None,
        backups: None,
        history: LookupHistory::default(),
        records_known: false,
        credential_refused: false,
        same_target_in_use: None,
        throttled_until: None,
        refused_claim: None,
        metadata_bytes: 0,
        fresh: &FreshAttempt { id: attempt.id.clone(), claimant: attempt.claimed_by.clone() },
    };
    match decide(&seen, policy) {
        Action::Update { status, requeue_after } => (*status, requeue_after),
        // It must be looked at, or may be called for again already (the spec changed under the
        // call).
        Action::ReadCredential
        | Action::ListBackups
        | Action::Lookup { .. }
        | Action::ReadLogs { .. }
        | Action::Claim { .. } => (without_a_look(&object, now), Some(Duration::ZERO)),
    }
}

fn without_a_look(resource: &BackupReplication, now: Timestamp) -> BackupReplicationStatus {
    let mut status = resource.status.clone().unwrap_or_default();
    let situation = match status.attempts.first() {
        Some(attempt) if !status.is_accepted() => Situation::CallEnded(attempt.clone()),
        Some(_) | None => Situation::Accepted,
    };
    describe(resource, &mut status, &situation, None, now);
    status
}
