//! Which backup a selector means: the newest one that fits, or that it cannot be told.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::cbr::{
    BackupId, BackupList, BackupStatus, CloudValue, ImageType, Incomplete, ListedBackup, spelling,
};
use crate::resource::BackupSelector;

/// What a list of backups comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// This one, created then.
    Chosen(BackupId, Timestamp),
    /// None fits yet; and what there is instead.
    NoneFits(String),
    /// An older one may not be taken for the newest: why it cannot be told.
    CannotTell(String),
}

/// Whether a backup is one that is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Fits,
    /// What would tell is missing, or cannot be read.
    CannotTell,
    /// It is not one; and why.
    No(Misfit),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Misfit {
    Elsewhere,
    Replica,
    TooOld,
    NotAvailable,
}

/// Chooses. Of two that were created at the same instant, the one with the greater id is chosen.
///
/// # Errors
/// What is wrong with the selector.
pub(crate) fn choose(
    list: &BackupList,
    wanted: &BackupSelector,
    project_id: &str,
) -> Result<Choice, String> {
    let BackupList { backups, incomplete } = list;
    let created_after = wanted.created_after()?;
    if let Some(incomplete) = incomplete {
        return Ok(Choice::CannotTell(why_incomplete(*incomplete).to_owned()));
    }
    let judged: Vec<_> = backups
        .iter()
        .map(|backup| (fit(backup, wanted, project_id, created_after), backup))
        .collect();
    let usable = |(fit, backup): &(Fit, &ListedBackup)| {
        let (id, created_at) = (backup.id.clone()?, backup.created_at?);
        (*fit == Fit::Fits).then_some((id, created_at))
    };
    let newest = judged
        .iter()
        .filter_map(usable)
        .max_by_key(|(id, created_at)| (*created_at, spelling(id.as_str())));
    // One that may be meant, and of which it cannot be told that it is older.
    let may_be_newer = |judged: &(Fit, &ListedBackup)| {
        let (fit, backup) = judged;
        let is_open = match fit {
            Fit::No(_) => false,
            Fit::CannotTell => true,
            Fit::Fits => usable(judged).is_none(),
        };
        let is_older = match (&newest, backup.created_at) {
            (Some((_, newest)), Some(created_at)) => created_at < *newest,
            (None, _) | (_, None) => false,
        };
        is_open && !is_older
    };
    if let Some((_, backup)) = judged.iter().find(|judged| may_be_newer(judged)) {
        return Ok(Choice::CannotTell(unclear(backup)));
    }
    Ok(match newest {
        Some((id, created_at)) => Choice::Chosen(id, created_at),
        None => Choice::NoneFits(instead(judged.iter().map(|(fit, _)| *fit))),
    })
}

/// What speaks against it decides, even where something else cannot be read.
fn fit(
    backup: &ListedBackup,
    wanted: &BackupSelector,
    project: &str,
    after: Option<Timestamp>,
) -> Fit {
    let ListedBackup { id: _, status, image_type, created_at, resource_id, vault_id, project_id } =
        backup;
    let BackupSelector { resource_id: resource, vault_id: vault, created_after: _ } = wanted;
    let of = |misfit: Misfit, holds: Option<bool>| match holds {
        Some(true) => Fit::Fits,
        Some(false) => Fit::No(misfit),
        None => Fit::CannotTell,
    };
    let is = |theirs: &Option<CloudValue>, ours: &Option<String>| match ours {
        None => Some(true),
        Some(ours) => theirs.as_ref().map(|theirs| theirs.is(ours)),
    };
    let is_original = image_type.as_ref().map(|kind| match kind {
        ImageType::Backup => true,
        ImageType::Replication | ImageType::Other(_) => false,
    });
    let is_available = status.as_ref().map(|status| match status {
        BackupStatus::Available => true,
        BackupStatus::Protecting
        | BackupStatus::Deleting
        | BackupStatus::Restoring
        | BackupStatus::Error
        | BackupStatus::WaitingProtect
        | BackupStatus::WaitingDelete
        | BackupStatus::WaitingRestore
        | BackupStatus::Other(_) => false,
    });
    let is_late = match after {
        None => Some(true),
        Some(after) => created_at.map(|at| at > after),
    };
    let parts = [
        of(Misfit::Elsewhere, is(resource_id, resource)),
        of(Misfit::Elsewhere, is(vault_id, vault)),
        // A service need not say it: the list was asked of the project.
        of(Misfit::Elsewhere, Some(project_id.as_ref().is_none_or(|theirs| theirs.is(project)))),
        of(Misfit::Replica, is_original),
        of(Misfit::TooOld, is_late),
        of(Misfit::NotAvailable, is_available),
    ];
    // Where several speak against it, the first in the order of the list.
    let misfit = parts.into_iter().find(|part| matches!(part, Fit::No(_)));
    misfit.unwrap_or_else(|| parts.into_iter().max().unwrap_or(Fit::CannotTell))
}

fn why_incomplete(incomplete: Incomplete) -> &'static str {
    match incomplete {
        Incomplete::Inconsistent => {
            "the pages of the list do not fit together (a backup may have been made or deleted \
             meanwhile)"
        }
        Incomplete::TooLong => {
            "the list is too long to be read to its end; name resourceId and vaultId"
        }
    }
}

/// What is missing of one that may be the newest.
fn unclear(backup: &ListedBackup) -> String {
    let ListedBackup { id, status, image_type, created_at, resource_id, vault_id, project_id: _ } =
        backup;
    let parts = [
        ("id", id.is_none()),
        ("status", status.is_none()),
        ("image_type", image_type.is_none()),
        ("created_at", created_at.is_none()),
        ("resource_id", resource_id.is_none()),
        ("vault_id", vault_id.is_none()),
    ];
    let missing: Vec<_> =
        parts.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name).collect();
    let what = id.as_ref().map_or_else(|| "an entry".to_owned(), |id| format!("backup {id}"));
    format!("{what} of the list may be the newest, and its {} cannot be read", missing.join(", "))
}

/// What the list shows instead, the commonest first.
fn instead(fits: impl Iterator<Item = Fit>) -> String {
    let mut counts = [
        (Misfit::NotAvailable, 0_usize, "not available"),
        (Misfit::TooOld, 0, "not later than createdAfter"),
        (Misfit::Replica, 0, "replicas"),
        (Misfit::Elsewhere, 0, "of another resource or vault"),
    ];
    for fit in fits {
        for (misfit, count, _) in &mut counts {
            if fit == Fit::No(*misfit) {
                *count = count.saturating_add(1);
            }
        }
    }
    counts.sort_by_key(|(_, count, _)| Reverse(*count));
    let there: Vec<String> = counts
        .iter()
        .filter(|(_, count, _)| *count > 0)
        .map(|(_, count, what)| format!("{count} {what}"))
        .collect();
    if there.is_empty() { "it is empty".to_owned() } else { there.join(", ") }
}

#[cfg(test)]
#[path = "choice_tests.rs"]
mod tests;
