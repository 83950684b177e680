//! What can be chosen: what the cloud offers to this credential, and what other resources use.

use std::collections::BTreeMap;

use kube::api::ListParams;

use crate::cbr::{Client, Credential, Endpoint, ProjectId, SourceRegion};
use crate::plugin::cluster::Cluster;
use crate::plugin::credential::{CredentialUse, credential};
use crate::plugin::look::{LIMIT, client};
use crate::plugin::options::{ManifestOptions, NewOptions};
use crate::plugin::prompt::Offer;
use crate::plugin::words::short;
use crate::resource::BackupReplication;

/// The cloud, as far as it may be asked.
pub(super) struct AskedCloud {
    http: Client,
    endpoint: Endpoint,
    project: ProjectId,
    credential: Credential,
}

impl AskedCloud {
    /// With the credential that the manifest is going to name, by the user's own rights.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub(super) async fn new(
        cluster: &Cluster,
        wanted: &ManifestOptions,
        options: &NewOptions,
    ) -> Result<Self, String> {
        let named = wanted.endpoint.as_ref().or(options.default_endpoint.as_ref());
        let named = named.ok_or("no endpoint is named")?;
        let allowed = options.cloud.cbr_endpoints();
        let endpoint = allowed.check(named).map_err(|why| {
            format!("{why}; allow it with --allowed-endpoint if it is your cloud's")
        })?;
        let project = wanted.project.as_deref().unwrap_or_default();
        let project = ProjectId::parse(project).map_err(|error| error.to_string())?;
        let http = client(options.cloud.ca_bundle.as_deref())?;
        let auth = wanted.credential.auth().map_err(|why| why.to_string())?;
        let purpose = CredentialUse { endpoint: &endpoint, project: &project, limit: LIMIT };
        let credential = credential(cluster, &http, &auth, &purpose, &options.cloud)
            .await
            .map_err(|why| why.to_string())?;
        Ok(Self { http, endpoint, project, credential })
    }

    /// The newest backups that are complete.
    pub(super) async fn backups(&self) -> Result<Vec<Offer>, String> {
        let Self { http, endpoint, project, credential } = self;
        let listed = http.newest_backups(endpoint, project, credential, LIMIT).await?;
        let about = |of: Option<String>, at: Option<jiff::Timestamp>| {
            let at = at.map_or_else(|| "at an unknown time".to_owned(), short);
            format!("of {}, {at}", of.unwrap_or_else(|| "?".to_owned()))
        };
        Ok(listed
            .into_iter()
            .map(|backup| Offer::new(backup.id.as_str(), about(backup.of, backup.created_at)))
            .collect())
    }

    /// Where backups can go.
    pub(super) async fn regions(&self) -> Result<Vec<Offer>, String> {
        let Self { http, endpoint, project, credential } = self;
        let regions = http.replication_capabilities(endpoint, project, credential, LIMIT).await?;
        let from = |source: SourceRegion| {
            let about = format!("from {}", source.name.shown());
            let to = source.destinations.into_iter();
            to.map(move |region| Offer::new(region.shown(), about.clone())).collect::<Vec<_>>()
        };
        Ok(regions.into_iter().flat_map(from).collect())
    }
}

/// Where the other resources of the namespace send their replicas.
#[derive(Default)]
pub(super) struct InUse(Vec<BackupReplication>);

impl InUse {
    pub(super) async fn new(cluster: Option<&Cluster>) -> Self {
        let Some(cluster) = cluster else {
            return Self::default();
        };
        let listed = cluster.list(Some(&cluster.namespace), ListParams::default()).await;
        Self(listed.unwrap_or_default())
    }

    pub(super) fn projects(&self, region: Option<&str>) -> Vec<Offer> {
        self.chosen(region, |resource| &resource.spec.destination_project_id)
    }

    pub(super) fn vaults(&self, region: Option<&str>) -> Vec<Offer> {
        self.chosen(region, |resource| &resource.spec.destination_vault_id)
    }

    fn chosen(
        &self,
        region: Option<&str>,
        value: impl Fn(&BackupReplication) -> &String,
    ) -> Vec<Offer> {
        let there = |resource: &&BackupReplication| {
            region == Some(resource.spec.destination_region.as_str())
        };
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for resource in self.0.iter().filter(there) {
            *numbers.entry(value(resource)).or_default() += 1;
        }
        let about = |number| format!("used by {number} of this namespace");
        numbers.into_iter().map(|(value, number)| Offer::new(value, about(number))).collect()
    }
}
