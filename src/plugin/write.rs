//! The guarded write of a decision.

use kube::ResourceExt;
use serde_json::json;

use super::cluster::Cluster;
use super::failure::Failure;
use crate::resource::{BackupReplication, DECISION_ANNOTATION};

/// What became of the write.
pub(super) enum Written {
    /// It is there.
    Yes,
    /// The object is another version by now; nothing was written.
    Changed(Box<BackupReplication>),
}

/// Sets the annotation on exactly this version of this object: a JSON patch that first tests uid and resourceVersion.
///
/// # Errors
/// The line for the reader.
pub(super) async fn write(cluster: &Cluster, decided_on: &BackupReplication, value: &str) -> Result<Written, Failure> {
    let name = decided_on.name_any();
    let Err(why) = cluster.patch(&name, patch(decided_on, value)?).await? else {
        return Ok(Written::Yes);
    };
    // A failed test and a refusal look alike; only the object itself can tell which it was.
    let now = cluster.get(&name).await?;
    if now.uid() == decided_on.uid() && now.resource_version() == decided_on.resource_version() {
        return Err(Failure::new(format!("nothing was written: the API server refuses it: {why}")));
    }
    Ok(Written::Changed(Box::new(now)))
}

fn patch(decided_on: &BackupReplication, value: &str) -> Result<json_patch::Patch, Failure> {
    let unguardable = |what| Failure::new(format!("nothing was written: the resource has no {what}"));
    let uid = decided_on.uid().ok_or_else(|| unguardable("uid"))?;
    let version = decided_on.resource_version().ok_or_else(|| unguardable("resourceVersion"))?;
    let mut operations = vec![
        json!({"op": "test", "path": "/metadata/uid", "value": uid}),
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": version}),
    ];
    if decided_on.metadata.annotations.is_none() {
        operations.push(json!({"op": "add", "path": "/metadata/annotations", "value": {}}));
    }
    let key = DECISION_ANNOTATION.replace('~', "~0").replace('/', "~1");
    operations.push(json!({"op": "add", "path": format!("/metadata/annotations/{key}"), "value": value}));
    serde_json::from_value(operations.into()).map_err(|error| Failure::new(format!("nothing was written: {error}")))
}
