//! Reads the Secret, with `get` alone, at the moment of use.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, ResourceExt};

use crate::cbr::Credential;
use crate::controller::api::{ApiError, bounded};
use crate::controller::settings::RequiredLabel;
use crate::protocol::{CredentialProblem, CredentialReading, credential_in};
use crate::resource::CredentialSource;

/// The credential itself, beside what may be said of it.
pub(crate) struct ReadCredential {
    pub(crate) reading: CredentialReading,
    pub(crate) credential: Option<Credential>,
}

impl From<CredentialProblem> for ReadCredential {
    fn from(problem: CredentialProblem) -> Self {
        Self { reading: CredentialReading::Problem(problem), credential: None }
    }
}

/// Reads the Secret that the source names.
///
/// # Errors
/// Where the API server gave no answer, so that nothing can be said of the Secret.
pub(crate) async fn read_credential(
    client: &Client,
    namespace: &str,
    source: &CredentialSource,
    required: Option<&RequiredLabel>,
) -> Result<ReadCredential, ApiError> {
    let name = source.secret_name();
    // The client puts the name into a path as it is. An older CRD may have let one through that
    // leads elsewhere.
    if !is_name(name) {
        return Ok(CredentialProblem::SecretNotFound.into());
    }
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = match bounded(secrets.get(name)).await {
        Ok(secret) => secret,
        Err(ApiError::Gone) => return Ok(CredentialProblem::SecretNotFound.into()),
        Err(ApiError::Forbidden(_)) => {
            return Ok(CredentialProblem::NotPermitted(format!(
                "the operator's role does not allow it to get Secrets in namespace {namespace}"
            ))
            .into());
        }
        Err(other) => return Err(other),
    };
    if let Some(RequiredLabel { key, value }) = required
        && secret.labels().get(key) != Some(value)
    {
        return Ok(CredentialProblem::NotPermitted(format!(
            "the administrator wants the label {key}={value} on it"
        ))
        .into());
    }
    let version = secret.resource_version().unwrap_or_default();
    let data = secret.data.unwrap_or_default();
    Ok(match credential_in(source, |key| data.get(key).map(|bytes| bytes.0.as_slice())) {
        Ok(credential) => {
            let viewer = match source.key() {
                Some(key) => format!("{name}/{key}@{version}"),
                None => format!("{name}@{version}"),
            };
            ReadCredential {
                reading: CredentialReading::Usable { version, viewer },
                credential: Some(credential),
            }
        }
        Err(problem) => problem.into(),
    })
}

/// Whether a Secret could have this name, as far as it could become another path.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(allowed)
}
