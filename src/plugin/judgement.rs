//! Whether what the cloud shows speaks against a decision.

use super::look::ShownRecords;
use super::terminal::table;
use super::words::{plain, short};
use crate::cbr::{CloudValue, ReplicationRecord};
use crate::protocol::{Decision, Relation};
use crate::resource::{Attempt, RejectionKind};

/// What the records say about a word: `Err`, where they speak against it.
pub(super) fn judge(
    word: &Decision,
    attempt: &Attempt,
    seen: &ShownRecords,
) -> Result<String, String> {
    let of_attempt = seen
        .records
        .iter()
        .find(|(_, relation)| *relation == Relation::OfAttempt)
        .map(|(record, _)| record);
    match (word, of_attempt) {
        (Decision::NotAccepted, Some(record)) => Err(format!(
            "the cloud's records show that attempt {} was accepted, as record {}; use --accepted \
             {}, or wait for the operator, which finds it at its next check",
            attempt.number, record.id, record.id
        )),
        (Decision::NotAccepted, None) if !seen.reported => {
            Ok("The cloud reports no records for this backup, which proves nothing.".to_owned())
        }
        (Decision::NotAccepted, None) => Ok(
            "No record shows that the call was accepted. A record may take some minutes to appear."
                .to_owned(),
        ),
        (Decision::Accepted(None), Some(record)) => Ok(format!(
            "Record {} shows that it was accepted. You can name it: --accepted {}; else the \
             operator looks for it.",
            record.id, record.id
        )),
        (Decision::Accepted(None), None) => {
            Ok("No record shows that the call was accepted.".to_owned())
        }
        (Decision::Accepted(Some(id)), _) => {
            match seen.records.iter().find(|(record, _)| record.id == *id) {
                Some((record, relation)) => named(record, *relation, attempt),
                None if seen.records.is_empty() || seen.unreadable > 0 => Ok(format!(
                    "The cloud does not show record {id}, nor any other that could be read: that \
                     proves nothing."
                )),
                None => Err(format!(
                    "the cloud shows records of this backup, and {id} is not among them"
                )),
            }
        }
        (Decision::Retry, _) => {
            Ok("The operator checks the records again before it calls.".to_owned())
        }
    }
}

/// About a record that the decision names.
fn named(
    record: &ReplicationRecord,
    relation: Relation,
    attempt: &Attempt,
) -> Result<String, String> {
    let id = &record.id;
    let before = attempt
        .records_before
        .as_ref()
        .is_some_and(|before| before.iter().any(|one| one == id.as_str()));
    let any_will_do = attempt.rejection == Some(RejectionKind::AlreadyReplicated);
    match relation {
        Relation::OfAttempt => Ok(format!("Record {id} shows that it was accepted.")),
        Relation::SamePlace if before && !any_will_do => Err(format!(
            "record {id} was there before attempt {} was claimed, so it is not its record",
            attempt.number
        )),
        Relation::SamePlace => Ok(format!("Record {id} is of a replication to the same vault.")),
        Relation::OtherPlace => Err(format!("record {id} is of a replication to another place")),
        Relation::CannotTell => {
            Ok(format!("Record {id} does not say where its replica is: check that in the cloud."))
        }
    }
}

/// The records as a table.
pub(super) fn records(seen: &ShownRecords) -> String {
    if seen.records.is_empty() {
        return if seen.reported {
            "  none\n".to_owned()
        } else {
            "  not reported by this cloud\n".to_owned()
        };
    }
    let rows: Vec<_> =
        seen.records.iter().map(|(record, relation)| row(record, *relation)).collect();
    let lines = table(["RECORD", "STATUS", "BEGAN", "REGION", "VAULT", "WHAT IT IS"], &rows);
    let mut text: String = lines.lines().map(|line| format!("  {line}\n")).collect();
    if seen.unreadable > 0 {
        text.push_str(&format!("  and {} that cannot be read\n", seen.unreadable));
    }
    text
}

fn row(record: &ReplicationRecord, relation: Relation) -> [String; 6] {
    let text = |value: &Option<CloudValue>| {
        value.as_ref().map_or_else(|| "?".to_owned(), |v| plain(v.shown()))
    };
    let what = match relation {
        Relation::OfAttempt => "of this attempt",
        Relation::SamePlace => "to the same vault, not of this attempt",
        Relation::OtherPlace => "to another place",
        Relation::CannotTell => "unknown",
    };
    [
        record.id.to_string(),
        plain(&record.status.to_string()),
        record.created_at.map_or_else(|| "?".to_owned(), short),
        text(&record.destination_region),
        text(&record.destination_vault_id),
        what.to_owned(),
    ]
}
