//! The credential that a resource names, by the user's own rights.

use super::cluster::Cluster;
use super::options::LookOptions;
use super::words::is_object_name;
use crate::cbr::{AllowList, Client, Credential, Endpoint, Login, ProjectId};
use crate::protocol::{CredentialProblem, SecretContent, iam_endpoint, secret_content};
use crate::resource::{Auth, CredentialSource, ServiceAccountRef};
use std::time::Duration;

/// Where a credential is needed, and how long it may take to get one.
pub(super) struct Purpose<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) project: &'a ProjectId,
    pub(super) limit: Duration,
}

/// Gets it.
///
/// # Errors
/// Why there is none.
pub(super) async fn credential(
    cluster: &Cluster,
    http: &Client,
    auth: &Auth,
    purpose: &Purpose<'_>,
    options: &LookOptions,
) -> Result<Credential, String> {
    let Some(source) = auth.source() else {
        return Err("the resource does not name exactly one credential".to_owned());
    };
    if let CredentialSource::ServiceAccount(account) = &source {
        return of_account(cluster, http, auth, account, purpose, options).await;
    }
    // An older CRD may have let a name through that leads elsewhere.
    let Some(name) = source.secret_name().filter(|name| is_object_name(name)) else {
        return Err("the resource names a Secret that cannot exist".to_owned());
    };
    let secret = cluster.secret(name).await.map_err(|why| format!("{source}: {why}"))?;
    let Some(secret) = secret else {
        return Err(CredentialProblem::NotFound.sentence(&source));
    };
    let data = secret.data.unwrap_or_default();
    let content = secret_content(&source, |key| data.get(key).map(|bytes| bytes.0.as_slice()));
    match content.map_err(|problem| problem.sentence(&source))? {
        SecretContent::Credential(credential) => Ok(credential),
        SecretContent::User(user) => {
            let login = Login::Password { user: &user, project: purpose.project };
            log_in(http, auth, login, purpose, options).await
        }
    }
}

async fn of_account(
    cluster: &Cluster,
    http: &Client,
    auth: &Auth,
    account: &ServiceAccountRef,
    purpose: &Purpose<'_>,
    options: &LookOptions,
) -> Result<Credential, String> {
    let ServiceAccountRef { name, identity_provider, audience } = account;
    if !is_object_name(name) {
        return Err("the resource names a service account that cannot exist".to_owned());
    }
    let id_token = cluster
        .id_token(name, audience)
        .await
        .map_err(|why| format!("service account {name}: {why}"))?;
    let login = Login::IdToken {
        provider: identity_provider,
        id_token: &id_token,
        project: purpose.project,
    };
    log_in(http, auth, login, purpose, options).await
}

async fn log_in(
    http: &Client,
    auth: &Auth,
    login: Login<'_>,
    purpose: &Purpose<'_>,
    options: &LookOptions,
) -> Result<Credential, String> {
    let LookOptions {
        no_look: _,
        cloud,
        allowed_endpoint: _,
        allowed_iam_endpoint,
        default_iam_endpoint,
        ca_bundle: _,
    } = options;
    let allowed = AllowList::of_iam(cloud, allowed_iam_endpoint);
    let iam = iam_endpoint(auth, purpose.endpoint, default_iam_endpoint.as_deref(), &allowed)?;
    let issued = http.issue_token(&iam, login, purpose.limit).await;
    issued.map(|issued| Credential::Token(issued.token)).map_err(|why| why.to_string())
}
