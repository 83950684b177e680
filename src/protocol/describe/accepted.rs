//! An acceptance in words.

use crate::protocol::decision;
use crate::protocol::describe::copy::{Copy, copy};
use crate::protocol::describe::summary::{Actor, Summary, short};
use crate::resource::{
    BackupReplication, BackupReplicationStatus, Is, Origin, Phase, ReadyWhen, Reason, TrackingEnd,
};

pub(crate) fn accepted(resource: &BackupReplication, status: &BackupReplicationStatus) -> Summary {
    summary(resource, status, &retry(resource, status))
}

/// The same without a command, for a message in which more text follows.
pub(crate) fn without_command(
    resource: &BackupReplication,
    status: &BackupReplicationStatus,
) -> String {
    summary(resource, status, "").message
}

fn summary(
    resource: &BackupReplication,
    status: &BackupReplicationStatus,
    command: &str,
) -> Summary {
    let how = how(status);
    let phase = phase(status);
    // The command that ends a message stays at its end.
    let say = |more: &str| {
        let parts = [how.clone(), more.to_owned(), command.to_owned()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    if !status.additional_records.is_empty() {
        return Summary {
            phase,
            ready: Is::False,
            actor: Actor::Human,
            reason: Reason::AdditionalRecords,
            message: say(&format!(
                "Further calls were accepted as well: {}. Check the replicas in the destination \
                 region and delete what is not needed; then replace this resource.",
                status.additional_records.join(", ")
            )),
        };
    }
    let Copy { replicated: _, reason, message } = copy(resource, status);
    let told = |ready, actor, message| Summary { phase, ready, actor, reason, message };
    match (status.tracking_end, resource.spec.ready_when()) {
        (
            Some(TrackingEnd::Failed | TrackingEnd::Skipped),
            ReadyWhen::Accepted | ReadyWhen::Replicated,
        ) => {
            let advice = "The operator does not retry this. Fix the cause, then create a new \
                BackupReplication (or delete and re-apply this one).";
            told(Is::False, Actor::Human, say(&format!("{message} {advice}")))
        }
        // What nobody has seen is not to be taken for a copy.
        (
            Some(
                TrackingEnd::NotReported
                | TrackingEnd::RecordGone
                | TrackingEnd::BackupGone
                | TrackingEnd::LimitReached,
            ),
            ReadyWhen::Accepted,
        ) => Summary { reason: Reason::Accepted, ..told(Is::True, Actor::Nobody, say(&message)) },
        (None | Some(TrackingEnd::Replicated), ReadyWhen::Accepted) => {
            Summary { reason: Reason::Accepted, ..told(Is::True, Actor::Nobody, say("")) }
        }
        (Some(TrackingEnd::Replicated), ReadyWhen::Replicated) => {
            told(Is::True, Actor::Nobody, say(&message))
        }
        (None, ReadyWhen::Replicated) => told(Is::False, Actor::Operator, say(&message)),
        (
            Some(
                TrackingEnd::NotReported
                | TrackingEnd::RecordGone
                | TrackingEnd::BackupGone
                | TrackingEnd::LimitReached,
            ),
            ReadyWhen::Replicated,
        ) => {
            let advice = "readyWhen: Replicated cannot be met. If the replica exists, set \
                readyWhen: Accepted.";
            told(Is::Unknown, Actor::Human, say(&format!("{message} {advice}")))
        }
    }
}

fn phase(status: &BackupReplicationStatus) -> Phase {
    match status.tracking_end {
        None | Some(TrackingEnd::LimitReached) => Phase::Replicating,
        Some(TrackingEnd::Failed | TrackingEnd::Skipped) => Phase::Failed,
        Some(
            TrackingEnd::Replicated
            | TrackingEnd::NotReported
            | TrackingEnd::RecordGone
            | TrackingEnd::BackupGone,
        ) => Phase::Succeeded,
    }
}

/// How it came to be accepted, and as which record.
fn how(status: &BackupReplicationStatus) -> String {
    let record = status.replication_record_id.as_deref();
    let its_record = match (record, &status.operation_log_id) {
        (Some(id), _) => format!("its replication record is {id}"),
        (None, Some(entry)) => format!(
            "that is told by entry {entry} of the cloud's operation logs, which name no record and \
             no vault"
        ),
        (None, None) => "its replication record id is not known".to_owned(),
    };
    match status.origin {
        Some(Origin::Adopted) => format!(
            "An earlier replication{} to the same vault was adopted; {its_record}.",
            status
                .record_created_at
                .as_ref()
                .map_or_else(String::new, |at| format!(" of {}", short(at.0))),
        ),
        Some(Origin::Declared) => format!("A person declared the call accepted; {its_record}."),
        Some(Origin::Called) | None => format!("The cloud accepted the call; {its_record}."),
    }
}

/// How to get a call of the resource's own where an earlier replication was adopted.
fn retry(resource: &BackupReplication, status: &BackupReplicationStatus) -> String {
    match (status.origin, status.replication_record_id.as_deref()) {
        (Some(Origin::Adopted), Some(record)) => format!(
            "The operator cannot check whether that copy still exists. To make a new call anyway: \
             {}",
            decision::command(resource, record, "retry"),
        ),
        (Some(Origin::Adopted | Origin::Called | Origin::Declared) | None, _) => String::new(),
    }
}
