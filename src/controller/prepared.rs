//! From a spec to something that can be called, or to why it cannot.

use crate::cbr::{
    BackupId, Endpoint, InvalidId, ListQuery, ProjectId, Region, Replicate, ResourceId, Target,
    VaultId,
};
use crate::controller::settings::Settings;
use crate::protocol::TargetReading;
use crate::resource::{BackupReplication, BackupSelector, BackupSource, CalledFor};

/// What the spec names.
pub(super) enum Prepared {
    Call(Box<PreparedCall>),
    /// The backup is to be chosen first.
    Choice(Box<PreparedList>),
    NotCallable(TargetReading),
}

/// All that the request needs but the token.
pub(super) struct PreparedCall {
    pub(super) endpoint: Endpoint,
    pub(super) target: Target,
    pub(super) body: Replicate,
}

/// All that a list of backups needs but the token.
pub(super) struct PreparedList {
    pub(super) endpoint: Endpoint,
    pub(super) project_id: ProjectId,
    pub(super) query: ListQuery,
}

/// The service that is asked, and for which project.
#[derive(Clone, Copy)]
pub(super) struct CloudPlace<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) project_id: &'a ProjectId,
}

impl Prepared {
    /// Where it leads, if it leads anywhere.
    pub(super) fn place(&self) -> Option<CloudPlace<'_>> {
        match self {
            Self::Call(call) => {
                let PreparedCall { endpoint, target, body: _ } = &**call;
                Some(CloudPlace { endpoint, project_id: &target.project_id })
            }
            Self::Choice(list) => {
                let PreparedList { endpoint, project_id, query: _ } = &**list;
                Some(CloudPlace { endpoint, project_id })
            }
            Self::NotCallable(_) => None,
        }
    }

    /// The same for the decision.
    pub(super) fn reading(&self) -> TargetReading {
        match self {
            Self::Call(callable) => {
                TargetReading::Callable { endpoint: callable.endpoint.to_string() }
            }
            Self::Choice(list) => {
                TargetReading::BackupToChoose { endpoint: list.endpoint.to_string() }
            }
            Self::NotCallable(reading) => reading.clone(),
        }
    }
}

/// Checks a resource against the administrator's allow-list and the API's shapes.
pub(super) fn prepare(resource: &BackupReplication, settings: &Settings) -> Prepared {
    let named = resource.spec.endpoint.as_ref().or(settings.default_endpoint.as_ref());
    let Some(named) = named else {
        return Prepared::NotCallable(TargetReading::NoEndpoint);
    };
    let endpoint = match settings.allowed_endpoints.check(named) {
        Ok(endpoint) => endpoint,
        Err(refused) => {
            return Prepared::NotCallable(TargetReading::EndpointRefused(refused.to_string()));
        }
    };
    let invalid = |why: String| Prepared::NotCallable(TargetReading::Invalid(why));
    match (resource.called_for(), resource.backup()) {
        (Some(called), _) => match request(&called) {
            Ok((target, body)) => Prepared::Call(Box::new(PreparedCall { endpoint, target, body })),
            Err(why) => invalid(why.to_string()),
        },
        (None, BackupSource::ToChoose(selector)) => {
            match list(&resource.spec.project_id, selector) {
                Ok((project_id, query)) => {
                    Prepared::Choice(Box::new(PreparedList { endpoint, project_id, query }))
                }
                Err(why) => invalid(why.to_string()),
            }
        }
        (None, BackupSource::Unclear(why)) => invalid(why.to_owned()),
        // What is known is called for.
        (None, BackupSource::Known(_)) => invalid("the backup cannot be read".to_owned()),
    }
}

fn list(project_id: &str, selector: &BackupSelector) -> Result<(ProjectId, ListQuery), InvalidId> {
    let BackupSelector { resource_id, vault_id, created_after: _ } = selector;
    let query = ListQuery {
        resource_id: resource_id.as_deref().map(ResourceId::parse).transpose()?,
        vault_id: vault_id.as_deref().map(VaultId::parse).transpose()?,
    };
    Ok((ProjectId::parse(project_id)?, query))
}

fn request(called: &CalledFor<'_>) -> Result<(Target, Replicate), InvalidId> {
    let CalledFor {
        endpoint: _,
        project_id,
        backup_id,
        destination_project_id,
        destination_region,
        destination_vault_id,
        name,
        description,
        enable_acceleration,
    } = *called;
    Ok((
        Target {
            project_id: ProjectId::parse(project_id)?,
            backup_id: BackupId::parse(backup_id)?,
        },
        Replicate {
            destination_project_id: ProjectId::parse(destination_project_id)?,
            destination_region: Region::parse(destination_region)?,
            destination_vault_id: VaultId::parse(destination_vault_id)?,
            name: name.map(str::to_owned),
            description: description.map(str::to_owned),
            enable_acceleration,
        },
    ))
}
