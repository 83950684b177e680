//! Whose turn it is, as the operator's conditions say.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde::Serialize;

use crate::resource::{BackupReplication, ConditionType};

/// Who has to act next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Next {
    /// Nobody: it is done, or held back by its spec.
    Nobody,
    /// The operator, by itself.
    Operator,
    /// A human.
    Human,
}

/// A condition of a resource.
pub(super) fn condition(resource: &BackupReplication, kind: ConditionType) -> Option<&Condition> {
    resource.status.as_ref()?.conditions.iter().find(|condition| condition.type_ == kind.as_str())
}

/// Whether the operator has spoken of the newest spec.
pub(super) fn is_observed(resource: &BackupReplication) -> bool {
    condition(resource, ConditionType::Ready).is_some()
        && resource.status.as_ref().is_some_and(|status| status.observed_generation == resource.metadata.generation)
}

/// Who has to act next.
pub(super) fn next(resource: &BackupReplication) -> Next {
    let is_true = |kind| condition(resource, kind).is_some_and(|condition| condition.status == "True");
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

/// Whether the operator follows its copy: also where it is `Ready` already, as `readyWhen` asks for no more.
pub(super) fn is_followed(resource: &BackupReplication) -> bool {
    resource.status.as_ref().is_some_and(|status| status.is_accepted() && status.tracking_end.is_none())
}
