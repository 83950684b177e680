//! What a look at the backup's replication records proves. Presence proves that a call was accepted; absence proves
//! something only where records are known to be reported.

use crate::cbr::{Backup, BackupStatus, CloudValue, RecordStatus, Records, ReplicationRecord};
use crate::protocol::observation::Observation;
use crate::resource::{Attempt, BackupReplicationSpec, bounds};

/// How a record relates to what a resource calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    Same,
    Different,
    /// Something that would tell is missing from the record.
    CannotTell,
}

/// Region and vault must be there and equal; project and source backup, where they are there.
fn likeness(record: &ReplicationRecord, spec: &BackupReplicationSpec) -> Likeness {
    let compare = |theirs: &Option<CloudValue>, ours: &str, absent: Likeness, other: Likeness| match theirs {
        Some(theirs) if theirs.is(ours) => Likeness::Same,
        Some(_) => other,
        None => absent,
    };
    let (region, vault) = (&record.destination_region, &record.destination_vault_id);
    let parts = [
        compare(region, &spec.destination_region, Likeness::CannotTell, Likeness::Different),
        compare(vault, &spec.destination_vault_id, Likeness::CannotTell, Likeness::Different),
        compare(&record.destination_project_id, &spec.destination_project_id, Likeness::Same, Likeness::Different),
        // Among this backup's own records: what looks like another's is odd, and odd proves nothing.
        compare(&record.source_backup_id, &spec.backup_id, Likeness::Same, Likeness::CannotTell),
    ];
    if parts.contains(&Likeness::Different) {
        Likeness::Different
    } else if parts.contains(&Likeness::CannotTell) {
        Likeness::CannotTell
    } else {
        Likeness::Same
    }
}

/// Whether the replication may have led, or may yet lead, to a copy. An unknown state counts as such: adopting too
/// much costs a message, calling too much costs money.
fn is_live(record: &ReplicationRecord) -> bool {
    match record.status {
        RecordStatus::WaitingReplicate | RecordStatus::Replicating | RecordStatus::Success | RecordStatus::Other(_) => {
            true
        }
        RecordStatus::Fail | RecordStatus::Skip => false,
    }
}

/// The backup's records, seen from one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evidence<'a> {
    /// Records of the same destination, newest first.
    same: Vec<&'a ReplicationRecord>,
    /// Records that cannot be told from ours.
    unclear: Vec<&'a ReplicationRecord>,
    /// Whether absence from this look proves absence.
    complete: bool,
    /// Whether the source is still being made.
    pub(super) source_not_ready: bool,
}

/// Reads a look.
pub(super) fn evidence<'a>(backup: &'a Backup, seen: &Observation<'_>) -> Evidence<'a> {
    let spec = &seen.resource.spec;
    let Backup { names_itself: _, status, image_type: _, replication_records } = backup;
    let source_not_ready = matches!(status, Some(BackupStatus::Protecting | BackupStatus::WaitingProtect));
    let (records, unreadable, reported) = match replication_records {
        Records::NotReported => (&[][..], 0, false),
        Records::Reported { records, unreadable } => (records.as_slice(), *unreadable, true),
    };
    let of = |wanted| records.iter().filter(|r| likeness(r, spec) == wanted).collect::<Vec<_>>();
    let mut same = of(Likeness::Same);
    same.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    let unclear = of(Likeness::CannotTell);
    // Some services never fill the list: an empty one proves something only where records are known to be reported.
    let known = !records.is_empty() || (reported && seen.records_known);
    let complete = known && unreadable == 0 && unclear.is_empty();
    Evidence { same, unclear, complete, source_not_ready }
}

impl<'a> Evidence<'a> {
    /// A live replication of the same backup to the same place, but for those that are known not to be meant.
    pub(super) fn live(&self, not_these: &[String]) -> Option<&'a ReplicationRecord> {
        self.same.iter().copied().find(|record| is_live(record) && !contains(not_these, record))
    }

    /// The record of the call of an attempt: one that was not there before its claim, and is not known to be another's.
    /// Where nothing could be seen before, only a live one counts: a failed one may be older than the call.
    pub(super) fn of_call(&self, attempt: &Attempt, not_these: &[String]) -> Option<&'a ReplicationRecord> {
        self.same.iter().copied().find(|record| is_since(record, attempt) && !contains(not_these, record))
    }

    /// Whether it is proven that no record of the attempt's call is there.
    pub(super) fn proves_absence(&self, attempt: &Attempt, not_these: &[String]) -> bool {
        let may_be_it = match attempt.records_before.as_deref() {
            Some(before) if before.len() >= bounds::RECORDS => return false,
            Some(_) => self.of_call(attempt, not_these).is_some(),
            // A failed one may be the call's, too.
            None => self.same.iter().any(|record| !contains(not_these, record)),
        };
        self.complete && !may_be_it
    }

    /// What a claim writes down: ids that are there before the call, as far as they could be taken for it.
    pub(super) fn before(&self) -> Vec<String> {
        let ids = self.same.iter().chain(&self.unclear);
        ids.take(bounds::RECORDS).map(|record| record.id.as_str().to_owned()).collect()
    }
}

/// Whether a record of the same destination can only have come after the attempt's claim.
fn is_since(record: &ReplicationRecord, attempt: &Attempt) -> bool {
    match attempt.records_before.as_deref() {
        // A list that was cut cannot tell old from new.
        Some(before) if before.len() >= bounds::RECORDS => false,
        Some(before) => !contains(before, record),
        None => is_live(record),
    }
}

/// How a record relates to one attempt, for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It shows that the attempt was accepted.
    OfAttempt,
    /// To the same place; it was there before the attempt, or may have been.
    SamePlace,
    /// To another place.
    OtherPlace,
    /// It lacks what would tell.
    CannotTell,
}

/// How a record relates to an attempt of a resource.
pub fn relation(record: &ReplicationRecord, spec: &BackupReplicationSpec, attempt: &Attempt) -> Relation {
    match likeness(record, spec) {
        Likeness::Same if is_since(record, attempt) => Relation::OfAttempt,
        Likeness::Same => Relation::SamePlace,
        Likeness::Different => Relation::OtherPlace,
        Likeness::CannotTell => Relation::CannotTell,
    }
}

fn contains(ids: &[String], record: &ReplicationRecord) -> bool {
    ids.iter().any(|id| id == record.id.as_str())
}
