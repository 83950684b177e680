//! An acceptance in words.

use super::human;
use super::told::{Next, Told, short};
use crate::resource::{BackupReplication, BackupReplicationStatus, Is, Origin, Phase, ReadyWhen, Reason};

pub(super) fn accepted(resource: &BackupReplication, status: &BackupReplicationStatus) -> Told {
    let how = how(resource, status);
    if !status.additional_records.is_empty() {
        return Told {
            phase: Phase::Succeeded,
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
    match resource.spec.ready_when() {
        ReadyWhen::Accepted => Told {
            phase: Phase::Succeeded,
            ready: Is::True,
            next: Next::Nobody,
            reason: Reason::Accepted,
            message: how,
        },
        ReadyWhen::Replicated => Told {
            phase: Phase::Succeeded,
            ready: Is::Unknown,
            next: Next::Human,
            reason: Reason::NotReported,
            message: format!(
                "{how} Whether the copy exists is not reported, so readyWhen: Replicated cannot be \
                 met. Check the replica in the destination region, or set readyWhen: Accepted."
            ),
        },
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
