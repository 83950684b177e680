//! The messages that ask a human to decide, with the commands to paste.

use crate::protocol::decision;
use crate::protocol::describe::summary::outcome_message;
use crate::resource::{Attempt, BackupReplication};

/// After a 1009 without a record.
pub(crate) fn already_replicated(resource: &BackupReplication, attempt: &Attempt, elsewhere: &str) -> String {
    let command = |word| decision::command(resource, attempt.id.as_str(), word);
    format!(
        "The cloud did not accept attempt {}, as the backup is being, or was, replicated to {}: {} No record of that shows.{elsewhere} \
         If that replica is what you want (an earlier call of this resource may have made it): {} ; or, where its record is \
         known: {} ; if it is not, delete it, and call once more: {}",
        attempt.number,
        resource.spec.destination_region,
        outcome_message(attempt),
        command("accepted"),
        command("accepted:<RECORD_ID>"),
        command("retry"),
    )
}

/// About an unknown outcome.
pub(crate) fn unknown(resource: &BackupReplication, attempt: &Attempt) -> String {
    format!(
        "Nobody can tell whether attempt {} was accepted: {} The operator will not call again unless you decide. Check the backup's \
         replication records and at vault {} in region {}, then decide: {}",
        attempt.number,
        outcome_message(attempt),
        resource.spec.destination_vault_id,
        resource.spec.destination_region,
        decision::commands(resource, attempt)
    )
}
