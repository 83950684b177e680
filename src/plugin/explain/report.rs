//! What is told, as data. The JSON of it is documented: each key is always there, and null where nothing is known;
//! `call` and `attempts` are in the form of the resource itself.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use serde::Serialize;

use super::to_type::{ToType, to_type};
use crate::plugin::next::{Next, condition, is_followed, is_observed, next};
use crate::plugin::words::short;
use crate::resource::{
    Attempt, BackupReplication, BackupReplicationSpec, ConditionType, Origin, Phase, Reason, TrackingEnd, TrackingIssue,
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
    pub(super) summary: &'static str,
    pub(super) phase: Phase,
    pub(super) ready: Option<ShownCondition>,
    pub(super) replicated: Option<ShownCondition>,
    pub(super) call: BackupReplicationSpec,
    /// Newest first.
    pub(super) attempts: Vec<Attempt>,
    pub(super) evidence: Evidence,
    pub(super) next: NextStep,
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

/// What shows that there is a replication.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Evidence {
    /// Of the attempt in force; null where no look was to be had before it.
    pub(super) records_before: Option<Vec<String>>,
    pub(super) replication_record_id: Option<String>,
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
        let told = |kind| {
            condition(resource, kind).map(|condition| ShownCondition {
                status: condition.status.clone(),
                reason: condition.reason.clone(),
                message: condition.message.clone(),
                since: condition.last_transition_time.clone(),
            })
        };
        let to_type = to_type(resource, now);
        Self {
            version: VERSION,
            namespace: resource.namespace().unwrap_or_default(),
            name: resource.name_any(),
            created_at: resource.metadata.creation_timestamp.clone(),
            summary: summary(resource),
            phase: status.phase.unwrap_or(Phase::Pending),
            ready: told(ConditionType::Ready),
            replicated: told(ConditionType::Replicated),
            call: resource.spec.clone(),
            next: turn(resource, now),
            evidence: Evidence {
                records_before: status.attempts.first().and_then(|attempt| attempt.records_before.clone()),
                replication_record_id: status.replication_record_id,
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

fn summary(resource: &BackupReplication) -> &'static str {
    let Some(status) = resource.status.as_ref().filter(|_| condition(resource, ConditionType::Ready).is_some()) else {
        return "The operator has not spoken of it yet.";
    };
    match (status.phase.unwrap_or(Phase::Pending), status.origin) {
        (Phase::Pending, _) => "No call to the cloud is under way, and none was accepted.",
        (Phase::Submitting, _) => "A call to the cloud may be under way at this moment.",
        (Phase::OutcomeUnknown, _) => "A call was made, and nobody can tell yet whether the cloud accepted it.",
        (Phase::Replicating, _) if status.tracking_end.is_some() => {
            "The cloud accepted the call, and how the copy ended is not known."
        }
        (Phase::Replicating, Some(Origin::Adopted)) => {
            "A replication that was there before was found in the cloud and adopted; the cloud is copying."
        }
        (Phase::Replicating, _) => "The cloud accepted the call and is copying the backup.",
        (Phase::Succeeded, Some(Origin::Adopted)) => {
            "A replication that was there before was found in the cloud and adopted: no call was needed."
        }
        (Phase::Succeeded, Some(Origin::Declared)) => "A human has said that the replication is accepted.",
        (Phase::Succeeded, Some(Origin::Called) | None) if status.tracking_end == Some(TrackingEnd::Replicated) => {
            "The cloud accepted the call, and the copy exists."
        }
        (Phase::Succeeded, Some(Origin::Called) | None) => "The cloud accepted the call.",
        (Phase::Failed, _) if status.is_accepted() => "The cloud accepted the call, and the replication failed.",
        (Phase::Failed, _) => "The cloud rejected the call for good: there is no replica of it.",
    }
}

fn turn(resource: &BackupReplication, now: Timestamp) -> NextStep {
    let who = next(resource);
    let retry_at = resource.status.as_ref().filter(|status| !status.is_accepted());
    let retry_at = retry_at.and_then(|status| status.attempts.first()?.retry_at.as_ref()).filter(|at| at.0 > now);
    let what = match who {
        _ if resource.metadata.deletion_timestamp.is_some() => {
            "It is being deleted. A replication that was accepted stays in the cloud.".to_owned()
        }
        Next::Operator if !is_observed(resource) => {
            "The operator takes it up as soon as it sees it. If this stays so, it does not run, or does not watch this \
             namespace."
                .to_owned()
        }
        // A refused token has a time to wait for, too: that of the next try with the old one.
        Next::Operator => match (token_waited_for(resource), retry_at) {
            (Some(secret), _) => {
                format!("The operator goes on by itself, as soon as {secret} holds a token that the cloud takes.")
            }
            (None, Some(at)) => format!("The operator goes on by itself, not before {}.", short(at.0)),
            (None, None) if is_followed(resource) => {
                "The operator follows the copy to its end. No further call is ever made for it.".to_owned()
            }
            (None, None) => "The operator goes on by itself.".to_owned(),
        },
        Next::Human => "You have to act. Until then the operator makes no call for it.".to_owned(),
        Next::Nobody if resource.spec.suspended() && resource.status.as_ref().is_none_or(|s| !s.is_accepted()) => {
            "Nothing happens while spec.suspend is true.".to_owned()
        }
        Next::Nobody if resource.status.as_ref().is_some_and(|status| status.origin == Some(Origin::Adopted)) => {
            "Nothing: it is done, and no call is made for it unless you ask for one.".to_owned()
        }
        Next::Nobody => "Nothing: it is done, and no further call is ever made for it.".to_owned(),
    };
    NextStep { who, what }
}

/// The Secret and its key, where the operator waits for what stands there.
fn token_waited_for(resource: &BackupReplication) -> Option<String> {
    const WAITED_FOR: [Reason; 4] =
        [Reason::SecretNotFound, Reason::TokenMissing, Reason::TokenUnusable, Reason::TokenRejected];
    let ready = condition(resource, ConditionType::Ready)?;
    let secret = resource.spec.auth.token_secret_ref.as_ref()?;
    let is_waited_for = WAITED_FOR.iter().any(|reason| reason.as_str() == ready.reason);
    is_waited_for.then(|| format!("Secret {}, key {}", secret.name, secret.key()))
}
