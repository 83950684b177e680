//! The messages that ask a human to decide, with the commands to paste.

use super::human;
use super::told::outcome_message;
use crate::resource::{Attempt, BackupReplication};

/// After a 1009 without a record.
pub(super) fn already_replicated(resource: &BackupReplication, attempt: &Attempt) -> String {
    let command = |word| human::command(resource, attempt.id.as_str(), word);
    format!(
        "The cloud did not accept attempt {}, as the backup is being, or was, replicated to {}: {} No record of that shows. \
         If that replica is what you want (an earlier call of this resource may have made it): {} ; or, where its record is \
         known: {} ; if it is not, delete it, and call once more: {}",
        attempt.number,
        resource.spec.destination_region,
        outcome_message(attempt),
        command("accepted"),
        command("accepted:RECORD_ID"),
        command("call-anew"),
    )
}

/// About an unknown outcome.
pub(super) fn unknown(resource: &BackupReplication, attempt: &Attempt) -> String {
    format!(
        "Nobody can tell whether attempt {} was accepted: {} No further call is made by itself. Look at the backup's \
         replication records and at vault {} in region {}, then decide: {}",
        attempt.number,
        outcome_message(attempt),
        resource.spec.destination_vault_id,
        resource.spec.destination_region,
        human::commands(resource, attempt)
    )
}
