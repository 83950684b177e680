//! An acceptance in words.

use super::human;
use super::tell_copy::{Copy, copy};
use super::told::{Next, Told, short};
use crate::resource::{BackupReplication, BackupReplicationStatus, Is, Origin, Phase, ReadyWhen, Reason, TrackingEnd};

pub(super) fn accepted(resource: &BackupReplication, status: &BackupReplicationStatus) -> Told {
    let how = how(resource, status);
    let phase = phase(status);
    if !status.additional_records.is_empty() {
        return Told {
            phase,
            ready: Is::False,
            next: Next::Human,
            reason: Reason::AdditionalRecords,
            message: format!(
                "{how} Further calls were accepted as well: {}. Check the replicas in the \
                 destination region and delete what is not needed; then replace this resource.",
                status.additional_records.join(", ")
            ),
        };
    }
    let Copy { replicated: _, reason, message } = copy(status);
    let told = |ready, next| Told { phase, ready, next, reason, message: format!("{how} {message}") };
    match (status.tracking_end, resource.spec.ready_when()) {
        (Some(TrackingEnd::Failed | TrackingEnd::Skipped), ReadyWhen::Accepted | ReadyWhen::Replicated) => Told {
            message: format!(
                "{how} {message} It is not repeated by itself: mend the cause, and create another BackupReplication, or this one \
                 anew."
            ),
            ..told(Is::False, Next::Human)
        },
        (_, ReadyWhen::Accepted) => {
            Told { phase, ready: Is::True, next: Next::Nobody, reason: Reason::Accepted, message: how }
        }
        (Some(TrackingEnd::Replicated), ReadyWhen::Replicated) => told(Is::True, Next::Nobody),
        (None, ReadyWhen::Replicated) => told(Is::False, Next::Operator),
        (
            Some(
                TrackingEnd::NotReported
                | TrackingEnd::RecordGone
                | TrackingEnd::BackupGone
                | TrackingEnd::LimitReached,
            ),
            ReadyWhen::Replicated,
        ) => Told {
            message: format!(
                "{how} {message} So readyWhen: Replicated cannot be met: if the replica is there, set readyWhen: Accepted."
            ),
            ..told(Is::Unknown, Next::Human)
        },
    }
}

fn phase(status: &BackupReplicationStatus) -> Phase {
    match status.tracking_end {
        None | Some(TrackingEnd::LimitReached) => Phase::Replicating,
        Some(TrackingEnd::Failed | TrackingEnd::Skipped) => Phase::Failed,
        Some(
            TrackingEnd::Replicated | TrackingEnd::NotReported | TrackingEnd::RecordGone | TrackingEnd::BackupGone,
        ) => Phase::Succeeded,
    }
}

/// How it came to be accepted, and as which record.
fn how(resource: &BackupReplication, status: &BackupReplicationStatus) -> String {
    let record = status.replication_record_id.as_deref();
    let its_record = record.map_or_else(
        || "its replication record id is not known".to_owned(),
        |id| format!("its replication record is {id}"),
    );
    match (status.origin, record) {
        (Some(Origin::Adopted), Some(record)) => format!(
            "An earlier replication{} to the same vault was adopted; {its_record}. Whether its copy still exists cannot be \
             seen from here. To call all the same: {}",
            status.record_created_at.as_ref().map_or_else(String::new, |at| format!(" of {}", short(at.0))),
            human::command(resource, record, "call-anew"),
        ),
        (Some(Origin::Declared), _) => format!("A call was declared as accepted by a human's decision; {its_record}."),
        (Some(Origin::Called | Origin::Adopted) | None, _) => format!("The cloud accepted the call; {its_record}."),
    }
}
