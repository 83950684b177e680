//! The credential that a resource names, by the user's own rights.

use super::cluster::Cluster;
use super::next::reason;
use super::options::CloudOptions;
use super::words::is_object_name;
use crate::cbr::{Client, Credential, Endpoint, Login, NotIssued, ProjectId};
use crate::protocol::{CredentialProblem, SecretContent, iam_endpoint, secret_content};
use crate::resource::{
    Auth, BackupReplication, CredentialSource, Reason, ServiceAccountRef, TrackingIssue,
};
use std::fmt;
use std::time::Duration;

/// Why there is no credential.
#[derive(Debug)]
pub(super) enum NoCredential {
    /// What the resource names is wrong, or is not there.
    Wrong(String),
    /// It could not be got from here, which says nothing about it.
    Unknown(String),
}

impl fmt::Display for NoCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(why) | Self::Unknown(why) => f.write_str(why),
        }
    }
}

/// Why the credential is better not tried once more: IAM locks users, and the gateway locks access
/// keys, for everybody who has them.
pub(super) fn risk(resource: &BackupReplication) -> Option<String> {
    let source = resource.spec.auth.source()?;
    let issue = resource.status.as_ref().and_then(|status| status.tracking_issue);
    let is_refused = |told: Reason, tracked: TrackingIssue| {
        reason(resource) == Some(told) || issue == Some(tracked)
    };
    match source {
        CredentialSource::Password(_) | CredentialSource::ServiceAccount(_) => {
            is_refused(Reason::LoginRefused, TrackingIssue::LoginRefused).then(|| {
                format!(
                    "IAM has refused the login with {source} before, and locks users after some \
                     wrong ones"
                )
            })
        }
        CredentialSource::AccessKey(_) => {
            is_refused(Reason::CredentialRejected, TrackingIssue::CredentialRejected).then(|| {
                format!(
                    "the cloud has rejected the access key in {source} before, and locks one for \
                     some minutes after five wrong signatures"
                )
            })
        }
        CredentialSource::Token(_) => None,
    }
}

/// What is done with the reader's own rights to get the credential, beyond reading a Secret.
pub(super) fn announcement(auth: &Auth) -> Option<String> {
    match auth.source()? {
        CredentialSource::ServiceAccount(ServiceAccountRef {
            name,
            identity_provider,
            audience,
        }) => Some(format!(
            "For this, a token of service account {name} for the audience {audience} was created \
             with your own rights, and exchanged at IAM ({identity_provider})."
        )),
        source @ CredentialSource::Password(_) => {
            Some(format!("For this, you logged in to IAM as the user in {source}."))
        }
        CredentialSource::Token(_) | CredentialSource::AccessKey(_) => None,
    }
}

/// Where a credential is needed, and how long it may take to get one.
pub(super) struct CredentialUse<'a> {
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
    purpose: &CredentialUse<'_>,
    options: &CloudOptions,
) -> Result<Credential, NoCredential> {
    let Some(source) = auth.source() else {
        let why = "the resource does not name exactly one credential";
        return Err(NoCredential::Wrong(why.to_owned()));
    };
    if let CredentialSource::ServiceAccount(account) = &source {
        return of_account(cluster, http, auth, account, purpose, options).await;
    }
    // An older CRD may have let a name through that leads elsewhere.
    let Some(name) = source.secret_name().filter(|name| is_object_name(name)) else {
        let why = "the resource names a Secret that cannot exist";
        return Err(NoCredential::Wrong(why.to_owned()));
    };
    let secret = cluster.secret(name).await;
    let secret = secret.map_err(|why| NoCredential::Unknown(format!("{source}: {why}")))?;
    let Some(secret) = secret else {
        return Err(NoCredential::Wrong(CredentialProblem::NotFound.sentence(&source)));
    };
    let data = secret.data.unwrap_or_default();
    let content = secret_content(&source, |key| data.get(key).map(|bytes| bytes.0.as_slice()));
    match content.map_err(|problem| NoCredential::Wrong(problem.sentence(&source)))? {
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
    purpose: &CredentialUse<'_>,
    options: &CloudOptions,
) -> Result<Credential, NoCredential> {
    let ServiceAccountRef { name, identity_provider, audience } = account;
    if !is_object_name(name) {
        let why = "the resource names a service account that cannot exist";
        return Err(NoCredential::Wrong(why.to_owned()));
    }
    let id_token = cluster
        .id_token(name, audience)
        .await
        .map_err(|why| NoCredential::Unknown(format!("service account {name}: {why}")))?;
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
    purpose: &CredentialUse<'_>,
    options: &CloudOptions,
) -> Result<Credential, NoCredential> {
    let allowed = options.iam_endpoints();
    let default = options.default_iam_endpoint.as_deref();
    let iam = iam_endpoint(auth, purpose.endpoint, default, &allowed)
        .map_err(|why| NoCredential::Unknown(why.to_string()))?;
    let issued = http.issue_token(&iam, login, purpose.limit).await;
    issued.map(|issued| Credential::Token(issued.token)).map_err(|why| match why {
        NotIssued::Unauthorized(_)
        | NotIssued::Forbidden(_)
        | NotIssued::Rejected(_)
        | NotIssued::OtherScope => NoCredential::Wrong(why.to_string()),
        NotIssued::Throttled(_) | NotIssued::Unavailable(_) | NotIssued::Unusable(_) => {
            NoCredential::Unknown(why.to_string())
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plugin::fixtures::{accepted, resource, with_reason};

    const AUTHS: [&str; 4] = [
        "tokenSecretRef: {name: s}",
        "passwordSecretRef: {name: s}",
        "accessKeySecretRef: {name: s}",
        "serviceAccount: {name: a, identityProvider: p, audience: x}",
    ];

    fn risky(mut resource: BackupReplication, auth: &str) -> bool {
        resource.spec.auth = serde_saphyr::from_str(auth).unwrap();
        risk(&resource).is_some()
    }

    #[test]
    fn what_was_refused_and_can_be_locked_is_not_tried_unasked_whatever_else_there_is() {
        for auth in AUTHS {
            for reason in Reason::ALL {
                let locks = match (auth, reason) {
                    (_, Reason::LoginRefused) => {
                        auth.starts_with("password") || auth.starts_with("service")
                    }
                    (_, Reason::CredentialRejected) => auth.starts_with("accessKey"),
                    _ => false,
                };
                let waiting = resource(with_reason("Reconciling", reason.as_str()));
                assert_eq!(risky(waiting, auth), locks, "{auth} {}", reason.as_str());
            }
            // The same while a copy is followed.
            for (issue, of) in [("LoginRefused", "password"), ("CredentialRejected", "accessKey")] {
                let mut followed = accepted();
                followed["trackingIssue"] = json!(issue);
                let service = issue == "LoginRefused" && auth.starts_with("service");
                let locks = auth.starts_with(of) || service;
                assert_eq!(risky(resource(followed), auth), locks, "{auth} {issue}");
            }
        }
    }
}
