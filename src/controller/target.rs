//! From a spec to something that can be called, or to why it cannot.

use super::context::Settings;
use crate::cbr::{BackupId, Endpoint, InvalidId, ProjectId, Region, Replicate, Target as CbrTarget, VaultId};
use crate::protocol::TargetReading;
use crate::resource::BackupReplicationSpec;

/// What the spec names.
pub(super) enum Target {
    Callable(Box<Callable>),
    NotCallable(TargetReading),
}

/// All that the request needs but the token.
pub(super) struct Callable {
    pub(super) endpoint: Endpoint,
    pub(super) target: CbrTarget,
    pub(super) body: Replicate,
}

impl Target {
    /// The same for the decision.
    pub(super) fn reading(&self) -> TargetReading {
        match self {
            Self::Callable(callable) => TargetReading::Callable { endpoint: callable.endpoint.to_string() },
            Self::NotCallable(reading) => reading.clone(),
        }
    }
}

/// Checks a spec against the administrator's allow-list and the API's shapes.
pub(super) fn read(spec: &BackupReplicationSpec, settings: &Settings) -> Target {
    let named = spec.endpoint.as_ref().or(settings.default_endpoint.as_ref());
    let Some(named) = named else {
        return Target::NotCallable(TargetReading::NoEndpoint);
    };
    let endpoint = match settings.allowed_endpoints.check(named) {
        Ok(endpoint) => endpoint,
        Err(refused) => {
            return Target::NotCallable(TargetReading::EndpointRefused(refused.to_string()));
        }
    };
    match request(spec) {
        Ok((target, body)) => Target::Callable(Box::new(Callable { endpoint, target, body })),
        Err(invalid) => Target::NotCallable(TargetReading::Invalid(invalid.to_string())),
    }
}

fn request(spec: &BackupReplicationSpec) -> Result<(CbrTarget, Replicate), InvalidId> {
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
        suspend: _,
    } = spec;
    Ok((
        CbrTarget { project_id: ProjectId::parse(project_id)?, backup_id: BackupId::parse(backup_id)? },
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
