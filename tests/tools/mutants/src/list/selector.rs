//! The choice of a backup.

use crate::mutant::Mutant;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "chooses-replica",
        promise: "a replica is never chosen",
        file: "src/protocol/choice.rs",
        old: "ImageType::Replication | ImageType::Other(_) => false,",
        new: "ImageType::Replication | ImageType::Other(_) => true,",
        caught_by: "--lib protocol::choice",
    },
    Mutant {
        name: "chooses-unfinished",
        promise: "a backup that is still being made is never chosen",
        file: "src/protocol/choice.rs",
        old: "        BackupStatus::Available => true,\n        BackupStatus::Protecting\n",
        new: "        BackupStatus::Available | BackupStatus::Protecting => true,\n        \
              BackupStatus::Deleting\n",
        caught_by: "--lib protocol::choice",
    },
    Mutant {
        name: "chooses-oldest",
        promise: "the newest is chosen",
        file: "src/protocol/choice.rs",
        old: ".max_by_key(|(id, created_at)|",
        new: ".min_by_key(|(id, created_at)|",
        caught_by: "--lib protocol::choice",
    },
    Mutant {
        name: "unreadable-ignored",
        promise: "an entry that cannot be read makes no older one the newest",
        file: "src/protocol/choice.rs",
        old: "Fit::CannotTell => true,",
        new: "Fit::CannotTell => false,",
        caught_by: "--lib protocol::choice",
    },
    Mutant {
        name: "cut-list-chosen-from",
        promise: "nothing is chosen from a list that may lack something",
        file: "src/protocol/choice.rs",
        old: "if let Some(incomplete) = incomplete {",
        new: "if let Some(incomplete) = incomplete.filter(|_| backups.is_empty()) {",
        caught_by: "--lib protocol::choice",
    },
    Mutant {
        name: "first-page-alone",
        promise: "all pages of the list are read",
        file: "src/cbr/backup_list.rs",
        old: "if self.backups.len() > before {",
        new: "if self.backups.len() > before && length == 0 {",
        caught_by: "--lib cbr::backup_list",
    },
    Mutant {
        name: "stored-choice-ignored",
        promise: "the stored choice stands, and is what is called for",
        file: "src/resource/called_for.rs",
        old: "status.chosen_backup_id.as_deref());",
        new: "status.chosen_backup_id.as_deref()).filter(|id| id.is_empty());",
        caught_by: "--test model a_backup_that_is_chosen_without_look_up",
    },
    Mutant {
        name: "young-chooses-at-once",
        promise: "a young object chooses nothing: an earlier choice may be restored",
        file: "src/protocol/decide/preconditions.rs",
        old: "too_young(status, None, seen, policy) {",
        new: "too_young(status, None, seen, policy).filter(|left| left.is_zero()) {",
        caught_by: "--lib protocol::decide",
    },
    Mutant {
        name: "list-unsigned",
        promise: "the query of a request is signed",
        file: "src/cbr/access_key.rs",
        old: "query: &query, headers",
        new: "query: &[], headers",
        caught_by: "--test it selector::once::the_newest",
    },
];
