//! Reads the Secret, with `get` alone, at the moment of use.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, ResourceExt};

use crate::cbr::{InvalidToken, Token};
use crate::controller::api::{ApiError, bounded};
use crate::controller::settings::RequiredLabel;
use crate::protocol::CredentialReading;
use crate::resource::SecretKeyRef;

/// The token itself, beside what may be said of it.
pub(crate) struct Credential {
    pub(crate) reading: CredentialReading,
    pub(crate) token: Option<Token>,
}

impl From<CredentialReading> for Credential {
    fn from(reading: CredentialReading) -> Self {
        Self { reading, token: None }
    }
}

/// Reads one key of one Secret.
///
/// # Errors
/// Where the API server gave no answer, so that nothing can be said of the Secret.
pub(crate) async fn read_credential(
    client: &Client,
    namespace: &str,
    reference: &SecretKeyRef,
    required: Option<&RequiredLabel>,
) -> Result<Credential, ApiError> {
    // The client puts the name into a path as it is. An older CRD may have let one through that
    // leads elsewhere.
    if !is_name(&reference.name) {
        return Ok(CredentialReading::SecretNotFound.into());
    }
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let secret = match bounded(secrets.get(&reference.name)).await {
        Ok(secret) => secret,
        Err(ApiError::Gone) => return Ok(CredentialReading::SecretNotFound.into()),
        Err(ApiError::Forbidden(_)) => {
            return Ok(CredentialReading::NotPermitted(format!(
                "the operator's role does not allow it to get Secrets in namespace {namespace}"
            ))
            .into());
        }
        Err(other) => return Err(other),
    };
    if let Some(RequiredLabel { key, value }) = required
        && secret.labels().get(key) != Some(value)
    {
        return Ok(CredentialReading::NotPermitted(format!(
            "the administrator wants the label {key}={value} on it"
        ))
        .into());
    }
    let version = secret.resource_version().unwrap_or_default();
    let Some(bytes) = secret.data.as_ref().and_then(|data| data.get(reference.key())) else {
        return Ok(CredentialReading::TokenMissing.into());
    };
    Ok(match Token::from_bytes(&bytes.0) {
        Ok(token) => {
            let viewer = format!("{}/{}@{version}", reference.name, reference.key());
            Credential {
                reading: CredentialReading::Usable { version, viewer },
                token: Some(token),
            }
        }
        Err(InvalidToken::Empty) => CredentialReading::TokenMissing.into(),
        Err(unusable) => CredentialReading::TokenUnusable(unusable.to_string()).into(),
    })
}

/// Whether a Secret could have this name, as far as it could become another path.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(allowed)
}
