//! An accepted resource: never called for again. What may be missing from its status is still
//! looked for: the end of another attempt, the id of its record, and then how that record goes on.

use std::time::Duration;

use crate::cbr::Records;
use crate::protocol::backoff;
use crate::protocol::decide::step::{Sight, Step, Wait, sight, unseen};
use crate::protocol::decide::testimony::{follow_by_logs, may_follow};
use crate::protocol::decide::tracking::{note_further_records, track};
use crate::protocol::describe::situation::Situation;
use crate::protocol::evidence::evidence;
use crate::protocol::facts::settle::{add_record, settle, take};
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::Observation;
use crate::protocol::policy::Policy;
use crate::resource::{Attempt, BackupReplicationStatus, Origin, Outcome, TrackingEnd};

/// `unchanged_for`: how long this process has seen the attempt in force in its present state.
pub(crate) fn accepted(
    status: &mut BackupReplicationStatus,
    unchanged_for: Duration,
    seen: &Observation<'_>,
    policy: &Policy,
) -> Step {
    let wait = |again: Option<Duration>| Step::Wait(Wait::new(Situation::Accepted, again));
    if let Some(out) = status.attempts.first().filter(|attempt| attempt.outcome.is_none()) {
        return wait(Some(policy.claim_lifetime(out).saturating_sub(unchanged_for)));
    }
    let missing = if let Some(unknown) =
        status.attempts.iter().find(|a| a.outcome == Some(Outcome::Unknown))
    {
        Missing::Outcome(unknown.clone())
    } else if status.operation_log_id.is_some() {
        return track(status, seen, policy);
    } else if let Some(nameless) = nameless(status) {
        Missing::Record(nameless.clone())
    } else {
        return track(status, seen, policy);
    };
    let attempt = missing.attempt();
    let left = policy.settles_after(attempt).saturating_sub(unchanged_for);
    let again = Some(backoff::lookup_delay(unchanged_for));
    let stuck = |status: &mut BackupReplicationStatus| match &missing {
        Missing::Outcome(attempt) => Step::Wait(Wait::new(
            Situation::AcceptedWithUnknown(attempt.clone(), unseen(seen)),
            again,
        )),
        Missing::Record(_) => {
            status.tracking_end = Some(TrackingEnd::NotReported);
            wait(None)
        }
    };
    // Its record is not shown; its entry in the operation logs may be.
    let by_logs = match (&missing, sight(seen)) {
        (Missing::Record(attempt), Sight::Seen(Lookup::Backup(backup))) => {
            let settled = left.is_zero() || backup.replication_records == Records::NotReported;
            settled && evidence(backup, seen).of_call(attempt, &others_records(status)).is_none()
        }
        (Missing::Record(_), Sight::Seen(Lookup::NotAvailable(_) | Lookup::NoSuchBackup(_))) => {
            true
        }
        (
            Missing::Record(_),
            Sight::Need(_)
            | Sight::Blind
            | Sight::Seen(
                Lookup::Unauthorized(_)
                | Lookup::Throttled { .. }
                | Lookup::Deferred { .. }
                | Lookup::Failed(_),
            ),
        )
        | (Missing::Outcome(_), _) => false,
    };
    if by_logs && may_follow(status, seen) {
        return follow_by_logs(status, seen, policy);
    }
    match sight(seen) {
        Sight::Need(need) => Step::See(need),
        Sight::Seen(Lookup::Backup(backup)) => {
            let found = evidence(backup, seen);
            let known = others_records(status);
            if let Some(record) = found.of_call(attempt, &known) {
                match &missing {
                    Missing::Record(_) => take(status, record, Origin::Called, seen.now),
                    Missing::Outcome(attempt) => {
                        let id = record.id.as_str().to_owned();
                        end(
                            status,
                            attempt,
                            Outcome::Accepted,
                            "The cloud's records show that it was accepted.",
                            seen,
                        );
                        add_record(status, id);
                    }
                }
                note_further_records(status, &found);
                wait(Some(Duration::ZERO))
            } else if left.is_zero()
                && matches!(missing, Missing::Outcome(_))
                && seen.target.is_at(&attempt.endpoint)
                && found.proves_absence(attempt, &known)
            {
                end(
                    status,
                    attempt,
                    Outcome::NotAccepted,
                    "No look at the cloud's records showed it.",
                    seen,
                );
                wait(None)
            } else if left.is_zero() {
                stuck(status)
            } else {
                wait(again)
            }
        }
        Sight::Seen(
            Lookup::Throttled { .. }
            | Lookup::Deferred { .. }
            | Lookup::Failed(_)
            | Lookup::Unauthorized(_),
        ) if !left.is_zero() => wait(again),
        // Look-ups worked before the call: one odd answer is no reason to give the record
        // up.
        Sight::Seen(Lookup::NotAvailable(_) | Lookup::NoSuchBackup(_))
            if !left.is_zero()
                && attempt.records_before.is_some()
                && matches!(missing, Missing::Record(_)) =>
        {
            wait(again)
        }
        Sight::Blind if !left.is_zero() && matches!(missing, Missing::Record(_)) => wait(again),
        Sight::Seen(
            Lookup::Throttled { .. }
            | Lookup::Deferred { .. }
            | Lookup::Failed(_)
            | Lookup::Unauthorized(_)
            | Lookup::NotAvailable(_)
            | Lookup::NoSuchBackup(_),
        )
        | Sight::Blind => stuck(status),
    }
}

enum Missing {
    /// Another attempt's outcome.
    Outcome(Attempt),
    /// The id of the accepted attempt's record.
    Record(Attempt),
}

impl Missing {
    fn attempt(&self) -> &Attempt {
        match self {
            Self::Outcome(attempt) | Self::Record(attempt) => attempt,
        }
    }
}

fn nameless(status: &BackupReplicationStatus) -> Option<&Attempt> {
    let attempt = status.attempts.iter().find(|attempt| attempt.outcome == Some(Outcome::Accepted));
    attempt.filter(|_| status.replication_record_id.is_none() && status.tracking_end.is_none())
}

/// Records that are not those of the attempt in question.
fn others_records(status: &BackupReplicationStatus) -> Vec<String> {
    let known = status.replication_record_id.iter().chain(&status.additional_records);
    known.chain(&status.declined_records).cloned().collect()
}

fn end(
    status: &mut BackupReplicationStatus,
    attempt: &Attempt,
    outcome: Outcome,
    by: &str,
    seen: &Observation<'_>,
) {
    if let Some(own) = status.attempts.iter_mut().find(|a| a.id == attempt.id) {
        settle(own, outcome, by, seen.now);
    }
}
