//! What is told, as data. The JSON of it is documented: each key is always there, and null where
//! nothing is known; `call` and `attempts` are in the form of the resource itself.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::ResourceExt;
use serde::Serialize;

use super::to_type::{ToType, to_type};
use super::waits;
use crate::plugin::next::{Next, condition, is_followed, is_observed, is_unseen, next, reason};
use crate::plugin::words::short;
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationSpec, ConditionType, Origin, Phase, Reason,
    RejectionKind, TrackingEnd, TrackingIssue,
};

/// The number of this form; a field that joins does not change it.
const VERSION: u32 = 1;

/// The story.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    version: u32,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) created_at: Option<Time>,
    /// In one sentence.
    pub(super) summary: String,
    pub(super) phase: Phase,
    pub(super) ready: Option<ShownCondition>,
    pub(super) replicated: Option<ShownCondition>,
    /// All of them, those of others included.
    pub(super) conditions: Vec<NamedCondition>,
    pub(super) call: BackupReplicationSpec,
    /// The backup that the call is about: the one that the spec names, or the chosen one.
    pub(super) backup_id: Option<String>,
    /// Newest first.
    pub(super) attempts: Vec<Attempt>,
    pub(super) evidence: ShownEvidence,
    pub(super) next: NextStep,
    /// Where the runbook has more.
    pub(super) runbook: Option<String>,
    pub(super) to_type: Vec<ToType>,
}

/// A condition.
#[derive(Serialize)]
pub(super) struct ShownCondition {
    pub(super) status: String,
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) since: Time,
}

impl ShownCondition {
    fn of(condition: &Condition) -> Self {
        Self {
            status: condition.status.clone(),
            reason: condition.reason.clone(),
            message: condition.message.clone(),
            since: condition.last_transition_time.clone(),
        }
    }
}

/// A condition with its type.
#[derive(Serialize)]
pub(super) struct NamedCondition {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(flatten)]
    pub(super) told: ShownCondition,
}

/// What shows that there is a replication.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownEvidence {
    /// Of the attempt in force; null where the records could not be checked before it.
    pub(super) records_before: Option<Vec<String>>,
    pub(super) replication_record_id: Option<String>,
    pub(super) operation_log_id: Option<String>,
    pub(super) record_created_at: Option<Time>,
    pub(super) origin: Option<Origin>,
    pub(super) accepted_at: Option<Time>,
    pub(super) additional_records: Vec<String>,
    pub(super) decision: Option<String>,
    pub(super) record_status: Option<String>,
    pub(super) progress: Option<u8>,
    pub(super) replica_backup_id: Option<String>,
    pub(super) fail_code: Option<String>,
    pub(super) fail_reason: Option<String>,
    pub(super) completed_at: Option<Time>,
    pub(super) tracking_end: Option<TrackingEnd>,
    pub(super) tracking_issue: Option<TrackingIssue>,
}

/// Whose turn it is, and what they do.
#[derive(Serialize)]
pub(super) struct NextStep {
    pub(super) who: Next,
    pub(super) what: String,
}

impl Report {
    pub(super) fn new(resource: &BackupReplication, now: Timestamp) -> Self {
        let status = resource.status.clone().unwrap_or_default();
        let told = |kind| condition(resource, kind).map(ShownCondition::of);
        let named = |condition: &Condition| NamedCondition {
            kind: condition.type_.clone(),
            told: ShownCondition::of(condition),
        };
        let reason = reason(resource);
        let to_type = to_type(resource, reason, now);
        Self {
            version: VERSION,
            namespace: resource.namespace().unwrap_or_default(),
            name: resource.name_any(),
            created_at: resource.metadata.creation_timestamp.clone(),
            summary: summary(resource),
            phase: status.phase.unwrap_or(Phase::Pending),
            ready: told(ConditionType::Ready),
            replicated: told(ConditionType::Replicated),
            conditions: status.conditions.iter().map(named).collect(),
            call: resource.spec.clone(),
            backup_id: resource.backup_id().map(str::to_owned),
            next: turn(resource, reason, now),
            runbook: reason.map(Reason::runbook_url),
            evidence: ShownEvidence {
                records_before: status
                    .attempts
                    .first()
                    .and_then(|attempt| attempt.records_before.clone()),
                replication_record_id: status.replication_record_id,
                operation_log_id: status.operation_log_id,
                record_created_at: status.record_created_at,
                origin: status.origin,
                accepted_at: status.accepted_at,
                additional_records: status.additional_records,
                decision: status.decision,
                record_status: status.record_status,
                progress: status.progress,
                replica_backup_id: status.replica_backup_id,
                fail_code: status.fail_code,
                fail_reason: status.fail_reason,
                completed_at: status.completed_at,
                tracking_end: status.tracking_end,
                tracking_issue: status.tracking_issue,
            },
            attempts: status.attempts,
            to_type,
        }
    }
}

fn summary(resource: &BackupReplication) -> String {
    let Some(status) =
        resource.status.as_ref().filter(|_| condition(resource, ConditionType::Ready).is_some())
    else {
        return "The operator has not processed this resource yet.".to_owned();
    };
    let rejected_as_duplicate = || {
        let attempt = status.attempts.first();
        attempt.and_then(|attempt| attempt.rejection) == Some(RejectionKind::AlreadyReplicated)
    };
    let known = match (status.phase.unwrap_or(Phase::Pending), status.origin) {
        (Phase::Pending, _) if rejected_as_duplicate() => {
            "The cloud says that a replica already exists or is being made; the operator looks for \
             its record."
        }
        (Phase::Pending, _) => return waits::summary(resource),
        (Phase::Submitting, _) => "A call to the cloud may be in flight at this moment.",
        (Phase::OutcomeUnknown, _) => {
            "A call was made, and it is not known whether the cloud accepted it."
        }
        (Phase::Replicating, _) if status.tracking_end.is_some() => {
            "The cloud accepted the call. How the copy ended is not known."
        }
        (Phase::Replicating, _) if status.tracking_issue.is_some() => {
            "The cloud accepted the call. The operator cannot see the progress of the copy."
        }
        (Phase::Replicating, Some(Origin::Adopted)) => {
            "An earlier replication was found in the cloud and adopted; the cloud is copying."
        }
        (Phase::Replicating, _) => "The cloud accepted the call and is copying the backup.",
        (Phase::Succeeded, _) if is_unseen(status) => {
            "The cloud accepted the call. Nobody has seen the copy."
        }
        (Phase::Succeeded, Some(Origin::Adopted)) => {
            "An earlier replication was found in the cloud and adopted: no call was needed."
        }
        (Phase::Succeeded, Some(Origin::Declared)) => {
            "A person declared the call accepted (status.decision)."
        }
        (Phase::Succeeded, Some(Origin::Called) | None)
            if status.tracking_end == Some(TrackingEnd::Replicated) =>
        {
            "The cloud accepted the call, and the copy exists."
        }
        (Phase::Succeeded, Some(Origin::Called) | None) => "The cloud accepted the call.",
        (Phase::Failed, _) if status.is_accepted() => {
            "The cloud accepted the call, and the replication failed."
        }
        (Phase::Failed, _) if rejected_as_duplicate() => {
            "The cloud says that a replica already exists or is being made; its record does not \
             show."
        }
        (Phase::Failed, _) if status.retry_at.is_some() => {
            "The cloud rejected the call. The operator tries again."
        }
        (Phase::Failed, _) => "The cloud rejected the call.",
    };
    known.to_owned()
}

fn turn(resource: &BackupReplication, reason: Option<Reason>, now: Timestamp) -> NextStep {
    let who = next(resource);
    let status = resource.status.as_ref();
    let retry_at = status.filter(|status| !status.is_accepted());
    let retry_at = retry_at
        .and_then(|status| status.attempts.first()?.retry_at.as_ref())
        .filter(|at| at.0 > now);
    let of_reason = reason.map(|reason| reason.explained().next);
    let what = match who {
        _ if resource.metadata.deletion_timestamp.is_some() => {
            "It is being deleted. A replication that was accepted stays in the cloud.".to_owned()
        }
        Next::Operator if !is_observed(resource) => {
            "The operator processes it as soon as it sees it. If this does not change, the \
             operator does not run, or does not watch this namespace."
                .to_owned()
        }
        // A rejected token has a time to wait for, too: that of the next try with the old one.
        Next::Operator => match (waits::credential(resource), retry_at) {
            (Some(what), _) => {
                format!("The operator continues automatically, as soon as {what}.")
            }
            (None, Some(at)) => {
                format!("The operator continues automatically, not before {}.", short(at.0))
            }
            (None, None) if status.is_some_and(|status| status.tracking_issue.is_some()) => {
                "The copy itself continues. Tracking resumes automatically once what blocks it is \
                 fixed. No further call is made."
                    .to_owned()
            }
            (None, None) if is_followed(resource) => {
                "The operator follows the copy to its end. No further call is made.".to_owned()
            }
            (None, None) => of_reason.unwrap_or("The operator continues automatically.").to_owned(),
        },
        Next::Human if status.is_some_and(|status| status.retry_at.is_some()) => {
            let at = status.and_then(|status| status.retry_at.as_ref());
            let when = at.map(|at| short(at.0)).unwrap_or_default();
            format!(
                "Action required: remove what the cloud names. The operator tries again \
                 automatically: after {when}, and sooner when the Secret or the spec changes."
            )
        }
        Next::Human => format!(
            "Action required: {} The operator makes no call until you act.",
            of_reason.unwrap_or("see the operator's message above.")
        ),
        Next::Nobody if resource.spec.suspended() && status.is_none_or(|s| !s.is_accepted()) => {
            "Nothing happens while spec.suspend is true.".to_owned()
        }
        Next::Nobody if status.is_some_and(is_unseen) => {
            "No further call is made, and nobody tracks the copy. Check in the destination region \
             that the replica exists."
                .to_owned()
        }
        Next::Nobody if status.is_some_and(|status| status.origin == Some(Origin::Adopted)) => {
            "Nothing: it is done, and no call is made for it unless you ask for one.".to_owned()
        }
        Next::Nobody => "Nothing: it is done, and no further call is made for it.".to_owned(),
    };
    NextStep { who, what }
}
