//! The manifests of a file, and what the API server says about them without saving anything.

use std::io::Read;
use std::path::Path;

use kube::Resource;
use serde_json::Value;

use super::finding::{Checked, Item};
use super::judge::sentence;
use crate::plugin::cluster::{Cluster, DryRun};
use crate::plugin::failure::PluginFailure;
use crate::resource::BackupReplication;

/// Longest file that is read, in bytes.
const MOST: u64 = 4 * 1024 * 1024;

/// The BackupReplications of a file, or of the standard input where it is `-`.
///
/// # Errors
/// Why there is none.
pub(super) fn read(file: &Path) -> Result<Vec<Value>, PluginFailure> {
    let name = file.display();
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MOST).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(MOST).read_to_string(&mut text))
    };
    read.map_err(|error| PluginFailure::new(format!("{name} cannot be read: {error}")))?;
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
        .map_err(|error| PluginFailure::new(format!("{name} is no YAML: {error}")))?;
    let is_ours = |document: &Value| {
        document.get("kind").and_then(Value::as_str) == Some(&*BackupReplication::kind(&()))
    };
    let ours: Vec<Value> = documents.into_iter().filter(is_ours).collect();
    if ours.is_empty() {
        return Err(PluginFailure::new(format!("there is no BackupReplication in {name}")));
    }
    Ok(ours)
}

/// Whether the API server would take it.
///
/// # Errors
/// It cannot be asked.
pub(super) async fn tried(cluster: &Cluster, manifest: &Value) -> Result<Checked, PluginFailure> {
    let item = Item::Manifest;
    Ok(match cluster.try_to_apply(manifest).await? {
        DryRun::Taken => Checked::ok(item, "The API server accepts it; nothing was saved."),
        DryRun::Refused(why) => Checked::not(item, sentence(&why)),
        DryRun::NotAllowed(why) => {
            Checked::unknown(item, format!("The API server forbids to try it: {}", sentence(&why)))
        }
    })
}
