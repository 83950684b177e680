//! The words for the choice of a backup.

use jiff::Timestamp;

use crate::protocol::describe::summary::{sentence, short};
use crate::resource::BackupReplication;

/// `instead`: what the list shows.
pub(super) fn none_fits(instead: &str) -> String {
    format!(
        "No backup matches spec.backupSelector yet. The list of backups: {} No call was made. The \
         operator chooses the newest available backup, no replica, as soon as one matches. If you \
         expect one, check resourceId, vaultId, createdAfter and projectId.",
        sentence(instead)
    )
}

pub(super) fn unclear(why: &str) -> String {
    format!(
        "The newest backup for spec.backupSelector cannot be told: {} No backup is chosen and no \
         call was made, because an older backup could be taken for the newest. The operator reads \
         the list again automatically.",
        sentence(why)
    )
}

pub(super) fn chosen(id: &str, created_at: Timestamp) -> String {
    format!(
        "Backup {id} (created {}) is the newest that matches spec.backupSelector, and is chosen. \
         This choice stays. The operator looks the backup up, and then calls.",
        short(created_at)
    )
}

/// What to know after a refusal of a call for a backup that was chosen; else nothing.
pub(super) fn choice_stays(resource: &BackupReplication) -> String {
    match resource.backup_id().filter(|_| resource.is_backup_chosen()) {
        Some(id) => format!(
            " Backup {id} stays chosen (for another backup, create another BackupReplication)."
        ),
        None => String::new(),
    }
}
