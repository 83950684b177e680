//! Following the record of an accepted call to its end. Nothing here can lead to a call.

use std::time::Duration;

use crate::cbr::Records;
use crate::protocol::backoff;
use crate::protocol::decide::step::{Need, Sight, Step, Wait, sight};
use crate::protocol::describe::situation::Situation;
use crate::protocol::facts::progress::follow;
use crate::protocol::lookup::{Lookup, find};
use crate::protocol::observation::{CredentialReading, Observation};
use crate::protocol::policy::Policy;
use crate::resource::{BackupReplicationStatus, TrackingEnd, TrackingIssue};

/// Looks that fail for a shorter time are nobody's concern.
const WORTH_TELLING: Duration = Duration::from_secs(10 * 60);

/// Looks at the record when that is due, and folds what it shows into the status.
pub(crate) fn track(status: &mut BackupReplicationStatus, seen: &Observation<'_>, policy: &Policy) -> Step {
    let wait = |again| Step::Wait(Wait::new(Situation::Accepted, again));
    let (Some(record_id), None) = (status.replication_record_id.clone(), status.tracking_end) else {
        return wait(None);
    };
    let accepted_at = status.accepted_at.as_ref().map_or(seen.now, |at| at.0);
    let age = Duration::try_from(seen.now.duration_since(accepted_at)).unwrap_or_default();
    let backup = &seen.resource.spec.backup_id;
    let sight = if seen.look.is_some() {
        sight(seen)
    } else {
        let due_in = match seen.looked.ago {
            Some(ago) => backoff::tracking_delay(age.saturating_sub(ago), backup).saturating_sub(ago),
            // Who has just started has no reason to look at all of them at once.
            None => backoff::first_tracking_delay(age, backup).saturating_sub(seen.looked.known_for),
        };
        if !due_in.is_zero() {
            return wait(Some(due_in));
        }
        match sight(seen) {
            Sight::Need(Need::Lookup { max_age: _ }) => {
                // Any look that is younger than its own last one is news to it.
                let delay = backoff::tracking_delay(age, backup);
                let max_age = seen.looked.ago.unwrap_or(delay / 2).min(delay);
                return Step::See(Need::Lookup { max_age });
            }
            other @ (Sight::Need(Need::Credential(_)) | Sight::Seen(_) | Sight::Blind) => other,
        }
    };
    let over = age >= policy.tracking_limit;
    let missing_for_good = seen.looked.not_shown_for >= policy.settling_time;
    let again = Some(backoff::tracking_delay(age, backup));
    let was_shown = status.record_status.is_some();
    let end = match sight {
        Sight::Need(need) => return Step::See(need),
        Sight::Seen(Lookup::Throttled { until } | Lookup::Deferred { until }) => {
            let end = over && seen.looked.ago.is_some();
            if !end {
                return wait(Some(backoff::remaining(*until, seen.now)));
            }
            None
        }
        Sight::Seen(Lookup::Backup(backup)) => {
            status.tracking_issue = None;
            match (find(backup, &record_id), &backup.replication_records) {
                (Some(record), _) => {
                    follow(status, record, seen.now);
                    status.tracking_end
                }
                (None, Records::NotReported) if !was_shown => Some(TrackingEnd::NotReported),
                (None, Records::NotReported | Records::Reported { .. }) if !missing_for_good => None,
                (None, Records::NotReported) => Some(TrackingEnd::NotReported),
                (None, Records::Reported { .. }) if was_shown => Some(TrackingEnd::RecordGone),
                (None, Records::Reported { .. }) => Some(TrackingEnd::NotReported),
            }
        }
        Sight::Seen(Lookup::NotAvailable(_)) => {
            status.tracking_issue = None;
            // There was none before the call either.
            let never = !was_shown && status.attempts.first().is_some_and(|attempt| attempt.records_before.is_none());
            (never || missing_for_good).then_some(TrackingEnd::NotReported)
        }
        Sight::Seen(Lookup::NoSuchBackup(_)) => {
            status.tracking_issue = None;
            missing_for_good.then_some(TrackingEnd::BackupGone)
        }
        Sight::Seen(Lookup::Unauthorized(_)) => {
            status.tracking_issue = Some(TrackingIssue::TokenRejected);
            None
        }
        Sight::Seen(Lookup::Failed(_)) => {
            if seen.looked.failing_for >= WORTH_TELLING {
                status.tracking_issue = Some(TrackingIssue::LookUpFailed);
            }
            None
        }
        Sight::Blind => {
            status.tracking_issue = Some(blindness(seen));
            None
        }
    };
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

/// What keeps the operator from looking at all.
fn blindness(seen: &Observation<'_>) -> TrackingIssue {
    match &seen.credential {
        Some(CredentialReading::SecretNotFound) => TrackingIssue::SecretNotFound,
        Some(CredentialReading::TokenMissing) => TrackingIssue::TokenMissing,
        Some(CredentialReading::TokenUnusable(_)) => TrackingIssue::TokenUnusable,
        Some(CredentialReading::NotPermitted(_)) => TrackingIssue::SecretNotPermitted,
        Some(CredentialReading::Usable { .. }) | None => TrackingIssue::EndpointRefused,
    }
}
