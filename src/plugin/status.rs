//! `kubectl brep status`: where all resources stand.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use serde::Serialize;

use super::age::age;
use super::cluster::Cluster;
use super::failure::Failure;
use super::next::{Next, condition, next};
use super::options::{ClusterOptions, StatusOptions, TableOrJson};
use super::terminal::{print, print_json, table};
use super::words::plain;
use crate::resource::{BackupReplication, ConditionType, Origin, Phase};

/// The number of this form; a field that joins does not change it.
const VERSION: u32 = 1;

/// The documented JSON. Each key is always there, and null where nothing is known.
#[derive(Serialize)]
struct Listing {
    version: u32,
    items: Vec<Row>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    namespace: String,
    name: String,
    created_at: Option<Time>,
    phase: Phase,
    ready: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    next: Next,
    origin: Option<Origin>,
    destination_region: String,
    replication_record_id: Option<String>,
    progress: Option<u8>,
    replica_backup_id: Option<String>,
}

impl Row {
    fn new(resource: &BackupReplication) -> Self {
        let status = resource.status.clone().unwrap_or_default();
        let ready = condition(resource, ConditionType::Ready);
        Self {
            namespace: resource.namespace().unwrap_or_default(),
            name: resource.name_any(),
            created_at: resource.metadata.creation_timestamp.clone(),
            phase: status.phase.unwrap_or(Phase::Pending),
            ready: ready.map(|ready| ready.status.clone()),
            reason: ready.map(|ready| ready.reason.clone()),
            message: ready.map(|ready| ready.message.clone()),
            next: next(resource),
            origin: status.origin,
            destination_region: resource.spec.destination_region.clone(),
            replication_record_id: status.replication_record_id,
            progress: status.progress,
            replica_backup_id: status.replica_backup_id,
        }
    }

    fn cells(&self, now: Timestamp) -> [String; 9] {
        let text = |text: &Option<String>| text.as_deref().map(plain).unwrap_or_default();
        [
            self.namespace.clone(),
            self.name.clone(),
            self.phase.as_str().to_owned(),
            text(&self.ready),
            text(&self.reason),
            plain(&self.destination_region),
            text(&self.replication_record_id),
            self.progress.map(|percent| format!("{percent}%")).unwrap_or_default(),
            self.created_at.as_ref().map(|at| age(at.0, now)).unwrap_or_default(),
        ]
    }
}

/// Lists, and prints.
///
/// # Errors
/// The line for the reader.
pub(super) async fn run(cluster: &ClusterOptions, options: &StatusOptions) -> Result<(), Failure> {
    // All namespaces are meant where none is named: --all-namespaces says it aloud.
    let StatusOptions { all_namespaces: _, output } = options;
    let namespace = cluster.namespace.as_deref();
    let mut objects = Cluster::new(cluster).await?.list(namespace).await?;
    objects.sort_by_cached_key(|object| {
        let created = object.metadata.creation_timestamp.as_ref().map(|at| at.0);
        (created, object.namespace(), object.name_any())
    });
    let items: Vec<Row> = objects.iter().map(Row::new).collect();
    match output {
        TableOrJson::Json => print_json(&Listing { version: VERSION, items }),
        TableOrJson::Table if items.is_empty() => {
            let place = namespace
                .map_or_else(|| "any namespace".to_owned(), |name| format!("namespace {name}"));
            eprintln!("There is no BackupReplication in {place}.");
            Ok(())
        }
        TableOrJson::Table => {
            let now = Timestamp::now();
            let rows: Vec<_> = items.iter().map(|row| row.cells(now)).collect();
            let heading = [
                "NAMESPACE",
                "NAME",
                "PHASE",
                "READY",
                "REASON",
                "DESTINATION",
                "RECORD",
                "PROGRESS",
                "AGE",
            ];
            print(&table(heading, &rows))
        }
    }
}
