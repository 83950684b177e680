//! What the cloud's answers say about a call that has not been made. Nothing is asked here.

use super::finding::{Checked, Item};
use crate::cbr::{
    Backup, BackupStatus, BegunBy, CloudValue, ImageType, LookUpError, RecordStatus, Records,
    ReplicationRecord, ResourceKind, SourceRegion,
};
use crate::resource::{BackupReplication, BackupReplicationSpec};

/// What only a look-up could have shown.
const OF_THE_BACKUP: [Item; 4] = [Item::Backup, Item::Complete, Item::Kind, Item::Replica];

/// What a look-up shows of the credential, and of the backup.
pub(super) fn look_up(
    resource: &BackupReplication,
    answer: &Result<Backup, LookUpError>,
) -> Vec<Checked> {
    let mut checked = credential(answer);
    match answer {
        Ok(backup) => {
            checked.push(Checked::ok(Item::Backup, "The cloud shows it."));
            checked.push(complete(backup));
            checked.push(kind(backup));
            checked.push(replica(resource, &backup.replication_records));
        }
        Err(LookUpError::NoSuchBackup(error)) => {
            let detail = format!(
                "The cloud does not know backup {} in project {}: {error}. Check the two ids, and \
                 that the endpoint is of the source region.",
                resource.backup_id().unwrap_or_default(),
                resource.spec.project_id
            );
            checked.push(Checked::not(Item::Backup, detail));
            for item in OF_THE_BACKUP.into_iter().filter(|item| *item != Item::Backup) {
                checked.push(Checked::unknown(item, "There is no backup to look at."));
            }
        }
        Err(
            LookUpError::NotAvailable(_)
            | LookUpError::Unauthorized(_)
            | LookUpError::Throttled { .. }
            | LookUpError::Unavailable { .. }
            | LookUpError::Unreadable { .. },
        ) => {
            checked.extend(unseen(&OF_THE_BACKUP));
        }
    }
    checked
}

/// What could not be looked at.
pub(super) fn unseen(items: &[Item]) -> impl Iterator<Item = Checked> {
    items.iter().map(|item| Checked::unknown(*item, "The backup could not be looked up."))
}

fn credential(answer: &Result<Backup, LookUpError>) -> Vec<Checked> {
    let taken = || Checked::ok(Item::Credential, "The cloud accepts it.");
    let of_project = || Checked::ok(Item::Project, "The credential is for the source project.");
    let unknown = |item, why: &LookUpError| Checked::unknown(item, sentence(&why.to_string()));
    match answer {
        Ok(_) | Err(LookUpError::NoSuchBackup(_)) => {
            let right = "It may look the backup up (cbr:backups:get).";
            vec![taken(), of_project(), Checked::ok(Item::LookUp, right)]
        }
        Err(why @ LookUpError::NotAvailable(error)) if error.is_of_another_project() => vec![
            taken(),
            Checked::not(Item::Project, sentence(&why.to_string())),
            Checked::unknown(Item::LookUp, "The credential is for another project."),
        ],
        Err(why @ LookUpError::NotAvailable(error)) if error.http_status == 403 => vec![
            taken(),
            of_project(),
            Checked::not(
                Item::LookUp,
                format!(
                    "{} Without it the operator cannot follow the copy.",
                    sentence(&why.to_string())
                ),
            ),
        ],
        Err(why @ LookUpError::NotAvailable(_)) => {
            vec![
                unknown(Item::Credential, why),
                unknown(Item::Project, why),
                unknown(Item::LookUp, why),
            ]
        }
        Err(why @ LookUpError::Unauthorized(error)) => vec![
            Checked::not(
                Item::Credential,
                format!("The cloud rejects it: {error}. {}", sentence(&why.to_string())),
            ),
            unknown(Item::Project, why),
            unknown(Item::LookUp, why),
        ],
        Err(
            why @ (LookUpError::Throttled { .. }
            | LookUpError::Unavailable { .. }
            | LookUpError::Unreadable { .. }),
        ) => {
            vec![
                unknown(Item::Credential, why),
                unknown(Item::Project, why),
                unknown(Item::LookUp, why),
            ]
        }
    }
}

fn complete(backup: &Backup) -> Checked {
    let item = Item::Complete;
    match &backup.status {
        Some(BackupStatus::Available) => Checked::ok(item, "It is available."),
        Some(status @ (BackupStatus::Protecting | BackupStatus::WaitingProtect)) => Checked::not(
            item,
            format!("It is still being made ({status}). The operator waits for it."),
        ),
        Some(
            status @ (BackupStatus::Deleting
            | BackupStatus::WaitingDelete
            | BackupStatus::Error
            | BackupStatus::Restoring
            | BackupStatus::WaitingRestore),
        ) => Checked::not(item, format!("It is {status}, and must be available.")),
        Some(BackupStatus::Other(other)) => {
            Checked::unknown(item, format!("The cloud calls its state {other}."))
        }
        None => Checked::unknown(item, "The cloud does not show its state."),
    }
}

fn kind(backup: &Backup) -> Checked {
    let item = Item::Kind;
    match (&backup.image_type, &backup.kind) {
        (Some(ImageType::Replication), _) => {
            Checked::not(item, "It is a replica itself, which cannot be replicated again.")
        }
        (_, Some(ResourceKind::Disk)) => {
            Checked::not(item, "It is the backup of a disk; only those of servers are replicated.")
        }
        (_, Some(ResourceKind::Turbo)) => Checked::unknown(
            item,
            "It is the backup of an SFS Turbo file system, which only some clouds replicate.",
        ),
        (Some(ImageType::Backup), Some(ResourceKind::Server)) => {
            Checked::ok(item, "It is the backup of a server.")
        }
        (None | Some(ImageType::Backup | ImageType::Other(_)), _) => {
            Checked::unknown(item, "The cloud does not show what it is a backup of.")
        }
    }
}

/// A replica in that region, or one on its way there, no matter who asked for it.
fn replica(resource: &BackupReplication, records: &Records) -> Checked {
    let item = Item::Replica;
    let Records::Reported { records, unreadable } = records else {
        return Checked::unknown(item, "This cloud does not report replications.");
    };
    let spec = &resource.spec;
    let to_region = |record: &&ReplicationRecord| {
        record.destination_region.as_ref().is_none_or(|region| region.is(&spec.destination_region))
    };
    let own = resource.status.as_ref().and_then(|status| status.replication_record_id.as_deref());
    let live = || records.iter().filter(|record| is_live(record)).filter(to_region);
    let is_own = |record: &&ReplicationRecord| own == Some(record.id.as_str());
    if let Some(record) = live().find(is_own) {
        return Checked::ok(item, format!("Record {} is this resource's own.", record.id));
    }
    if let Some(record) = live().find(|record| is_same_place(record, spec)) {
        let detail = format!(
            "{} It is to the same vault: the operator adopts it, and makes no call.",
            named(record)
        );
        return Checked::ok(item, detail);
    }
    if let Some(record) = live().find(|record| record.destination_vault_id.is_some()) {
        let vault = record.destination_vault_id.as_ref().map_or("?", CloudValue::shown);
        let detail = format!(
            "{} It is to another vault ({vault}), and there is one replica in each region: the \
             cloud will answer BackupService.1009, unless that replica was deleted.",
            named(record)
        );
        return Checked::not(item, detail);
    }
    match (live().next(), unreadable) {
        (Some(record), _) => {
            Checked::unknown(item, format!("{} Its vault is not shown.", named(record)))
        }
        (None, 0) => Checked::ok(item, "The cloud shows no other replication to that region."),
        (None, _) => Checked::unknown(item, "Some of the cloud's records cannot be read."),
    }
}

fn named(record: &ReplicationRecord) -> String {
    let by = match record.begun_by {
        BegunBy::Policy => ", which a policy of the cloud began,",
        BegunBy::Call | BegunBy::NotSaid | BegunBy::Unclear => "",
    };
    format!("Record {}{by} is {} in that region.", record.id, record.status)
}

/// Whether there is, or may be, a replica of it.
fn is_live(record: &ReplicationRecord) -> bool {
    match record.status {
        RecordStatus::Fail | RecordStatus::Skip => false,
        RecordStatus::WaitingReplicate
        | RecordStatus::Replicating
        | RecordStatus::Success
        | RecordStatus::Other(_) => true,
    }
}

fn is_same_place(record: &ReplicationRecord, spec: &BackupReplicationSpec) -> bool {
    let vault = record.destination_vault_id.as_ref();
    let project = record.destination_project_id.as_ref();
    vault.is_some_and(|vault| vault.is(&spec.destination_vault_id))
        && project.is_none_or(|project| project.is(&spec.destination_project_id))
}

/// Whether the region takes replicas from where the endpoint is.
pub(super) fn destination(
    endpoint: &str,
    wanted: &str,
    answer: Result<Vec<SourceRegion>, String>,
) -> Checked {
    let item = Item::Destination;
    let regions = match answer {
        Ok(regions) => regions,
        Err(why) => {
            return Checked::unknown(
                item,
                format!(
                    "The cloud does not say where backups can go: {why} \
                     (cbr:backups:queryReplicationCapability)."
                ),
            );
        }
    };
    let here =
        |region: &&SourceRegion| endpoint.split(['/', '.', ':']).any(|label| region.name.is(label));
    let source = match regions.as_slice() {
        [only] => Some(only),
        several => several.iter().find(here),
    };
    let Some(source) = source else {
        return Checked::unknown(item, "The cloud does not name the region of this endpoint.");
    };
    let names: Vec<&str> = source.destinations.iter().map(CloudValue::shown).collect();
    if source.destinations.iter().any(|region| region.is(wanted)) {
        Checked::ok(item, format!("{} replicates to {wanted}.", source.name.shown()))
    } else {
        Checked::not(
            item,
            format!(
                "{} does not replicate to {wanted}; it does to: {}.",
                source.name.shown(),
                if names.is_empty() { "no region".to_owned() } else { names.join(", ") }
            ),
        )
    }
}

/// As a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    let text = format!("{}{}", first.unwrap_or_default(), characters.as_str());
    if text.ends_with('.') { text } else { format!("{text}.") }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
