//! Following the record of an accepted call to its end. Nothing here can lead to a call.

use std::time::Duration;

use crate::cbr::Records;
use crate::protocol::backoff;
use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::step::{Need, Sight, Step, Wait, sight};
use crate::protocol::decide::testimony::{follow_by_logs, may_follow};
use crate::protocol::describe::situation::Situation;
use crate::protocol::evidence::{Evidence, evidence};
use crate::protocol::facts::call_result::bounded;
use crate::protocol::facts::progress::follow;
use crate::protocol::facts::settle::add_record;
use crate::protocol::lookup::{Lookup, find, names_answered_record};
use crate::protocol::observation::Observation;
use crate::protocol::policy::Policy;
use crate::resource::{BackupReplicationStatus, TrackingEnd, TrackingIssue, bounds};

/// Look-ups that fail for a shorter time are nobody's concern.
const WORTH_TELLING: Duration = Duration::from_secs(10 * 60);
/// How long a process must have known a resource before the wall clock alone ends its tracking.
const CLOCK_TRUSTED_AFTER: Duration = Duration::from_secs(60 * 60);

/// Looks at the record when that is due, and folds what it shows into the status.
pub(crate) fn track(
    status: &mut BackupReplicationStatus,
    seen: &Observation<'_>,
    policy: &Policy,
) -> Step {
    let wait = |again| Step::Wait(Wait::new(Situation::Accepted, again));
    if status.operation_log_id.is_some() && status.tracking_end.is_none() {
        return by_logs(status, seen, policy);
    }
    let (Some(record_id), None) = (status.replication_record_id.clone(), status.tracking_end)
    else {
        return wait(None);
    };
    let accepted_at = status.accepted_at.as_ref().map_or(seen.now, |at| at.0);
    let age = Duration::try_from(seen.now.duration_since(accepted_at)).unwrap_or_default();
    let backup = seen.resource.backup_id().unwrap_or_default();
    let sight = if seen.lookup.is_some() {
        sight(seen)
    } else {
        let due_in = match seen.history.ago {
            Some(ago) => {
                backoff::tracking_delay(age.saturating_sub(ago), backup).saturating_sub(ago)
            }
            // Who has just started has no reason to look at all of them at once.
            None => {
                backoff::first_tracking_delay(age, backup).saturating_sub(seen.history.known_for)
            }
        };
        if !due_in.is_zero() {
            return wait(Some(due_in));
        }
        match sight(seen) {
            Sight::Need(Need::Lookup { max_age: _ }) => {
                // Any look that is younger than its own last one is news to it.
                let delay = backoff::tracking_delay(age, backup);
                let max_age = seen.history.ago.unwrap_or(delay / 2).min(delay);
                return Step::See(Need::Lookup { max_age });
            }
            other @ (Sight::Need(Need::Credential | Need::Backups | Need::Logs { .. })
            | Sight::Seen(_)
            | Sight::Blind) => other,
        }
    };
    // A clock that is ahead for a moment must not end what it takes days to follow.
    let known_long_enough =
        seen.history.known_for >= policy.tracking_limit.min(CLOCK_TRUSTED_AFTER);
    let over = age >= policy.tracking_limit && known_long_enough;
    let missing_for_good = seen.history.not_shown_for >= policy.settling_time;
    let again = Some(backoff::tracking_delay(age, backup));
    let was_shown = status.record_status.is_some();
    let end = match sight {
        Sight::Need(need) => return Step::See(need),
        Sight::Seen(Lookup::Throttled { until } | Lookup::Deferred { until }) => {
            let end = over && seen.history.ago.is_some();
            if !end {
                return wait(Some(backoff::remaining(*until, seen.now)));
            }
            None
        }
        Sight::Seen(Lookup::Backup(backup)) => {
            status.tracking_issue = None;
            note_further_records(status, &evidence(backup, seen));
            match (find(backup, &record_id), &backup.replication_records) {
                (Some(record), _) => {
                    note_viewer(status, seen);
                    follow(status, record, seen.now);
                    status.tracking_end
                }
                (None, Records::NotReported) if !was_shown => Some(TrackingEnd::NotReported),
                (None, Records::NotReported | Records::Reported { .. }) if !missing_for_good => {
                    None
                }
                (None, Records::NotReported) => Some(TrackingEnd::NotReported),
                (None, Records::Reported { .. }) if was_shown => Some(TrackingEnd::RecordGone),
                (None, Records::Reported { .. }) => Some(TrackingEnd::NotReported),
            }
        }
        Sight::Seen(Lookup::NotAvailable(_)) => {
            status.tracking_issue = None;
            // There was none before the call either.
            let never = !was_shown
                && status.attempts.first().is_some_and(|attempt| attempt.records_before.is_none());
            (never || missing_for_good).then_some(TrackingEnd::NotReported)
        }
        Sight::Seen(Lookup::NoSuchBackup(_)) => {
            status.tracking_issue = None;
            missing_for_good.then_some(TrackingEnd::BackupGone)
        }
        Sight::Seen(Lookup::Unauthorized(_)) => {
            status.tracking_issue = Some(TrackingIssue::CredentialRejected);
            None
        }
        Sight::Seen(Lookup::Failed(_)) => {
            if seen.history.failing_for >= WORTH_TELLING {
                status.tracking_issue = Some(TrackingIssue::LookUpFailed);
            }
            None
        }
        Sight::Blind => {
            status.tracking_issue = Some(blindness(seen));
            None
        }
    };
    // The backup's records do not tell; the operation logs may.
    if end == Some(TrackingEnd::NotReported) && may_follow(status, seen) {
        return follow_by_logs(status, seen, policy);
    }
    match end.or_else(|| over.then_some(TrackingEnd::LimitReached)) {
        Some(end) => {
            status.tracking_end = Some(end);
            status.tracking_issue = None;
            wait(None)
        }
        None => wait(again),
    }
}

/// Accepted in this round. What follows is the next round's matter.
pub(crate) fn just_accepted(status: &BackupReplicationStatus) -> Wait {
    Wait::new(Situation::Accepted, status.tracking_end.is_none().then_some(Duration::ZERO))
}

/// Every record of the same destination that is not older than the first attempt is one of a
/// further accepted call: a double is never silent.
pub(crate) fn note_further_records(status: &mut BackupReplicationStatus, found: &Evidence<'_>) {
    let Some(first) = status.attempts.iter().min_by_key(|attempt| attempt.number) else { return };
    let known: Vec<String> =
        status.replication_record_id.iter().chain(&status.declined_records).cloned().collect();
    for record in found.further(first, &known) {
        add_record(status, record);
    }
}

/// This credential has been shown the record of an accepted call: that is known to later processes,
/// too.
fn note_viewer(status: &mut BackupReplicationStatus, seen: &Observation<'_>) {
    if let Some(CredentialReading::Usable { viewer, version: _ }) = &seen.credential
        && names_answered_record(status)
    {
        status.record_shown_to = Some(bounded(viewer, bounds::VIEWER));
    }
}

/// What keeps the operator from looking at all.
fn blindness(seen: &Observation<'_>) -> TrackingIssue {
    match &seen.credential {
        Some(CredentialReading::Problem(problem)) => problem.tracking_issue(),
        Some(CredentialReading::Usable { .. }) | None => TrackingIssue::EndpointRefused,
    }
}

/// The credential is all that is needed: the backup is not looked up any more.
fn by_logs(status: &mut BackupReplicationStatus, seen: &Observation<'_>, policy: &Policy) -> Step {
    match sight(seen) {
        Sight::Need(Need::Credential) => Step::See(Need::Credential),
        Sight::Blind => {
            status.tracking_issue = Some(blindness(seen));
            let again = backoff::lookup_delay(seen.history.logs_ago.unwrap_or_default());
            Step::Wait(Wait::new(Situation::Accepted, Some(again)))
        }
        Sight::Need(Need::Lookup { .. } | Need::Backups | Need::Logs { .. }) | Sight::Seen(_) => {
            follow_by_logs(status, seen, policy)
        }
    }
}
