//! The messages that ask a human to decide, with the commands to paste.

use crate::protocol::decision;
use crate::protocol::describe::summary::{outcome_message, sentence};
use crate::resource::{Attempt, BackupReplication};

/// After a 1009 without a record. `unseen`: why the records could not be checked.
pub(crate) fn already_replicated(
    resource: &BackupReplication,
    attempt: &Attempt,
    elsewhere: &str,
    unseen: Option<&str>,
) -> String {
    let command = |word| decision::command(resource, attempt.id.as_str(), word);
    format!(
        "The cloud says that a replica of the backup in {} already exists or is being made, so it \
         did not accept attempt {}: {} {}{elsewhere} If that replica is what you want (an earlier \
         call of this resource may have made it): {} ; or, where its record is known: {} ; if that \
         replica is not wanted, first delete the replica in the cloud, then run: {}",
        resource.spec.destination_region,
        attempt.number,
        outcome_message(attempt),
        unseen.map_or_else(
            || "The records do not show that replica.".to_owned(),
            could_not_be_checked
        ),
        command("accepted"),
        command("accepted:<RECORD_ID>"),
        command("retry"),
    )
}

/// About an unknown outcome. `unseen`: why the records could not be checked.
pub(crate) fn unknown(
    resource: &BackupReplication,
    attempt: &Attempt,
    unseen: Option<&str>,
) -> String {
    format!(
        "It is unknown whether the cloud accepted attempt {}: {} {}The operator will not call \
         again unless you decide. Check the backup's replication records and vault {} in region \
         {}, then decide: {}",
        attempt.number,
        outcome_message(attempt),
        unseen.map(could_not_be_checked).map(|why| why + " ").unwrap_or_default(),
        resource.spec.destination_vault_id,
        resource.spec.destination_region,
        decision::commands(resource, attempt)
    )
}

/// What is cured, settles more than what is decided.
fn could_not_be_checked(why: &str) -> String {
    format!(
        "The operator could not check the records: {} Once it can, a record that shows settles it \
         without a decision.",
        sentence(why)
    )
}
