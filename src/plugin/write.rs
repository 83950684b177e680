//! The guarded write of a decision.

use kube::ResourceExt;

use super::cluster::Cluster;
use super::failure::PluginFailure;
use crate::resource::{BackupReplication, decision_patch, met_its_version};

/// What became of the write.
pub(super) enum Written {
    /// It is there.
    Yes,
    /// The object is another version by now; nothing was written.
    Changed(Box<BackupReplication>),
}

/// Sets the annotation on exactly this version of this object: a JSON patch that first tests uid
/// and resourceVersion.
///
/// # Errors
/// The line for the reader.
pub(super) async fn write(
    cluster: &Cluster,
    decided_on: &BackupReplication,
    value: &str,
) -> Result<Written, PluginFailure> {
    let name = decided_on.name_any();
    let patch = decision_patch(decided_on, value)
        .map_err(|why| PluginFailure::new(format!("nothing was written: {why}")))?;
    let Err(why) = cluster.patch(&name, patch).await? else {
        return Ok(Written::Yes);
    };
    // A failed test and a refusal look alike; only the object itself can tell which it was.
    let now = cluster.get(&name).await?;
    if met_its_version(decided_on, &now) {
        return Err(PluginFailure::new(format!(
            "nothing was written: the API server refuses it: {why}"
        )));
    }
    Ok(Written::Changed(Box::new(now)))
}
