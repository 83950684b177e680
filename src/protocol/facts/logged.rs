//! What an entry of the operation logs shows, folded into the status.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::cbr::{LogStatus, OperationLog};
use crate::protocol::facts::call_result::bounded;
use crate::protocol::facts::progress::whole_seconds;
use crate::protocol::facts::settle::settle;
use crate::resource::{BackupReplicationStatus, Origin, Outcome, TrackingEnd, bounds};

/// The attempt in force was accepted, as this entry shows. Which record it has, the entry does not
/// say.
pub(crate) fn accept_by_log(
    status: &mut BackupReplicationStatus,
    entry: &OperationLog,
    now: Timestamp,
) {
    if let Some(attempt) = status.attempts.first_mut() {
        let by = "The cloud's operation logs show that it was accepted.";
        settle(attempt, Outcome::Accepted, by, now);
    }
    status.origin.get_or_insert(Origin::Called);
    status.accepted_at.get_or_insert(Time(now));
    follow_log(status, entry, now);
}

/// Takes over how far the copy is, and its end.
pub(crate) fn follow_log(
    status: &mut BackupReplicationStatus,
    entry: &OperationLog,
    now: Timestamp,
) {
    let text = |text: &str, bound| Some(bounded(text, bound)).filter(|text| !text.is_empty());
    status.tracking_issue = None;
    status.operation_log_id.get_or_insert_with(|| entry.id.as_str().to_owned());
    status.record_status =
        text(&entry.status.to_string(), bounds::ID).or(status.record_status.take());
    status.record_created_at =
        entry.began_at.and_then(whole_seconds).or(status.record_created_at.take());
    status.progress = entry.progress.or(status.progress);
    if let Some(replica) = &entry.destination_backup_id {
        status.replica_backup_id = text(replica.shown(), bounds::ID);
    }
    let end = match &entry.status {
        LogStatus::Success => TrackingEnd::Replicated,
        LogStatus::Failed | LogStatus::Timeout => TrackingEnd::Failed,
        LogStatus::Skipped => TrackingEnd::Skipped,
        LogStatus::Waiting | LogStatus::Running | LogStatus::Other(_) => return,
    };
    if end == TrackingEnd::Replicated {
        status.progress = Some(100);
    } else {
        status.fail_code = entry.fail_code.as_ref().and_then(|code| text(code, bounds::ID));
        status.fail_reason =
            entry.fail_reason.as_ref().and_then(|reason| text(reason, bounds::MESSAGE));
    }
    status.completed_at = Some(Time(now));
    status.tracking_end = Some(end);
}
