//! `kubectl brep check`: what can be known before a call, without any call that changes something.

mod finding;
mod judge;
mod manifest;
mod steps;

use kube::ResourceExt;
use serde::Serialize;
use serde_json::Value;

use super::cluster::Cluster;
use super::color::is_colored;
use super::exit::Exit;
use super::failure::PluginFailure;
use super::options::{CheckOptions, ClusterOptions, TextOrJson};
use super::terminal::{print, print_json};
use super::words::{is_object_name, plain};
use crate::resource::BackupReplication;
use finding::{Checked, Finding, Item};
use steps::checked;

/// The number of this form; a field that joins does not change it.
const VERSION: u32 = 1;

/// The documented JSON.
#[derive(Serialize)]
struct Preflight {
    version: u32,
    items: Vec<CheckedResource>,
}

#[derive(Serialize)]
struct CheckedResource {
    namespace: String,
    name: String,
    checks: Vec<Checked>,
}

/// Checks, and prints.
///
/// # Errors
/// The line for the reader.
pub(super) async fn run(
    cluster: &ClusterOptions,
    options: &CheckOptions,
) -> Result<Exit, PluginFailure> {
    let mut items = Vec::new();
    match (&options.name, &options.filename) {
        (Some(name), _) => {
            let cluster = Cluster::new(cluster).await?;
            let resource = cluster.get(name).await?;
            items.push(of(&cluster, &resource, Vec::new(), options).await);
        }
        (None, Some(file)) => {
            for manifest in manifest::read(file)? {
                items.push(of_manifest(cluster, manifest, options).await?);
            }
        }
        (None, None) => {
            return Err(PluginFailure::of(Exit::Usage, "name a resource, or a file with -f"));
        }
    }
    let answer = Preflight { version: VERSION, items };
    match options.output {
        TextOrJson::Json => print_json(&answer)?,
        TextOrJson::Text => print(&text(&answer, is_colored(options.color)))?,
    }
    let mut all = answer.items.iter().flat_map(|item| &item.checks);
    let fails = all.any(|checked| checked.result == Finding::Not);
    Ok(if fails { Exit::NotAsItMustBe } else { Exit::Done })
}

async fn of_manifest(
    options: &ClusterOptions,
    mut manifest: Value,
    check: &CheckOptions,
) -> Result<CheckedResource, PluginFailure> {
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let name = text("/metadata/name").filter(|name| is_object_name(name)).ok_or_else(|| {
        PluginFailure::new("a BackupReplication of the file has no name, or one that cannot be")
    })?;
    let own = text("/metadata/namespace");
    if let (Some(own), Some(asked)) = (&own, &options.namespace)
        && own != asked
    {
        return Err(PluginFailure::new(format!(
            "the namespace of {name} is {own}, which is not the namespace {asked} of the option"
        )));
    }
    if own.as_deref().is_some_and(|own| !is_object_name(own)) {
        return Err(PluginFailure::new(format!("{name} has a namespace that cannot be")));
    }
    let options =
        ClusterOptions { namespace: own.or(options.namespace.clone()), ..options.clone() };
    let cluster = Cluster::new(&options).await?;
    if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("namespace".to_owned(), cluster.namespace.clone().into());
    }
    let tried = manifest::tried(&cluster, &manifest).await?;
    match serde_json::from_value::<BackupReplication>(manifest) {
        Ok(resource) => Ok(of(&cluster, &resource, vec![tried], check).await),
        Err(error) => {
            let first = match tried.result {
                Finding::Not => tried,
                Finding::Ok | Finding::CannotTell => {
                    Checked::not(Item::Manifest, judge::sentence(&error.to_string()))
                }
            };
            Ok(CheckedResource { namespace: cluster.namespace, name, checks: vec![first] })
        }
    }
}

async fn of(
    cluster: &Cluster,
    resource: &BackupReplication,
    mut checks: Vec<Checked>,
    options: &CheckOptions,
) -> CheckedResource {
    checks.extend(checked(cluster, resource, options).await);
    checks.sort_by_key(|checked| Item::ALL.iter().position(|item| *item == checked.check));
    CheckedResource { namespace: cluster.namespace.clone(), name: resource.name_any(), checks }
}

fn text(answer: &Preflight, colored: bool) -> String {
    let mut text = String::new();
    for CheckedResource { namespace, name, checks } in &answer.items {
        text.push_str(&format!("BackupReplication {name} in namespace {namespace}\n"));
        for Checked { check, result, detail } in checks {
            let word = format!("{:<11}", result.as_str());
            let word = if colored { result.color().paint(&word) } else { word };
            text.push_str(&format!("  {word}  {:<11}  {}\n", check.as_str(), plain(detail)));
        }
    }
    text
}
