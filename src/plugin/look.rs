//! A look-up at the cloud's records, with the resource's credential: read by the user's own rights, and
//! sent to nobody but the endpoint that the attempt names, and only if that is one that the user
//! allows.

use std::path::Path;
use std::time::Duration;

use super::cluster::Cluster;
use super::credential::{CredentialUse, credential};
use super::options::CloudOptions;
use crate::cbr::{
    Backup, BackupId, Client, ClientConfig, ProjectId, Records, ReplicationRecord, Target,
};
use crate::protocol::{Relation, relation};
use crate::resource::{Attempt, BackupReplication};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// What the cloud showed.
pub(super) struct ShownRecords {
    /// The records, each with what it has to do with the attempt.
    pub(super) records: Vec<(ReplicationRecord, Relation)>,
    /// Records that could not be read.
    pub(super) unreadable: usize,
    /// Whether the cloud reports records at all.
    pub(super) reported: bool,
}

/// Looks the backup up.
///
/// # Errors
/// Why nothing could be seen. That says nothing about replications.
pub(super) async fn look(
    cluster: &Cluster,
    resource: &BackupReplication,
    attempt: &Attempt,
    options: &CloudOptions,
) -> Result<ShownRecords, String> {
    // Anyone who can write a status could name an endpoint of their own there, and wait for somebody
    // with more rights.
    let endpoint = options.cbr_endpoints().check(&attempt.endpoint).map_err(|refused| {
        format!(
            "{refused}; no credential was sent. If the endpoint is your cloud's, allow it with \
            --allowed-endpoint"
        )
    })?;
    let spec = &resource.spec;
    let target = Target {
        project_id: ProjectId::parse(&spec.project_id).map_err(|error| error.to_string())?,
        backup_id: BackupId::parse(resource.backup_id().ok_or("the backup is not chosen yet")?)
            .map_err(|error| error.to_string())?,
    };
    let http = client(options.ca_bundle.as_deref())?;
    let purpose = CredentialUse { endpoint: &endpoint, project: &target.project_id, limit: LIMIT };
    let credential = credential(cluster, &http, &spec.auth, &purpose, options)
        .await
        .map_err(|why| why.to_string())?;
    let backup = http
        .backup(&endpoint, &target, &credential, LIMIT)
        .await
        .map_err(|error| error.to_string())?;
    let Backup { names_itself: _, status: _, image_type: _, kind: _, replication_records } = backup;
    Ok(match replication_records {
        Records::NotReported => {
            ShownRecords { records: Vec::new(), unreadable: 0, reported: false }
        }
        Records::Reported { records, unreadable } => {
            let related = |record: ReplicationRecord| {
                let relation = relation(&record, resource, attempt);
                (record, relation)
            };
            ShownRecords {
                records: records.into_iter().map(related).collect(),
                unreadable,
                reported: true,
            }
        }
    })
}

pub(super) fn client(ca_bundle: Option<&Path>) -> Result<Client, String> {
    let ca_bundle = ca_bundle
        .map(|file| {
            std::fs::read(file).map_err(|error| format!("--ca-bundle {}: {error}", file.display()))
        })
        .transpose()?;
    let config =
        ClientConfig { connect_timeout: CONNECT_TIMEOUT, request_timeout: LIMIT, ca_bundle };
    Client::new(config).map_err(|error| error.to_string())
}
