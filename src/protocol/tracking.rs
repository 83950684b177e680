//! Following the record of an accepted call to its end. Nothing here can lead to a call.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::backoff;
use super::ending::bounded;
use super::evidence::Look;
use super::observation::{CredentialReading, Observation};
use super::policy::Policy;
use super::situation::Situation;
use super::step::{Need, Sight, Step, Wait, sight};
use crate::cbr::{Backup, RecordStatus, Records, ReplicationRecord};
use crate::resource::{BackupReplication, BackupReplicationStatus, Origin, TrackingEnd, TrackingIssue, bounds};

/// Looks that fail for a shorter time are nobody's concern.
const WORTH_TELLING: Duration = Duration::from_secs(10 * 60);

/// What this process remembers of the looks at a resource's backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// How long it has known the resource.
    pub known_for: Duration,
    /// How long ago it last looked; `None` if it has not.
    pub ago: Option<Duration>,
    /// For how long looks have been failing.
    pub failing_for: Duration,
    /// For how long looks that gave an answer have not shown the resource's record.
    pub not_shown_for: Duration,
}

/// Looks at the record when that is due, and folds what it shows into the status.
pub(super) fn track(status: &mut BackupReplicationStatus, seen: &Observation<'_>, policy: &Policy) -> Step {
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
            Sight::Need(Need::Look { at_most_old: _ }) => {
                // Any look that is younger than its own last one is news to it.
                let delay = backoff::tracking_delay(age, backup);
                let at_most_old = seen.looked.ago.unwrap_or(delay / 2).min(delay);
                return Step::See(Need::Look { at_most_old });
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
        Sight::Seen(Look::Throttled { until } | Look::Deferred { until }) => {
            let end = over && seen.looked.ago.is_some();
            if !end {
                return wait(Some(backoff::remaining(*until, seen.now)));
            }
            None
        }
        Sight::Seen(Look::Backup(backup)) => {
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
        Sight::Seen(Look::NotAvailable(_)) => {
            status.tracking_issue = None;
            // There was none before the call either.
            let never = !was_shown && status.attempts.first().is_some_and(|attempt| attempt.records_before.is_none());
            (never || missing_for_good).then_some(TrackingEnd::NotReported)
        }
        Sight::Seen(Look::NoSuchBackup(_)) => {
            status.tracking_issue = None;
            missing_for_good.then_some(TrackingEnd::BackupGone)
        }
        Sight::Seen(Look::Unauthorized(_)) => {
            status.tracking_issue = Some(TrackingIssue::TokenRejected);
            None
        }
        Sight::Seen(Look::Failed(_)) => {
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
pub(super) fn just_accepted(status: &BackupReplicationStatus) -> Wait {
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

/// Whether the look shows the record of the resource; `None` where it could not tell, or nothing is looked for.
pub fn shows_record(resource: &BackupReplication, look: &Look) -> Option<bool> {
    let record_id = resource.status.as_ref()?.replication_record_id.as_ref()?;
    match look {
        Look::Backup(backup) => Some(find(backup, record_id).is_some()),
        Look::NotAvailable(_) | Look::NoSuchBackup(_) => Some(false),
        Look::Unauthorized(_) | Look::Throttled { .. } | Look::Deferred { .. } | Look::Failed(_) => None,
    }
}

/// Whether the look shows the record of a call that the operator itself made for this resource: what proves that
/// records of accepted calls are reported there.
pub fn shows_called_record(resource: &BackupReplication, look: &Look) -> bool {
    let called = resource.status.as_ref().and_then(|status| status.origin) == Some(Origin::Called);
    called && shows_record(resource, look) == Some(true)
}

fn find<'a>(backup: &'a Backup, record_id: &str) -> Option<&'a ReplicationRecord> {
    match &backup.replication_records {
        Records::NotReported => None,
        Records::Reported { records, unreadable: _ } => records.iter().find(|record| record.id.as_str() == record_id),
    }
}

/// As a status keeps it: what it would drop must not look like news at the next look.
fn whole_seconds(at: Timestamp) -> Option<Time> {
    Timestamp::from_second(at.as_second()).ok().map(Time)
}

/// Takes over how far the record is, and its end.
pub(super) fn follow(status: &mut BackupReplicationStatus, record: &ReplicationRecord, now: Timestamp) {
    let text = |text: &str, bound| Some(bounded(text, bound)).filter(|text| !text.is_empty());
    status.record_status = text(&record.status.to_string(), bounds::ID).or(status.record_status.take());
    status.record_created_at = record.created_at.and_then(whole_seconds).or(status.record_created_at.take());
    status.progress = record.progress.or(status.progress);
    if let Some(replica) = &record.destination_backup_id {
        status.replica_backup_id = text(replica.shown(), bounds::ID);
    }
    let end = match &record.status {
        RecordStatus::Success => TrackingEnd::Replicated,
        RecordStatus::Fail => TrackingEnd::Failed,
        RecordStatus::Skip => TrackingEnd::Skipped,
        RecordStatus::WaitingReplicate | RecordStatus::Replicating | RecordStatus::Other(_) => return,
    };
    if end == TrackingEnd::Replicated {
        status.progress = Some(100);
    } else {
        status.fail_code = record.fail_code.as_ref().and_then(|code| text(code, bounds::ID));
        status.fail_reason = record.fail_reason.as_ref().and_then(|reason| text(reason, bounds::MESSAGE));
    }
    status.completed_at = Some(Time(now));
    status.tracking_end = Some(end);
    status.tracking_issue = None;
}
