//! What a decision means, in plain words.

use super::decision::{PlannedDecision, Subject};
use super::words::plain;
use crate::protocol::Decision;
use crate::resource::{BackupReplication, RejectionKind};

/// What is said, what the operator then does, and what it costs if it is not so.
pub(super) fn meaning(resource: &BackupReplication, decision: &PlannedDecision) -> String {
    let PlannedDecision { word, value: _, subject, after } = decision;
    let region = plain(&resource.spec.destination_region);
    let mut text = match (subject, word) {
        (Subject::Attempt(attempt), Decision::NotAccepted) => format!(
            "You say that the cloud did not accept the call of attempt {}. The operator then calls again. If the cloud had \
             accepted it after all, there may be a second replica in {region}, which costs money.",
            attempt.number
        ),
        (Subject::Attempt(attempt), Decision::Accepted(record)) => {
            let what = if attempt.rejection == Some(RejectionKind::AlreadyReplicated) {
                format!(
                    "You say that the replica which the cloud speaks of in its answer to attempt {}",
                    attempt.number
                ) + " is the one that is wanted"
            } else {
                format!("You say that the cloud accepted the call of attempt {}", attempt.number)
            };
            let record = match record {
                Some(record) => format!(", as replication record {record}"),
                None => ", and that its replication record is not known".to_owned(),
            };
            let for_good = "No call is made for this resource any more, and that cannot be taken back. If it is not so, \
                            there is no replica: a new BackupReplication is then needed.";
            if after.additional_records.is_empty() {
                format!("{what}{record}. {for_good}")
            } else {
                format!(
                    "{what}{record}. As another call is accepted already, it is listed in status.additionalRecords. {for_good}"
                )
            }
        }
        (Subject::Attempt(attempt), Decision::CallAnew) => format!(
            "The cloud rejected attempt {}. The operator calls once more, although nothing has changed. It looks before it \
             calls, and adopts a live replication to the same vault.",
            attempt.number
        ),
        (Subject::Adopted(record), Decision::CallAnew) => format!(
            "The replication {record}, which was adopted, is let go: it is not what is wanted. The operator calls the cloud, \
             once. If its replica exists, there may then be two in {region}, which costs money, or the cloud refuses the call."
        ),
        // The operator refuses these; they never come here.
        (Subject::Adopted(record), Decision::NotAccepted | Decision::Accepted(_)) => {
            format!("About the adopted replication {record} nothing can be said but --call-anew.")
        }
    };
    if resource.spec.suspended() && matches!(word, Decision::NotAccepted | Decision::CallAnew) {
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
        Decision::CallAnew => "--call-anew".to_owned(),
    }
}
