//! All replications that were accepted.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use super::inventory::folded;
use super::record::Record;
use super::stage::{Advance, DeletedRecord, Stage};

/// The records by id and by backup; timed ones end when their time has come.
#[derive(Default)]
pub(crate) struct Ledger {
    records: HashMap<String, Record>,
    by_backup: HashMap<String, Vec<String>>,
    due: BTreeSet<(Instant, String)>,
}

impl Ledger {
    pub(crate) fn add(&mut self, record: Record) {
        self.by_backup.entry(record.target.backup_id.clone()).or_default().push(record.id.clone());
        if let Some(due) = record.due() {
            self.due.insert((due, record.id.clone()));
        }
        self.records.insert(record.id.clone(), record);
    }

    /// Ends what is due, so that a region or a place in a vault becomes free at its time.
    pub(crate) fn catch_up(&mut self, now: Instant) {
        while self.due.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, id)) = self.due.pop_first() else { return };
            if let Some(record) = self.records.get_mut(&id) {
                record.catch_up(now);
            }
        }
    }

    /// The records of a backup as they are at `now`, oldest first.
    pub(crate) fn of_backup(&mut self, backup_id: &str, now: Instant) -> Vec<Record> {
        let mut found = Vec::new();
        for id in self.by_backup.get(backup_id).into_iter().flatten() {
            if let Some(record) = self.records.get_mut(id) {
                record.catch_up(now);
                found.push(record.clone());
            }
        }
        found
    }

    /// Every record as it is at `now`, oldest first.
    pub(crate) fn all(&mut self, now: Instant) -> Vec<Record> {
        let mut all: Vec<_> = self
            .records
            .values_mut()
            .map(|record| {
                record.catch_up(now);
                record.clone()
            })
            .collect();
        all.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        all
    }

    pub(crate) fn region_is_occupied(&self, backup_id: &str, region: &str) -> bool {
        self.by_backup
            .get(backup_id)
            .into_iter()
            .flatten()
            .filter_map(|id| self.records.get(id))
            .any(|record| {
                folded(&record.target.destination_region) == folded(region)
                    && record.occupies_region()
            })
    }

    /// How many places of a vault are taken, by replicas and by those on their way.
    pub(crate) fn in_vault(&self, vault_id: &str) -> u64 {
        let taken = |record: &&Record| {
            folded(&record.target.destination_vault_id) == folded(vault_id)
                && record.occupies_region()
        };
        self.records.values().filter(taken).map(|_| 1).sum()
    }

    /// Advances a record by its own id, or the newest one of a backup by the backup's id.
    pub(crate) fn advance(&mut self, id: &str, to: Advance) -> Result<()> {
        self.find(id)?.advance(to)
    }

    /// Shows every record that is shown late or hidden; with an id, those of this record or backup
    /// only.
    pub(crate) fn reveal(&mut self, id: Option<&str>) {
        for record in self.records.values_mut() {
            if id.is_none_or(|id| record.id == id || record.target.backup_id == id) {
                record.revealed = true;
                record.hidden = false;
            }
        }
    }

    /// Lists a record, or all of a backup, no more.
    pub(crate) fn hide(&mut self, id: &str) -> Result<()> {
        let mut hidden = 0;
        for record in self
            .records
            .values_mut()
            .filter(|record| record.id == id || record.target.backup_id == id)
        {
            record.hidden = true;
            hidden += 1;
        }
        ensure!(hidden > 0, "no replication has the record or backup id {id}");
        Ok(())
    }

    /// Lists a record, or the newest of a backup, with these fields merged into its own.
    pub(crate) fn alter(&mut self, id: &str, fields: Map<String, Value>) -> Result<()> {
        self.find(id)?.altered.extend(fields);
        Ok(())
    }

    /// Deletes the replica of a record, or of the newest record of a backup.
    pub(crate) fn delete_replica(&mut self, id: &str, then: DeletedRecord) -> Result<()> {
        let record = self.find(id)?;
        let exists = record.stage == Stage::Success && !record.replica_deleted;
        ensure!(
            exists,
            "replication {} has no replica to delete: it is {:?}",
            record.id,
            record.stage
        );
        record.replica_deleted = true;
        let (record_id, backup_id) = (record.id.clone(), record.target.backup_id.clone());
        match then {
            DeletedRecord::Stays => {}
            DeletedRecord::Vanishes => {
                self.records.remove(&record_id);
                if let Some(ids) = self.by_backup.get_mut(&backup_id) {
                    ids.retain(|id| *id != record_id);
                }
            }
        }
        Ok(())
    }

    fn find(&mut self, id: &str) -> Result<&mut Record> {
        let newest = self.by_backup.get(id).and_then(|ids| ids.last());
        let id = newest.map_or(id, String::as_str);
        let record = self
            .records
            .get_mut(id)
            .with_context(|| format!("no replication has the record or backup id {id}"))?;
        record.catch_up(Instant::now());
        Ok(record)
    }
}
