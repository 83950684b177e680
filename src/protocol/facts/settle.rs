//! Giving an attempt an outcome that its own call did not give, and a resource an acceptance.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::cbr::{CloudValue, ReplicationRecord, same_spelling};
use crate::protocol::facts::call_result::bounded;
use crate::protocol::facts::progress::{follow, forget};
use crate::resource::{Attempt, BackupReplicationStatus, Origin, Outcome, bounds};

/// Gives the attempt its outcome, and says by whose word.
pub(crate) fn settle(attempt: &mut Attempt, outcome: Outcome, by: &str, now: Timestamp) {
    let before = attempt.message.take().unwrap_or_default();
    attempt.outcome = Some(outcome);
    attempt.message = Some(bounded(format!("{by} {before}").trim_end(), bounds::MESSAGE));
    attempt.ended_at = Some(Time(now));
}

/// The attempt in force was accepted, as this record shows.
pub(crate) fn accept_by_record(
    status: &mut BackupReplicationStatus,
    record: &ReplicationRecord,
    now: Timestamp,
) {
    if let Some(attempt) = status.attempts.first_mut() {
        settle(attempt, Outcome::Accepted, "The cloud's records show that it was accepted.", now);
    }
    take(status, record, Origin::Called, now);
}

/// The record of a further accepted call: never dropped, and for a human to see to.
pub(crate) fn add_record(status: &mut BackupReplicationStatus, record: String) {
    let is_known = status.additional_records.iter().any(|known| same_spelling(known, &record));
    if !is_known && status.additional_records.len() < bounds::RECORDS {
        status.additional_records.push(record);
    }
}

/// A replication that was there before is this resource's.
///
/// `annotation`: a decision that is on the object already was given for an earlier one.
pub(crate) fn adopt(
    status: &mut BackupReplicationStatus,
    record: &ReplicationRecord,
    annotation: Option<&str>,
    now: Timestamp,
) {
    if let Some(value) = annotation.filter(|value| value.len() <= bounds::NAME) {
        status.decision = Some(value.to_owned());
        status.decision_attempt = None;
    }
    take(status, record, Origin::Adopted, now);
}

/// Fills in what the record says; what is there stays.
pub(crate) fn take(
    status: &mut BackupReplicationStatus,
    record: &ReplicationRecord,
    origin: Origin,
    now: Timestamp,
) {
    status.origin.get_or_insert(origin);
    status.accepted_at.get_or_insert(Time(now));
    let fill = |field: &mut Option<String>, value: Option<&str>, bound| {
        if field.is_none() {
            *field = value.map(|value| bounded(value, bound));
        }
    };
    fill(&mut status.replication_record_id, Some(record.id.as_str()), bounds::ID);
    fill(
        &mut status.source_region,
        record.source_region.as_ref().map(CloudValue::shown),
        bounds::NAME,
    );
    fill(
        &mut status.backup_id,
        record.source_backup_id.as_ref().map(CloudValue::shown),
        bounds::ID,
    );
    fill(
        &mut status.project_id,
        record.source_project_id.as_ref().map(CloudValue::shown),
        bounds::ID,
    );
    fill(
        &mut status.destination_region,
        record.destination_region.as_ref().map(CloudValue::shown),
        bounds::NAME,
    );
    fill(
        &mut status.destination_project_id,
        record.destination_project_id.as_ref().map(CloudValue::shown),
        bounds::ID,
    );
    fill(
        &mut status.destination_vault_id,
        record.destination_vault_id.as_ref().map(CloudValue::shown),
        bounds::ID,
    );
    follow(status, record, now);
}

/// These records are not what the resource is for, by a human's word.
pub(crate) fn decline(
    status: &mut BackupReplicationStatus,
    records: impl IntoIterator<Item = String>,
) {
    for record in records {
        if !status.declined_records.contains(&record)
            && status.declined_records.len() < bounds::RECORDS
        {
            status.declined_records.push(record);
        }
    }
}

/// Undoes an adoption, by a human's word: the next call is the resource's own.
///
/// # Errors
/// So many records have been declined that no further one can be kept.
pub(crate) fn let_go(status: &mut BackupReplicationStatus) -> Result<(), String> {
    if status.declined_records.len() >= bounds::RECORDS {
        return Err(format!(
            "{} records have been declined for this resource, and no more can be kept; create \
             another one",
            bounds::RECORDS
        ));
    }
    decline(status, status.replication_record_id.clone());
    status.origin = None;
    status.accepted_at = None;
    for field in [
        &mut status.replication_record_id,
        &mut status.operation_log_id,
        &mut status.source_region,
        &mut status.backup_id,
        &mut status.project_id,
        &mut status.destination_region,
        &mut status.destination_project_id,
        &mut status.destination_vault_id,
    ] {
        *field = None;
    }
    forget(status);
    Ok(())
}
