//! What the clouds know: the replications that were accepted, by whose call it was.

use std::collections::BTreeMap;

use harness::Object;
use simulator::Record;

use crate::clouds::{Cloud, Sight};
use crate::crowd::Member;

/// All accepted replications, by the tag of the resource that called.
pub(crate) struct Truth(BTreeMap<String, Vec<Record>>);

impl Truth {
    pub(crate) fn of(clouds: &[Cloud]) -> Self {
        let mut by_tag: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for record in clouds.iter().flat_map(|cloud| cloud.simulator.all_records()) {
            let tag = record.target.description.clone().unwrap_or_default();
            by_tag.entry(tag).or_default().push(record);
        }
        Self(by_tag)
    }

    /// What this resource's calls led to.
    pub(crate) fn of_tag(&self, tag: &str) -> &[Record] {
        self.0.get(tag).map_or(&[], Vec::as_slice)
    }

    /// The replications of a backup, by whatever call.
    pub(crate) fn of_backup(&self, backup: &str) -> Vec<&Record> {
        self.0.values().flatten().filter(|record| record.target.backup_id == backup).collect()
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = (&String, &Vec<Record>)> {
        self.0.iter()
    }
}

pub(crate) fn doubled(tag: &str, records: &[Record]) -> String {
    format!("DOUBLED {tag}: {} accepted calls", records.len())
}

/// The backup that a resource is about.
pub(crate) fn backup(object: &Object) -> &str {
    object
        .text("/status/chosenBackupId")
        .or_else(|| object.text("/spec/backupId"))
        .unwrap_or_default()
}

/// What is wrong with a resource that is said to be accepted.
pub(crate) fn wrong(
    truth: &Truth,
    member: &Member,
    object: &Object,
    cloud: &Cloud,
) -> Option<String> {
    let own = truth.of_tag(&member.tag);
    let named = object.text("/status/replicationRecordId");
    let logged = object.text("/status/operationLogId");
    let whole = format!("{} ({}/{})", member.tag, member.namespace, member.name);
    if own.len() > 1 {
        return Some(doubled(&member.tag, own));
    }
    if let Some(own) = own.first() {
        if named == Some(own.id.as_str()) {
            return None;
        }
        let additional = object.0.pointer("/status/additionalRecords");
        if additional.is_some_and(|records| records.to_string().contains(&own.id)) {
            return None;
        }
        // What the logs alone tell has no record id.
        if cloud.sight == Sight::Logs && named.is_none() && logged == Some(own.log_id.as_str()) {
            return None;
        }
        return Some(format!(
            "LOST {whole}: the cloud has record {} (log {}), the status {named:?} (log {logged:?})",
            own.id, own.log_id
        ));
    }
    // It has adopted another's, or a human has said so.
    let known = truth.of_backup(backup(object));
    let is_one = known.iter().any(|record| {
        named == Some(record.id.as_str())
            || (named.is_none() && logged == Some(record.log_id.as_str()))
    });
    (!is_one).then(|| {
        format!("WRONG {whole}: no call was accepted, the status has {named:?} (log {logged:?})")
    })
}
