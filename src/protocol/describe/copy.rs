//! The copy in words: how far it is, or why that is unknown.

use crate::protocol::describe::summary::sentence;
use crate::resource::{
    BackupReplication, BackupReplicationStatus, Is, Reason, TrackingEnd, TrackingIssue,
};

/// What is known of the copy.
pub(crate) struct Copy {
    pub(crate) replicated: Is,
    pub(crate) reason: Reason,
    pub(crate) message: String,
}

/// Reads the facts of an accepted resource.
pub(crate) fn copy(resource: &BackupReplication, status: &BackupReplicationStatus) -> Copy {
    let (replicated, reason, message) = match status.tracking_end {
        Some(end) => ended(status, end),
        None => match status.tracking_issue {
            Some(issue) => (Is::Unknown, reason_of(issue), held_up(resource, status, issue)),
            None => (Is::False, Reason::Replicating, under_way(status)),
        },
    };
    Copy { replicated, reason, message }
}

fn ended(status: &BackupReplicationStatus, end: TrackingEnd) -> (Is, Reason, String) {
    let look_there = "Check in the destination region that the replica exists.";
    match end {
        TrackingEnd::Replicated => {
            let replica = status.replica_backup_id.as_ref();
            let message = replica.map_or_else(
                || "The copy exists; the cloud did not say under which id.".to_owned(),
                |replica| format!("The copy exists in the destination region as backup {replica}."),
            );
            (Is::True, Reason::Replicated, message)
        }
        TrackingEnd::Failed => {
            (Is::False, Reason::ReplicationFailed, failed(status, "The replication failed"))
        }
        TrackingEnd::Skipped => (
            Is::False,
            Reason::ReplicationSkipped,
            failed(status, "The cloud did not carry out the replication"),
        ),
        TrackingEnd::NotReported => {
            let message = format!(
                "Nobody has seen the copy: the cloud does not report its progress. {look_there}"
            );
            (Is::Unknown, Reason::NotReported, message)
        }
        TrackingEnd::RecordGone => {
            let message = format!(
                "The cloud no longer lists the replication record.{} {look_there}",
                last(status)
            );
            (Is::Unknown, Reason::RecordGone, message)
        }
        TrackingEnd::BackupGone => {
            let message = format!(
                "The source backup no longer exists, and neither do its records.{} {look_there}",
                last(status)
            );
            (Is::Unknown, Reason::BackupGone, message)
        }
        TrackingEnd::LimitReached => {
            let message = format!(
                "The operator stopped tracking the replication: it had not ended within \
                 --tracking-limit.{} {look_there}",
                last(status)
            );
            (Is::Unknown, Reason::TrackingLimitReached, message)
        }
    }
}

fn failed(status: &BackupReplicationStatus, what: &str) -> String {
    let why = [&status.fail_code, &status.fail_reason]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(": ");
    let why = if why.is_empty() { "the cloud does not say why".to_owned() } else { why };
    sentence(&format!("{what}: {why}"))
}

/// What was seen last, as a sentence behind another one.
fn last(status: &BackupReplicationStatus) -> String {
    match (&status.record_status, status.progress) {
        (Some(record_status), Some(progress)) => {
            format!(" Last seen: {record_status}, {progress} %.")
        }
        (Some(record_status), None) => format!(" Last seen: {record_status}."),
        (None, _) => String::new(),
    }
}

fn under_way(status: &BackupReplicationStatus) -> String {
    match (&status.record_status, status.progress) {
        (Some(record_status), Some(progress)) => {
            format!("The cloud reports {record_status}, {progress} %.")
        }
        (Some(record_status), None) => format!("The cloud reports {record_status}."),
        (None, _) => "The cloud has not shown the replication record yet.".to_owned(),
    }
}

fn held_up(
    resource: &BackupReplication,
    status: &BackupReplicationStatus,
    issue: TrackingIssue,
) -> String {
    let spec = &resource.spec;
    let source = spec.auth.source();
    let secret = source.as_ref().map_or_else(|| "the Secret".to_owned(), ToString::to_string);
    let shown = source.as_ref().map_or_else(|| "the credential".to_owned(), |it| it.shown());
    let endpoint = spec
        .endpoint
        .as_deref()
        .or(status.attempts.first().map(|attempt| attempt.endpoint.as_str()));
    let at = endpoint.map_or_else(String::new, |endpoint| format!(" at {endpoint}"));
    let update = "Update the Secret and tracking resumes.";
    let (what, cure) = match issue {
        TrackingIssue::EndpointRefused => (
            format!("the operator may no longer call the endpoint{at}"),
            "Have the administrator allow it (--allowed-endpoint) and tracking resumes.",
        ),
        TrackingIssue::CredentialNotFound => {
            (format!("{secret} no longer exists"), "Create the Secret and tracking resumes.")
        }
        TrackingIssue::CredentialMissing => (format!("{secret} is missing or empty"), update),
        TrackingIssue::CredentialUnusable => {
            (format!("what {secret} holds cannot be used"), update)
        }
        TrackingIssue::CredentialNotPermitted => (
            source.as_ref().map_or_else(
                || format!("the operator may not read {secret}"),
                |source| format!("the operator may not {}", source.act()),
            ),
            "Give the operator the right, or the Secret the label, and tracking resumes.",
        ),
        TrackingIssue::CredentialRejected => (format!("the cloud rejects {shown}"), update),
        TrackingIssue::LoginRefused => (format!("IAM issues no token for {secret}"), update),
        TrackingIssue::LoginFailed => (
            format!("IAM issues no token for {secret} at the moment"),
            "Tracking resumes automatically.",
        ),
        TrackingIssue::LookUpFailed => (
            format!("the operator has not been able to look up the backup{at}"),
            "Check the endpoint, DNS, NetworkPolicies, proxy and --ca-bundle. Tracking resumes \
             automatically.",
        ),
    };
    format!("Progress unknown: {what}.{} The copy itself continues. {cure}", last(status))
}

fn reason_of(issue: TrackingIssue) -> Reason {
    match issue {
        TrackingIssue::EndpointRefused => Reason::EndpointRefused,
        TrackingIssue::CredentialNotFound => Reason::CredentialNotFound,
        TrackingIssue::CredentialMissing => Reason::CredentialMissing,
        TrackingIssue::CredentialUnusable => Reason::CredentialUnusable,
        TrackingIssue::CredentialNotPermitted => Reason::CredentialNotPermitted,
        TrackingIssue::CredentialRejected => Reason::CredentialRejected,
        TrackingIssue::LoginRefused => Reason::LoginRefused,
        TrackingIssue::LoginFailed => Reason::LoginFailed,
        TrackingIssue::LookUpFailed => Reason::LookUpFailed,
    }
}
