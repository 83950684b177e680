//! What a look-up at the backup's replication records proves. Presence proves that a call was
//! accepted; absence proves something only where records are known to be reported.

use jiff::SignedDuration;

use crate::cbr::{
    Backup, BackupStatus, BegunBy, CloudValue, RecordStatus, Records, ReplicationRecord,
    same_spelling,
};
use crate::protocol::observation::Observation;
use crate::resource::{Attempt, BackupReplication, BackupReplicationSpec, CalledFor, bounds};

/// How a record relates to what a resource calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    Same,
    Different,
    /// Something that would tell is missing from the record.
    CannotTell,
}

/// Region and vault must be there and name the same, project and source backup where they are
/// there; ids as a cloud may spell them. Only another region tells for sure that a record is
/// another's: among this backup's own records of the region, what reads differently is odd, and odd
/// proves nothing.
fn likeness(record: &ReplicationRecord, called: &CalledFor<'_>) -> Likeness {
    let compare =
        |theirs: &Option<CloudValue>, ours: &str, absent: Likeness, other: Likeness| match theirs {
            Some(theirs) if theirs.is(ours) => Likeness::Same,
            Some(_) => other,
            None => absent,
        };
    use Likeness::{CannotTell, Different, Same};
    let parts = [
        compare(&record.destination_region, called.destination_region, CannotTell, Different),
        compare(&record.destination_vault_id, called.destination_vault_id, CannotTell, CannotTell),
        compare(&record.destination_project_id, called.destination_project_id, Same, CannotTell),
        compare(&record.source_backup_id, called.backup_id, Same, CannotTell),
    ];
    if parts.contains(&Different) {
        Different
    } else if parts.contains(&CannotTell) {
        CannotTell
    } else {
        Same
    }
}

/// Whether the replication may have led, or may yet lead, to a copy. An unknown state counts as
/// such: adopting too much costs a message, calling too much costs money.
fn is_live(record: &ReplicationRecord) -> bool {
    match record.status {
        RecordStatus::WaitingReplicate
        | RecordStatus::Replicating
        | RecordStatus::Success
        | RecordStatus::Other(_) => true,
        RecordStatus::Fail | RecordStatus::Skip => false,
    }
}

/// Whether a call can have begun it. What a policy of the cloud began, or what cannot be read,
/// shows no call, and stands against its absence.
fn may_be_of_a_call(record: &ReplicationRecord) -> bool {
    match record.begun_by {
        BegunBy::Call | BegunBy::NotSaid => true,
        BegunBy::Policy | BegunBy::Unclear => false,
    }
}

/// The backup's records, seen from one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evidence<'a> {
    /// All records.
    all: &'a [ReplicationRecord],
    /// Records of the same destination, newest first.
    same: Vec<&'a ReplicationRecord>,
    /// Records that cannot be told from ours.
    unclear: Vec<&'a ReplicationRecord>,
    /// Whether absence from this look-up proves absence, as far as `unclear` does not stand against
    /// it.
    complete: bool,
    /// Whether the source is still being made.
    pub(super) source_not_ready: bool,
}

/// A replication of the same backup to the same region, into another vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OtherVault {
    pub(super) record: String,
    /// As the cloud names it; fit to be shown.
    pub(super) vault: String,
}

/// Reads a look-up.
pub(super) fn evidence<'a>(backup: &'a Backup, seen: &Observation<'_>) -> Evidence<'a> {
    let called = seen.resource.called_for();
    let Backup { names_itself, status, image_type: _, kind: _, replication_records } = backup;
    let source_not_ready =
        matches!(status, Some(BackupStatus::Protecting | BackupStatus::WaitingProtect));
    let (records, unreadable, reported) = match replication_records {
        Records::NotReported => (&[][..], 0, false),
        Records::Reported { records, unreadable } => (records.as_slice(), *unreadable, true),
    };
    // No record can be told from that of a backup which is not known.
    let likeness = |record| called.map_or(Likeness::CannotTell, |called| likeness(record, &called));
    let of = |wanted| records.iter().filter(|r| likeness(r) == wanted).collect::<Vec<_>>();
    let mut same = of(Likeness::Same);
    same.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    // Some services never fill the list, and some show it to some users only: an empty one proves
    // something only to a viewer that has been shown the record of an accepted call. What is not said to be
    // begun by a call does not tell that calls are shown.
    let shows_calls = records.iter().any(|record| record.begun_by == BegunBy::Call);
    let known = shows_calls || (reported && seen.records_known);
    let complete = known && *names_itself && unreadable == 0 && called.is_some();
    Evidence { all: records, same, unclear: of(Likeness::CannotTell), complete, source_not_ready }
}

impl<'a> Evidence<'a> {
    /// A live replication of the same backup to the same place, except those that are known not to
    /// be meant.
    pub(super) fn live(&self, not_these: &[String]) -> Option<&'a ReplicationRecord> {
        self.same.iter().copied().find(|record| is_live(record) && !contains(not_these, record))
    }

    /// The record of the call of an attempt: one that was not there before its claim, and is not
    /// known to be another's. Where nothing could be seen before, only a live one counts: a failed
    /// one may be older than the call.
    pub(super) fn of_call(
        &self,
        attempt: &Attempt,
        not_these: &[String],
    ) -> Option<&'a ReplicationRecord> {
        self.same
            .iter()
            .copied()
            .filter(|record| may_be_of_a_call(record))
            .find(|record| is_since(record, attempt) && !contains(not_these, record))
    }

    /// Whether it is proven that no record of the attempt's call is there.
    pub(super) fn proves_absence(&self, attempt: &Attempt, not_these: &[String]) -> bool {
        let is_known = |record: &ReplicationRecord, before: &[String]| {
            contains(before, record) || contains(not_these, record)
        };
        let before = match attempt.records_before.as_deref() {
            // A list that was cut cannot tell old from new.
            Some(before) if before.len() >= bounds::RECORDS => return false,
            Some(before) => before,
            // A failed one may be the call's, too.
            None => &[],
        };
        let mut may_be_it = self.same.iter().chain(&self.unclear);
        self.complete && may_be_it.all(|record| is_known(record, before))
    }

    /// Whether it is proven that nothing was replicated to the place before.
    pub(super) fn proves_nothing_before(&self) -> bool {
        self.complete && self.same.is_empty() && self.unclear.is_empty()
    }

    /// What a claim writes down: the ids of all records that are there before the call.
    pub(super) fn before(&self) -> Vec<String> {
        let others = self
            .all
            .iter()
            .filter(|record| !self.same.contains(record) && !self.unclear.contains(record));
        let ids = self.same.iter().copied().chain(self.unclear.iter().copied()).chain(others);
        ids.take(bounds::RECORDS).map(|record| record.id.as_str().to_owned()).collect()
    }

    /// A live replication to the same region into another vault: the cloud keeps one replica a
    /// region.
    pub(super) fn other_vault(&self, spec: &BackupReplicationSpec) -> Option<OtherVault> {
        self.unclear.iter().copied().find_map(|record| {
            let region = record.destination_region.as_ref()?;
            let vault = record.destination_vault_id.as_ref()?;
            let elsewhere =
                region.is(&spec.destination_region) && !vault.is(&spec.destination_vault_id);
            (elsewhere && is_live(record)).then(|| OtherVault {
                record: record.id.as_str().to_owned(),
                vault: vault.shown().to_owned(),
            })
        })
    }

    /// Records of the same destination beside those that are `known`, none of them older than the
    /// first attempt: what further accepted calls have left.
    pub(super) fn further(&self, first: &Attempt, known: &[String]) -> Vec<String> {
        let is_newer = |record: &ReplicationRecord| match first.records_before.as_deref() {
            Some(before) if before.len() >= bounds::RECORDS => is_after(record, first),
            Some(before) => !contains(before, record) && !is_older(record, first),
            None => is_after(record, first),
        };
        let further =
            self.same.iter().filter(|record| is_newer(record) && !contains(known, record));
        further.map(|record| record.id.as_str().to_owned()).collect()
    }
}

/// By the cloud's own clock, which may be a little behind ours. A record without a time is not
/// known to be one.
fn is_after(record: &ReplicationRecord, attempt: &Attempt) -> bool {
    const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);
    record.created_at.is_some_and(|at| at.duration_since(attempt.claimed_at.0) > -CLOCKS_DIFFER)
}

/// Whether a record began so long before the claim that no two clocks differ by it, and has only
/// come to show since.
fn is_older(record: &ReplicationRecord, attempt: &Attempt) -> bool {
    const NO_CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(24);
    record.created_at.is_some_and(|at| attempt.claimed_at.0.duration_since(at) > NO_CLOCKS_DIFFER)
}

/// Whether a record of the same destination can only have come after the attempt's claim.
fn is_since(record: &ReplicationRecord, attempt: &Attempt) -> bool {
    match attempt.records_before.as_deref() {
        // A list that was cut cannot tell old from new.
        Some(before) if before.len() >= bounds::RECORDS => false,
        Some(before) => !contains(before, record) && !is_older(record, attempt),
        None => is_live(record) && !is_older(record, attempt),
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
pub fn relation(
    record: &ReplicationRecord,
    resource: &BackupReplication,
    attempt: &Attempt,
) -> Relation {
    let called = resource.called_for();
    match called.map_or(Likeness::CannotTell, |called| likeness(record, &called)) {
        Likeness::Same if is_since(record, attempt) => Relation::OfAttempt,
        Likeness::Same => Relation::SamePlace,
        Likeness::Different => Relation::OtherPlace,
        Likeness::CannotTell => Relation::CannotTell,
    }
}

fn contains(ids: &[String], record: &ReplicationRecord) -> bool {
    ids.iter().any(|id| same_spelling(id, record.id.as_str()))
}
