//! What two resources must not call for at the same time.

use crate::resource::{BackupReplication, BackupReplicationSpec, Outcome};

/// One backup and one destination region. The cloud keeps one replica for each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallTarget {
    endpoint: String,
    project_id: String,
    backup_id: String,
    destination_region: String,
}

impl CallTarget {
    /// What this spec calls for at this endpoint.
    pub fn new(endpoint: &str, spec: &BackupReplicationSpec) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            project_id: spec.project_id.clone(),
            backup_id: spec.backup_id.clone(),
            destination_region: spec.destination_region.clone(),
        }
    }
}

/// The target of an attempt that is out, or whose outcome is unknown.
pub fn unresolved_target(resource: &BackupReplication) -> Option<CallTarget> {
    let status = resource.status.as_ref().filter(|status| !status.is_accepted())?;
    let attempt = status.attempts.first()?;
    match attempt.outcome {
        None | Some(Outcome::Unknown) => Some(CallTarget::new(&attempt.endpoint, &resource.spec)),
        Some(Outcome::Accepted | Outcome::NotSent | Outcome::Rejected | Outcome::NotAccepted) => None,
    }
}
