//! What a decision means, in plain words.

use super::decision::{PlannedDecision, Subject};
use super::words::plain;
use crate::protocol::Decision;
use crate::resource::{BackupReplication, RejectionKind};

/// What the decision says, what the operator then does, and what it costs if the decision is wrong.
pub(super) fn meaning(resource: &BackupReplication, decision: &PlannedDecision) -> String {
    let PlannedDecision { word, value: _, subject, after } = decision;
    let region = plain(&resource.spec.destination_region);
    let mut text = match (subject, word) {
        (Subject::Attempt(attempt), Decision::NotAccepted) => format!(
            "You say that the cloud did not accept the call of attempt {}. The operator then calls \
             again. If the cloud had accepted it after all, there may be a second replica in \
             {region}, which costs money.",
            attempt.number
        ),
        (Subject::Attempt(attempt), Decision::Accepted(record)) => {
            let what = if attempt.rejection == Some(RejectionKind::AlreadyReplicated) {
                format!(
                    "You say that the replica that the cloud names in its answer to attempt {} is \
                     the one you want",
                    attempt.number
                )
            } else {
                format!("You say that the cloud accepted the call of attempt {}", attempt.number)
            };
            let record = match record {
                Some(record) => format!(", as replication record {record}"),
                None => ", and that its replication record is not known".to_owned(),
            };
            let permanent = "No further call is made for this resource, and that cannot be undone. \
                If you are wrong, there is no replica, and you need a new BackupReplication.";
            if after.additional_records.is_empty() {
                format!("{what}{record}. {permanent}")
            } else {
                format!(
                    "{what}{record}. Another call is accepted already, so it is listed in \
                     status.additionalRecords. {permanent}"
                )
            }
        }
        (Subject::Attempt(attempt), Decision::Retry) => format!(
            "The cloud rejected attempt {}. The operator calls again with the same spec. It first \
             checks the records, and adopts a live replication to the same vault instead of \
             calling.",
            attempt.number
        ),
        (Subject::Adopted(record), Decision::Retry) => format!(
            "The resource no longer counts the adopted replication {record} as its own. The \
             operator makes one new call. If the replica of {record} exists, there may then be two \
             in {region}, which costs money, or the cloud refuses the call."
        ),
        // The operator refuses these; they never come here.
        (Subject::Adopted(record), Decision::NotAccepted | Decision::Accepted(_)) => {
            format!("Record {record} was adopted; the only decision possible is --retry.")
        }
    };
    if resource.spec.suspended() && matches!(word, Decision::NotAccepted | Decision::Retry) {
        text.push_str(" While spec.suspend is true, the call waits.");
    }
    text
}

/// The option that says a word.
pub(super) fn option(word: &Decision) -> String {
    match word {
        Decision::NotAccepted => "--not-accepted".to_owned(),
        Decision::Accepted(None) => "--accepted".to_owned(),
        Decision::Accepted(Some(record)) => format!("--accepted {record}"),
        Decision::Retry => "--retry".to_owned(),
    }
}
