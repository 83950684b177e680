//! The manifest itself.

use kube::Resource;
use serde::Serialize;

use crate::plugin::failure::Failure;
use crate::plugin::options::{CredentialOptions, Goal, Wanted};
use crate::plugin::words::is_object_name;
use crate::resource::{
    Auth, BackupReplication, BackupReplicationSpec, ReadyWhen, SecretKeyRef, SecretRef,
    ServiceAccountRef,
};

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
pub(super) fn manifest(wanted: &Wanted, namespace: Option<&str>) -> Result<Manifest, Failure> {
    let name = required(wanted.name.as_ref(), "NAME")?;
    if !is_object_name(&name) {
        return Err(Failure::new(format!(
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
    spec.auth = auth(&wanted.credential)?;
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

fn required(value: Option<&String>, option: &str) -> Result<String, Failure> {
    value.cloned().ok_or_else(|| Failure::new(format!("{option} is missing")))
}

/// Where the credential comes from.
///
/// # Errors
/// None is named, or not all that belongs to it.
pub(super) fn auth(credential: &CredentialOptions) -> Result<Auth, Failure> {
    let CredentialOptions {
        token_secret,
        password_secret,
        access_key_secret,
        service_account,
        identity_provider,
        audience,
        iam_endpoint,
    } = credential;
    let secret = |name: &Option<String>| name.clone().map(|name| SecretRef { name });
    let token = token_secret.as_ref().map(|text| match text.split_once('/') {
        Some((name, key)) => SecretKeyRef { name: name.to_owned(), key: Some(key.to_owned()) },
        None => SecretKeyRef { name: text.clone(), key: None },
    });
    let account = match service_account {
        Some(name) => Some(ServiceAccountRef {
            name: name.clone(),
            identity_provider: required(identity_provider.as_ref(), "--identity-provider")?,
            audience: required(audience.as_ref(), "--audience")?,
        }),
        None => None,
    };
    let auth = Auth {
        token_secret_ref: token,
        password_secret_ref: secret(password_secret),
        access_key_secret_ref: secret(access_key_secret),
        service_account: account,
        iam_endpoint: iam_endpoint.clone(),
    };
    match auth.source() {
        Some(_) => Ok(auth),
        None => Err(Failure::new("name exactly one credential")),
    }
}
