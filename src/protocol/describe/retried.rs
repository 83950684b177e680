//! A call that is tried again after a refusal. What the refusal has said holds until something else
//! comes of it: a try tells nobody anything new, so that no Event, alert or condition moves for it.

use crate::protocol::describe::situation::Situation;
use crate::protocol::describe::summary::{Actor, Summary, outcome_message};
use crate::protocol::refusal::standing;
use crate::resource::{BackupReplication, BackupReplicationStatus, Is, Phase, Reason};

/// The summary, or that of the refusal that stands while the call is tried again.
pub(super) fn unless_a_refusal_stands(
    resource: &BackupReplication,
    status: &BackupReplicationStatus,
    situation: &Situation,
    summary: Summary,
) -> Summary {
    let Some(refused) = standing(resource, status).filter(|_| situation.is_passing()) else {
        return summary;
    };
    Summary {
        phase: Phase::Failed,
        ready: Is::False,
        actor: Actor::Human,
        reason: Reason::Rejected,
        message: format!(
            "The cloud rejected attempt {}: {} Nothing was accepted. The operator is trying \
             again. {}",
            refused.number,
            outcome_message(refused),
            summary.message
        ),
    }
}
