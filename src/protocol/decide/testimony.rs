//! What the operation logs say: whether a call of unknown outcome was accepted, and how a copy goes
//! on whose record is not reported. Asked sparingly, and never a reason for a call.

use std::time::Duration;

use jiff::Timestamp;

use crate::cbr::{OperationLog, same_spelling};
use crate::protocol::backoff;
use crate::protocol::credential::CredentialReading;
use crate::protocol::decide::step::{Need, Step, Wait};
use crate::protocol::describe::situation::Situation;
use crate::protocol::facts::logged::follow_log;
use crate::protocol::facts::settle::add_record;
use crate::protocol::logged_calls::{CallTime, may_be_accepted};
use crate::protocol::observation::Observation;
use crate::protocol::policy::Policy;
use crate::protocol::witness::{LogReading, entries_of_all, entry_of, find};
use crate::resource::{Attempt, BackupReplicationStatus, Outcome, TrackingEnd, TrackingIssue};

/// One reading serves all resources of a viewer for so long.
const SHARED: Duration = Duration::from_secs(5);

/// What is decided waits so long for logs that the cloud throttles, and no longer: they are asked
/// because they may help, and may not be there at all.
const WAITED_FOR: Duration = Duration::from_secs(60);

/// What the logs say of an attempt of unknown outcome.
pub(crate) enum Testimony<'a> {
    /// They must be read first.
    Need(Need),
    /// The entry of its call: it was accepted.
    Accepted(&'a OperationLog),
    /// They can be read after this, and that is worth waiting for.
    Later(Duration),
    /// Nothing, which proves nothing.
    Silent,
}

/// `since`: for how long the outcome has been unknown. `at_last`: what follows would end the
/// matter, so that they are read once more whenever that was done before.
pub(crate) fn testimony<'a>(
    attempt: &Attempt,
    since: Duration,
    at_last: bool,
    seen: &'a Observation<'_>,
) -> Testimony<'a> {
    let Some(begins) =
        CallTime::of(attempt).map(|time| time.from).filter(|_| can_be_asked(attempt, seen))
    else {
        return Testimony::Silent;
    };
    match &seen.logs {
        Some(LogReading::Entries(entries)) => {
            let entry = entry_of(entries, attempt, seen.resource, &seen.others_calls);
            entry.map_or(Testimony::Silent, Testimony::Accepted)
        }
        Some(LogReading::Throttled { until })
            if at_last && seen.history.logs_throttled_for < WAITED_FOR =>
        {
            Testimony::Later(backoff::remaining(*until, seen.now).min(WAITED_FOR))
        }
        Some(
            LogReading::NotAvailable(_)
            | LogReading::Unauthorized(_)
            | LogReading::Throttled { .. }
            | LogReading::Failed(_),
        ) => Testimony::Silent,
        None => {
            let pause = backoff::lookup_delay(since) / 2;
            let due = seen.history.logs_ago.is_none_or(|ago| ago >= pause);
            if at_last {
                Testimony::Need(Need::Logs { since: begins, max_age: Duration::ZERO })
            } else if due {
                // A reading from before its end cannot show it.
                Testimony::Need(Need::Logs { since: begins, max_age: SHARED.min(since) })
            } else {
                Testimony::Silent
            }
        }
    }
}

/// Whether a later reading may show the call: the last one could be made.
pub(crate) fn may_tell_later(attempt: &Attempt, seen: &Observation<'_>) -> bool {
    let read = match &seen.logs {
        Some(LogReading::NotAvailable(_)) => false,
        Some(
            LogReading::Entries(_)
            | LogReading::Unauthorized(_)
            | LogReading::Throttled { .. }
            | LogReading::Failed(_),
        ) => true,
        None => seen.history.logs_ago.is_some() && seen.history.no_logs_for.is_zero(),
    };
    read && CallTime::of(attempt).is_some() && can_be_asked(attempt, seen)
}

/// Only the place of the call has logged it.
fn can_be_asked(attempt: &Attempt, seen: &Observation<'_>) -> bool {
    let usable = matches!(seen.credential, Some(CredentialReading::Usable { .. }));
    usable && seen.target.is_at(&attempt.endpoint)
}

/// Whether a copy whose record is not reported may still be followed by the logs.
pub(crate) fn may_follow(status: &BackupReplicationStatus, seen: &Observation<'_>) -> bool {
    accepted_attempt(status)
        .is_some_and(|attempt| CallTime::of(attempt).is_some() && can_be_asked(attempt, seen))
}

/// The attempt that was accepted, if it was a call of the resource's own.
fn accepted_attempt(status: &BackupReplicationStatus) -> Option<&Attempt> {
    status.attempts.iter().find(|attempt| attempt.outcome == Some(Outcome::Accepted))
}

/// From when on the logs may show a call of this resource.
fn first_call(status: &BackupReplicationStatus) -> Option<Timestamp> {
    status.attempts.iter().filter_map(CallTime::of).map(|time| time.from).min()
}

/// A double is never silent: where more calls than one can have been accepted, each entry is one. The one that is taken for the call in
/// force, else the newest, is not told.
fn note_further_entries(
    status: &mut BackupReplicationStatus,
    entries: &[OperationLog],
    seen: &Observation<'_>,
) {
    // One call makes no double, however many entries a cloud writes for it.
    if status.attempts.iter().filter(|attempt| may_be_accepted(attempt)).count() < 2 {
        return;
    }
    let own = entries_of_all(entries, seen.resource, &seen.others_calls);
    let newest = own.last().map(|entry| entry.id.as_str().to_owned());
    let Some(known) = status.operation_log_id.clone().or(newest) else { return };
    for entry in own {
        if !same_spelling(entry.id.as_str(), &known) {
            add_record(status, format!("operation-log-{}", entry.id));
        }
    }
}

/// Follows the copy by its entry in the logs, which is looked for until the settling time is over.
pub(crate) fn follow_by_logs(
    status: &mut BackupReplicationStatus,
    seen: &Observation<'_>,
    policy: &Policy,
) -> Step {
    let wait = |again| Step::Wait(Wait::new(Situation::Accepted, again));
    let Some(attempt) = accepted_attempt(status).cloned() else {
        status.tracking_end = Some(TrackingEnd::NotReported);
        return wait(None);
    };
    let backup = seen.resource.backup_id().unwrap_or_default();
    let accepted_at = status.accepted_at.as_ref().map_or(seen.now, |at| at.0);
    let age = Duration::try_from(seen.now.duration_since(accepted_at)).unwrap_or_default();
    let again = backoff::tracking_delay(age, backup);
    let Some(reading) = &seen.logs else {
        let due_in = seen.history.logs_ago.map_or(Duration::ZERO, |ago| {
            backoff::tracking_delay(age.saturating_sub(ago), backup).saturating_sub(ago)
        });
        return match CallTime::of(&attempt) {
            Some(time) if due_in.is_zero() => Step::See(Need::Logs {
                since: first_call(status).unwrap_or(time.from),
                max_age: SHARED,
            }),
            Some(_) => wait(Some(due_in)),
            None => wait(Some(again)),
        };
    };
    if let LogReading::Entries(entries) = reading {
        note_further_entries(status, entries, seen);
    }
    let known = status.operation_log_id.clone();
    let entry = match reading {
        LogReading::Entries(entries) => match &known {
            Some(id) => find(entries, id),
            None => entry_of(entries, &attempt, seen.resource, &seen.others_calls),
        },
        LogReading::Throttled { until } => return wait(Some(backoff::remaining(*until, seen.now))),
        LogReading::Unauthorized(_) => {
            status.tracking_issue = Some(TrackingIssue::CredentialRejected);
            None
        }
        LogReading::NotAvailable(_) | LogReading::Failed(_) => None,
    };
    if let Some(entry) = entry {
        follow_log(status, entry, seen.now);
    } else {
        // A clock that is ahead for a moment must not end it.
        let waited = age.min(seen.history.known_for);
        status.tracking_end = match (&known, reading) {
            (None, LogReading::NotAvailable(_))
                if seen.history.no_logs_for >= policy.lookup_patience =>
            {
                Some(TrackingEnd::NotReported)
            }
            (None, _) if waited >= policy.settles_after(&attempt) => Some(TrackingEnd::NotReported),
            (Some(_), LogReading::Entries(_) | LogReading::NotAvailable(_))
                if seen.history.log_missing_for >= policy.settling_time =>
            {
                Some(TrackingEnd::RecordGone)
            }
            (None | Some(_), _) => None,
        };
    }
    let over = age >= policy.tracking_limit
        && seen.history.known_for >= CLOCK_TRUSTED_AFTER.min(policy.tracking_limit);
    if status.tracking_end.is_none() && over {
        status.tracking_end = Some(TrackingEnd::LimitReached);
    }
    match status.tracking_end {
        Some(_) => {
            status.tracking_issue = None;
            wait(None)
        }
        None => wait(Some(again)),
    }
}

/// How long a process must have known a resource before the wall clock alone ends its tracking.
const CLOCK_TRUSTED_AFTER: Duration = Duration::from_secs(60 * 60);
