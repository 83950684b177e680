//! How far the replication is, as its record shows it, folded into the status.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::cbr::{RecordStatus, ReplicationRecord};
use crate::protocol::facts::call_result::bounded;
use crate::resource::{BackupReplicationStatus, TrackingEnd, bounds};

/// As a status keeps it: what it would drop must not look like news at the next look.
pub(crate) fn whole_seconds(at: Timestamp) -> Option<Time> {
    Timestamp::from_second(at.as_second()).ok().map(Time)
}

/// Takes over how far the record is, and its end.
pub(crate) fn follow(
    status: &mut BackupReplicationStatus,
    record: &ReplicationRecord,
    now: Timestamp,
) {
    let text = |text: &str, bound| Some(bounded(text, bound)).filter(|text| !text.is_empty());
    status.record_status =
        text(&record.status.to_string(), bounds::ID).or(status.record_status.take());
    status.record_created_at =
        record.created_at.and_then(whole_seconds).or(status.record_created_at.take());
    status.progress = record.progress.or(status.progress);
    if let Some(replica) = &record.destination_backup_id {
        status.replica_backup_id = text(replica.shown(), bounds::ID);
    }
    let end = match &record.status {
        RecordStatus::Success => TrackingEnd::Replicated,
        RecordStatus::Fail => TrackingEnd::Failed,
        RecordStatus::Skip => TrackingEnd::Skipped,
        RecordStatus::WaitingReplicate | RecordStatus::Replicating | RecordStatus::Other(_) => {
            return;
        }
    };
    if end == TrackingEnd::Replicated {
        status.progress = Some(100);
    } else {
        status.fail_code = record.fail_code.as_ref().and_then(|code| text(code, bounds::ID));
        status.fail_reason =
            record.fail_reason.as_ref().and_then(|reason| text(reason, bounds::MESSAGE));
    }
    status.completed_at = Some(Time(now));
    status.tracking_end = Some(end);
    status.tracking_issue = None;
}

/// Takes back all that [`follow`] took over: the record is not this resource's.
pub(crate) fn forget(status: &mut BackupReplicationStatus) {
    status.record_status = None;
    status.record_created_at = None;
    status.progress = None;
    status.replica_backup_id = None;
    status.fail_code = None;
    status.fail_reason = None;
    status.completed_at = None;
    status.tracking_end = None;
    status.tracking_issue = None;
}
