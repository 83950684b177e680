//! The manifest itself.

use kube::Resource;
use serde::Serialize;

use crate::plugin::failure::{PluginFailure, required};
use crate::plugin::options::{Goal, ManifestOptions};
use crate::plugin::words::is_object_name;
use crate::resource::{BackupReplication, BackupReplicationSpec, ReadyWhen};

/// In the order in which people write it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: BackupReplicationSpec,
}

#[derive(Serialize)]
struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
}

/// What is wanted, as a manifest.
///
/// # Errors
/// What is missing or cannot be.
pub(super) fn manifest(
    wanted: &ManifestOptions,
    namespace: Option<&str>,
) -> Result<Manifest, PluginFailure> {
    let name = required(wanted.name.as_ref(), "NAME")?;
    if !is_object_name(&name) {
        return Err(PluginFailure::new(format!(
            "{name} is no name: lower-case letters, digits, '-' and '.', beginning with a letter \
             or a digit"
        )));
    }
    let mut spec = BackupReplicationSpec::of_backup(required(wanted.backup.as_ref(), "--backup")?);
    spec.endpoint.clone_from(&wanted.endpoint);
    spec.project_id = required(wanted.project.as_ref(), "--project")?;
    spec.destination_project_id =
        required(wanted.destination_project.as_ref(), "--destination-project")?;
    spec.destination_region = required(wanted.destination_region.as_ref(), "--destination-region")?;
    spec.destination_vault_id = required(wanted.destination_vault.as_ref(), "--destination-vault")?;
    spec.name.clone_from(&wanted.replica_name);
    spec.description.clone_from(&wanted.description);
    spec.auth = wanted.credential.auth()?;
    spec.ready_when = wanted.ready_when.map(|goal| match goal {
        Goal::Accepted => ReadyWhen::Accepted,
        Goal::Replicated => ReadyWhen::Replicated,
    });
    Ok(Manifest {
        api_version: BackupReplication::api_version(&()).into_owned(),
        kind: BackupReplication::kind(&()).into_owned(),
        metadata: Metadata { name, namespace: namespace.map(str::to_owned) },
        spec,
    })
}
