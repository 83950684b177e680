//! Whose turn it is, as the operator's conditions say.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde::Serialize;

use crate::resource::{
    BackupReplication, BackupReplicationStatus, ConditionType, Reason, TrackingEnd, WaitsFor,
};

/// Who has to act next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Next {
    /// Nobody: it is done, or held back by its spec.
    Nobody,
    /// The operator, automatically.
    Operator,
    /// A human.
    Human,
}

/// A condition of a resource.
pub(super) fn condition(resource: &BackupReplication, kind: ConditionType) -> Option<&Condition> {
    resource.status.as_ref()?.conditions.iter().find(|condition| condition.type_ == kind.as_str())
}

/// Whether the operator has processed the newest spec.
pub(super) fn is_observed(resource: &BackupReplication) -> bool {
    condition(resource, ConditionType::Ready).is_some()
        && resource
            .status
            .as_ref()
            .is_some_and(|status| status.observed_generation == resource.metadata.generation)
}

/// Who has to act next.
pub(super) fn next(resource: &BackupReplication) -> Next {
    let is_true =
        |kind| condition(resource, kind).is_some_and(|condition| condition.status == "True");
    if !is_observed(resource) || is_true(ConditionType::Reconciling) {
        Next::Operator
    } else if is_true(ConditionType::Stalled) {
        Next::Human
    } else if is_followed(resource) {
        Next::Operator
    } else {
        Next::Nobody
    }
}

/// Whether the operator follows its copy: also where it is `Ready` already, as `readyWhen` asks for
/// no more.
pub(super) fn is_followed(resource: &BackupReplication) -> bool {
    resource
        .status
        .as_ref()
        .is_some_and(|status| status.is_accepted() && status.tracking_end.is_none())
}

/// The reason that says most.
pub(super) fn reason(resource: &BackupReplication) -> Option<Reason> {
    leading_condition(resource).and_then(|condition| Reason::parse(&condition.reason))
}

/// The condition that says most: `Ready`, unless what it waits for has come and the copy is what is
/// in question.
pub(super) fn leading_condition(resource: &BackupReplication) -> Option<&Condition> {
    let ready = condition(resource, ConditionType::Ready);
    let is_ready = ready.is_some_and(|ready| ready.status == "True");
    let copy_in_question =
        resource.status.as_ref().is_some_and(|s| s.tracking_issue.is_some() || is_unseen(s));
    if is_ready && copy_in_question {
        condition(resource, ConditionType::Replicated).or(ready)
    } else {
        ready
    }
}

/// Whether it is worth a person's time now.
pub(super) fn needs_person(resource: &BackupReplication) -> bool {
    next(resource) == Next::Human || waits_for_person(resource)
}

/// Whether only a person can bring what it waits for. The operator may check for it automatically.
pub(super) fn waits_for_person(resource: &BackupReplication) -> bool {
    is_observed(resource) && reason(resource).is_some_and(is_brought_by_a_person)
}

fn is_brought_by_a_person(reason: Reason) -> bool {
    match reason.explained().waits_for {
        WaitsFor::Person | WaitsFor::Credential(_) => true,
        WaitsFor::OperatorOrCloud => false,
    }
}

/// Whether nobody has seen the copy, and nobody looks for it any more.
pub(super) fn is_unseen(status: &BackupReplicationStatus) -> bool {
    match status.tracking_end {
        Some(
            TrackingEnd::NotReported
            | TrackingEnd::RecordGone
            | TrackingEnd::BackupGone
            | TrackingEnd::LimitReached,
        ) => true,
        Some(TrackingEnd::Replicated | TrackingEnd::Failed | TrackingEnd::Skipped) | None => false,
    }
}
