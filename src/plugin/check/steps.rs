//! Asks what can be asked without a call, from the way to the cloud to the backup.

use super::finding::{Checked, Item};
use super::judge::{destination, look_up, sentence, unseen};
use crate::cbr::{
    BackupId, Client, Credential, Endpoint, EndpointRefused, NotSentReason, ProjectId, Target,
};
use crate::plugin::cluster::Cluster;
use crate::plugin::credential::{CredentialUse, NoCredential, announcement, credential, risk};
use crate::plugin::look::{LIMIT, client};
use crate::plugin::options::CheckOptions;
use crate::resource::BackupReplication;

/// What needs an answer of the cloud.
const OF_THE_CLOUD: [Item; 7] = [
    Item::Project,
    Item::LookUp,
    Item::Backup,
    Item::Complete,
    Item::Kind,
    Item::Destination,
    Item::Replica,
];

/// Checks a resource, whether it is stored or not.
pub(super) async fn checked(
    cluster: &Cluster,
    resource: &BackupReplication,
    options: &CheckOptions,
) -> Vec<Checked> {
    let (mut found, endpoint) = endpoint(resource, options);
    match endpoint {
        Some(endpoint) => found.extend(at(cluster, resource, &endpoint, options).await),
        None => {
            let items = [Item::Connection, Item::Certificate, Item::Credential];
            let why = "No endpoint was asked.";
            let unasked = items.into_iter().chain(OF_THE_CLOUD);
            found.extend(unasked.map(|item| Checked::unknown(item, why)));
        }
    }
    found.push(Checked::unknown(
        Item::Vault,
        "Only the call itself checks the vault and the destination project.",
    ));
    found.push(Checked::unknown(
        Item::Replicate,
        "Only the call itself checks the right to make it (cbr:backups:replicate).",
    ));
    found
}

fn endpoint(
    resource: &BackupReplication,
    options: &CheckOptions,
) -> (Vec<Checked>, Option<Endpoint>) {
    let item = Item::Endpoint;
    let Some(text) = resource.spec.endpoint.as_ref().or(options.default_endpoint.as_ref()) else {
        let detail = "spec.endpoint is absent. The operator's default is not known here; name it \
            with --default-endpoint.";
        return (vec![Checked::unknown(item, detail)], None);
    };
    match options.cloud.cbr_endpoints().check(text) {
        Ok(endpoint) => {
            let detail =
                format!("{endpoint} is on your list; the operator's own is not known here.");
            (vec![Checked::ok(item, detail)], Some(endpoint))
        }
        Err(why @ EndpointRefused::NotAllowed { .. }) => {
            let detail = format!(
                "{}, as it is known here; nothing was sent there. If it is your cloud's, allow it \
                 with --allowed-endpoint.",
                sentence(&why.to_string()).trim_end_matches('.')
            );
            (vec![Checked::unknown(item, detail)], None)
        }
        Err(
            why @ (EndpointRefused::NotAUrl
            | EndpointRefused::HasCredentials
            | EndpointRefused::HasPath
            | EndpointRefused::NotHttps),
        ) => (vec![Checked::not(item, sentence(&why.to_string()))], None),
    }
}

async fn at(
    cluster: &Cluster,
    resource: &BackupReplication,
    endpoint: &Endpoint,
    options: &CheckOptions,
) -> Vec<Checked> {
    let http = match client(options.cloud.ca_bundle.as_deref()) {
        Ok(http) => http,
        Err(why) => {
            let items = [Item::Connection, Item::Certificate, Item::Credential];
            let unasked = items.into_iter().chain(OF_THE_CLOUD);
            return unasked.map(|item| Checked::unknown(item, sentence(&why))).collect();
        }
    };
    let (mut found, is_reached) = reached(&http, endpoint).await;
    if !is_reached {
        let unasked = [Item::Credential].into_iter().chain(OF_THE_CLOUD);
        found.extend(unasked.map(|item| Checked::unknown(item, "The endpoint does not answer.")));
        return found;
    }
    found.extend(with_credential(cluster, &http, resource, endpoint, options).await);
    found
}

async fn reached(http: &Client, endpoint: &Endpoint) -> (Vec<Checked>, bool) {
    let (connection, certificate) = (Item::Connection, Item::Certificate);
    match http.reach(endpoint, LIMIT).await {
        Ok(_) if endpoint.as_str().starts_with("https://") => (
            vec![
                Checked::ok(connection, "The endpoint answers from here."),
                Checked::ok(certificate, "It is trusted from here, and names the host."),
            ],
            true,
        ),
        Ok(_) => (
            vec![
                Checked::ok(connection, "The endpoint answers from here."),
                Checked::not(certificate, "It is http: the credential is sent in clear."),
            ],
            true,
        ),
        Err(why) => {
            let detail = sentence(&why.text);
            let found = match why.reason {
                NotSentReason::Tls => vec![
                    Checked::ok(connection, "A connection could be made."),
                    Checked::not(certificate, detail),
                ],
                NotSentReason::Dns
                | NotSentReason::Connect
                | NotSentReason::ConnectTimeout
                | NotSentReason::TimeLimit
                | NotSentReason::Fence
                | NotSentReason::Other => vec![
                    Checked::not(connection, detail),
                    Checked::unknown(certificate, "There is no connection."),
                ],
            };
            (found, false)
        }
    }
}

async fn with_credential(
    cluster: &Cluster,
    http: &Client,
    resource: &BackupReplication,
    endpoint: &Endpoint,
    options: &CheckOptions,
) -> Vec<Checked> {
    let target = match target(resource) {
        Ok(target) => target,
        Err(why) => {
            let items = [Item::Credential].into_iter().chain(OF_THE_CLOUD);
            return items.map(|item| Checked::unknown(item, sentence(&why))).collect();
        }
    };
    let item = Item::Credential;
    if let Some(why) = risk(resource).filter(|_| !options.cloud.log_in) {
        let detail = format!("{} --log-in tries it anyway.", sentence(&why));
        return std::iter::once(Checked::unknown(item, detail))
            .chain(unseen(&OF_THE_CLOUD))
            .collect();
    }
    let purpose = CredentialUse { endpoint, project: &target.project_id, limit: LIMIT };
    let got = credential(cluster, http, &resource.spec.auth, &purpose, &options.cloud).await;
    let credential = match got {
        Ok(credential) => credential,
        Err(why) => {
            let first = match why {
                NoCredential::Wrong(why) => Checked::not(item, sentence(&why)),
                NoCredential::Unknown(why) => Checked::unknown(item, sentence(&why)),
            };
            return std::iter::once(first).chain(unseen(&OF_THE_CLOUD)).collect();
        }
    };
    let answer = http.backup(endpoint, &target, &credential, LIMIT).await;
    let mut found = look_up(resource, &answer);
    if let Some(first) = found.first_mut()
        && let Some(how) = announcement(&resource.spec.auth)
    {
        first.detail = format!("{} {how}", first.detail);
    }
    found.push(destination_of(http, resource, endpoint, &target, &credential).await);
    found
}

async fn destination_of(
    http: &Client,
    resource: &BackupReplication,
    endpoint: &Endpoint,
    target: &Target,
    credential: &Credential,
) -> Checked {
    let answer =
        http.replication_capabilities(endpoint, &target.project_id, credential, LIMIT).await;
    destination(endpoint.as_str(), &resource.spec.destination_region, answer)
}

fn target(resource: &BackupReplication) -> Result<Target, String> {
    const NOT_CHOSEN: &str = "spec.backupSelector: the operator has not chosen the backup yet";
    let backup_id = resource.backup_id().ok_or(NOT_CHOSEN)?;
    let project_id = &resource.spec.project_id;
    Ok(Target {
        project_id: ProjectId::parse(project_id).map_err(|error| error.to_string())?,
        backup_id: BackupId::parse(backup_id).map_err(|error| error.to_string())?,
    })
}
