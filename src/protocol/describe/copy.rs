//! The copy in words: how far it is, or why nobody can tell.

use crate::resource::{BackupReplicationStatus, Is, Reason, TrackingEnd, TrackingIssue};

/// What is known of the copy.
pub(crate) struct Copy {
    pub(crate) replicated: Is,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// Reads the facts of an accepted resource.
pub(crate) fn copy(status: &BackupReplicationStatus) -> Copy {
    let (replicated, reason, message) = match status.tracking_end {
        Some(end) => ended(status, end),
        None => match status.tracking_issue {
            Some(issue) => (Is::Unknown, reason_of(issue), held_up(status, issue)),
            None => (Is::False, Reason::Replicating, under_way(status)),
        },
    };
    Copy { replicated, reason, message }
}

fn ended(status: &BackupReplicationStatus, end: TrackingEnd) -> (Is, Reason, String) {
    let look_there = "Look at the destination region whether the replica exists.";
    match end {
        TrackingEnd::Replicated => {
            let replica = status.replica_backup_id.as_ref();
            let message = replica.map_or_else(
                || "The copy exists; the cloud did not say under which id.".to_owned(),
                |replica| format!("The copy exists in the destination region as backup {replica}."),
            );
            (Is::True, Reason::Replicated, message)
        }
        TrackingEnd::Failed => (Is::False, Reason::ReplicationFailed, failed(status, "The replication failed")),
        TrackingEnd::Skipped => {
            (Is::False, Reason::ReplicationSkipped, failed(status, "The cloud did not carry the replication out"))
        }
        TrackingEnd::NotReported => {
            let message = format!("The service does not report how the replication goes on. {look_there}");
            (Is::Unknown, Reason::NotReported, message)
        }
        TrackingEnd::RecordGone => {
            let message =
                format!("The record is not among the backup's records any more{}. {look_there}", last(status));
            (Is::Unknown, Reason::RecordGone, message)
        }
        TrackingEnd::BackupGone => {
            let message = format!("The source backup is not there any more{}. {look_there}", last(status));
            (Is::Unknown, Reason::BackupGone, message)
        }
        TrackingEnd::LimitReached => {
            let message = format!(
                "The replication had not ended when the operator's time for following it was over{}. {look_there}",
                last(status)
            );
            (Is::Unknown, Reason::TrackingLimitReached, message)
        }
    }
}

fn failed(status: &BackupReplicationStatus, what: &str) -> String {
    let why = [&status.fail_code, &status.fail_reason].into_iter().flatten().cloned().collect::<Vec<_>>().join(": ");
    let why = if why.is_empty() { "the cloud does not say why".to_owned() } else { why };
    let stop = if why.ends_with('.') { "" } else { "." };
    format!("{what}: {why}{stop}")
}

fn last(status: &BackupReplicationStatus) -> String {
    match (&status.record_status, status.progress) {
        (Some(record_status), Some(progress)) => format!("; it was last seen as {record_status}, {progress} %"),
        (Some(record_status), None) => format!("; it was last seen as {record_status}"),
        (None, _) => String::new(),
    }
}

fn under_way(status: &BackupReplicationStatus) -> String {
    match (&status.record_status, status.progress) {
        (Some(record_status), Some(progress)) => format!("The cloud reports {record_status}, {progress} %."),
        (Some(record_status), None) => format!("The cloud reports {record_status}."),
        (None, _) => "The record has not shown in a look yet.".to_owned(),
    }
}

fn held_up(status: &BackupReplicationStatus, issue: TrackingIssue) -> String {
    let what = match issue {
        TrackingIssue::EndpointRefused => "the endpoint may not be called any more",
        TrackingIssue::SecretNotFound => "the Secret is not there any more",
        TrackingIssue::TokenMissing => "the Secret holds no token any more",
        TrackingIssue::TokenUnusable => "the Secret's value cannot be sent as a token",
        TrackingIssue::SecretNotPermitted => "the operator may not read the Secret",
        TrackingIssue::TokenRejected => "the cloud refuses the token",
        TrackingIssue::LookUpFailed => "looks at the backup have been failing",
    };
    format!("How far the copy is cannot be seen: {what}{}. It goes on by itself when that is mended.", last(status))
}

fn reason_of(issue: TrackingIssue) -> Reason {
    match issue {
        TrackingIssue::EndpointRefused => Reason::EndpointRefused,
        TrackingIssue::SecretNotFound => Reason::SecretNotFound,
        TrackingIssue::TokenMissing => Reason::TokenMissing,
        TrackingIssue::TokenUnusable => Reason::TokenUnusable,
        TrackingIssue::SecretNotPermitted => Reason::SecretNotPermitted,
        TrackingIssue::TokenRejected => Reason::TokenRejected,
        TrackingIssue::LookUpFailed => Reason::LookUpFailed,
    }
}
