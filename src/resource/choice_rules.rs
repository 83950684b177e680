//! The CEL rules about the one backup: named or chosen, and chosen once, before the first claim. As
//! with the other guards, what is so in most writes is asked first.

use super::rules::{Place, Rule};

const ROOT: Place = &[];
const STATUS: Place = &["status"];

/// All of them.
pub(super) fn choice_rules() -> Vec<Rule> {
    const ONCE: &str = "chosenBackupId is written once and never changes";
    vec![
        Rule::new(
            &["spec"],
            "has(self.backupId) != has(self.backupSelector)",
            "exactly one of backupId and backupSelector is needed",
        ),
        Rule::new(
            &["spec", "backupSelector"],
            "has(self.resourceId) || has(self.vaultId)",
            "at least one of resourceId and vaultId is needed",
        ),
        Rule::new(
            &["spec", "backupSelector", "createdAfter"],
            r"self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$')",
            "must be a time with its zone, such as 2026-11-01T00:00:00Z",
        ),
        Rule::new(
            ROOT,
            "!has(oldSelf.status) || !has(oldSelf.status.chosenBackupId) || \
             self.spec == oldSelf.spec || (self.spec.projectId == oldSelf.spec.projectId \
             && has(self.spec.backupId) == has(oldSelf.spec.backupId) && \
             has(self.spec.backupSelector) == has(oldSelf.spec.backupSelector) && \
             (!has(self.spec.backupSelector) || self.spec.backupSelector == \
             oldSelf.spec.backupSelector))",
            "backupSelector, backupId and projectId cannot change any more: the backup was chosen \
             (status.chosenBackupId). Create another BackupReplication for another backup",
        )
        .at_field(".spec"),
        Rule::new(STATUS, "has(self.chosenBackupId) || !has(oldSelf.chosenBackupId)", ONCE),
        Rule::new(&["status", "chosenBackupId"], "self == oldSelf", ONCE),
        Rule::new(
            ROOT,
            "!has(self.spec.backupSelector) || !has(self.status) || \
             has(self.status.chosenBackupId) || !has(self.status.attempts) || \
             size(self.status.attempts) == 0 || (has(oldSelf.status) && \
             has(oldSelf.status.attempts) && size(oldSelf.status.attempts) > 0 && \
             self.status.attempts[0].id == oldSelf.status.attempts[0].id)",
            "no attempt before the backup is chosen: status.chosenBackupId is missing",
        ),
    ]
}
