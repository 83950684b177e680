//! From a spec to something that can be called, or to why it cannot.

use crate::cbr::{BackupId, Endpoint, InvalidId, ProjectId, Region, Replicate, Target, VaultId};
use crate::controller::settings::Settings;
use crate::protocol::TargetReading;
use crate::resource::BackupReplicationSpec;

/// What the spec names.
pub(super) enum Prepared {
    Call(Box<PreparedCall>),
    NotCallable(TargetReading),
}

/// All that the request needs but the token.
pub(super) struct PreparedCall {
    pub(super) endpoint: Endpoint,
    pub(super) target: Target,
    pub(super) body: Replicate,
}

impl Prepared {
    /// The same for the decision.
    pub(super) fn reading(&self) -> TargetReading {
        match self {
            Self::Call(callable) => {
                TargetReading::Callable { endpoint: callable.endpoint.to_string() }
            }
            Self::NotCallable(reading) => reading.clone(),
        }
    }
}

/// Checks a spec against the administrator's allow-list and the API's shapes.
pub(super) fn prepare(spec: &BackupReplicationSpec, settings: &Settings) -> Prepared {
    let named = spec.endpoint.as_ref().or(settings.default_endpoint.as_ref());
    let Some(named) = named else {
        return Prepared::NotCallable(TargetReading::NoEndpoint);
    };
    let endpoint = match settings.allowed_endpoints.check(named) {
        Ok(endpoint) => endpoint,
        Err(refused) => {
            return Prepared::NotCallable(TargetReading::EndpointRefused(refused.to_string()));
        }
    };
    match request(spec) {
        Ok((target, body)) => Prepared::Call(Box::new(PreparedCall { endpoint, target, body })),
        Err(invalid) => Prepared::NotCallable(TargetReading::Invalid(invalid.to_string())),
    }
}

fn request(spec: &BackupReplicationSpec) -> Result<(Target, Replicate), InvalidId> {
    let BackupReplicationSpec {
        endpoint: _,
        project_id,
        backup_id,
        destination_project_id,
        destination_region,
        destination_vault_id,
        name,
        description,
        enable_acceleration,
        auth: _,
        ready_when: _,
        on_unknown_outcome: _,
        on_rejection: _,
        suspend: _,
    } = spec;
    Ok((
        Target {
            project_id: ProjectId::parse(project_id)?,
            backup_id: BackupId::parse(backup_id)?,
        },
        Replicate {
            destination_project_id: ProjectId::parse(destination_project_id)?,
            destination_region: Region::parse(destination_region)?,
            destination_vault_id: VaultId::parse(destination_vault_id)?,
            name: name.clone(),
            description: description.clone(),
            enable_acceleration: *enable_acceleration,
        },
    ))
}
