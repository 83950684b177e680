//! `kubectl brep new`: a manifest from options, or from answers on a terminal. Nothing is applied.

mod choices;
mod manifest;

use super::cluster::{Cluster, DryRun};
use super::exit::Exit;
use super::failure::PluginFailure;
use super::options::{ClusterOptions, ManifestOptions, NewOptions};
use super::prompt::{Offer, Prompt};
use super::terminal::print_yaml;
use super::words::plain;
use choices::{AskedCloud, InUse};
use manifest::{Manifest, manifest};

/// Asks for what is missing, and prints the manifest.
///
/// # Errors
/// The line for the reader.
pub(super) async fn run(options: &ClusterOptions, new: &NewOptions) -> Result<(), PluginFailure> {
    // Without a cluster the manifest is printed as well, and nobody has tried it.
    let cluster = Cluster::new(options).await.ok();
    let mut wanted = new.wanted.clone();
    if let Some(prompt) = Prompt::new(new.ask) {
        fill(&prompt, &mut wanted, cluster.as_ref(), new).await?;
    }
    let missing = wanted.missing();
    if !missing.is_empty() {
        return Err(PluginFailure::of(
            Exit::Usage,
            format!("missing: {}; on a terminal it asks for them", missing.join(", ")),
        ));
    }
    let manifest = manifest(&wanted, options.namespace.as_deref())?;
    match &cluster {
        Some(cluster) => tried(cluster, &manifest).await?,
        None => {
            eprintln!("note: there is no usable kubeconfig, so the API server has not tried it")
        }
    }
    print_yaml(&manifest)
}

/// Refuses what the API server would refuse.
async fn tried(cluster: &Cluster, manifest: &Manifest) -> Result<(), PluginFailure> {
    let value = serde_json::to_value(manifest)
        .map_err(|error| PluginFailure::new(format!("the manifest cannot be written: {error}")))?;
    match cluster.try_to_apply(&value).await {
        Ok(DryRun::Taken) => {}
        Ok(DryRun::Refused(why)) => {
            return Err(PluginFailure::new(format!("the API server would refuse it: {why}")));
        }
        Ok(DryRun::NotAllowed(_)) => {
            eprintln!("note: you may not create it here, so the API server has not tried it");
        }
        Err(why) => eprintln!("note: the API server has not tried it: {why}"),
    }
    Ok(())
}

/// Asks for all that is missing, and shows what can be chosen.
async fn fill(
    prompt: &Prompt,
    wanted: &mut ManifestOptions,
    cluster: Option<&Cluster>,
    new: &NewOptions,
) -> Result<(), PluginFailure> {
    prompt.text(&mut wanted.name, "Name of the resource", &[])?;
    prompt.text(&mut wanted.project, "Id of the project that holds the backup", &[])?;
    prompt.optional(
        &mut wanted.endpoint,
        "CBR endpoint of the source region (empty: the operator's default)",
    )?;
    wanted.credential.ask(prompt)?;
    let cloud = match cluster {
        Some(cluster) => AskedCloud::new(cluster, wanted, new).await,
        None => Err("there is no usable kubeconfig".to_owned()),
    };
    let cloud = cloud.map_err(|why| note("What the cloud offers", &why)).ok();
    let backups = match &cloud {
        Some(cloud) if wanted.backup.is_none() => listed("The backups", cloud.backups().await),
        Some(_) | None => Vec::new(),
    };
    prompt.text(&mut wanted.backup, "Id of the backup", &backups)?;
    let regions = match &cloud {
        Some(cloud) if wanted.destination_region.is_none() => {
            listed("The destination regions", cloud.regions().await)
        }
        Some(_) | None => Vec::new(),
    };
    prompt.text(&mut wanted.destination_region, "Destination region", &regions)?;
    let used = InUse::new(cluster).await;
    let region = wanted.destination_region.as_deref();
    let (projects, vaults) = (used.projects(region), used.vaults(region));
    prompt.text(&mut wanted.destination_project, "Id of the project there", &projects)?;
    prompt.text(&mut wanted.destination_vault, "Id of the replication vault there", &vaults)
}

fn listed(what: &str, choices: Result<Vec<Offer>, String>) -> Vec<Offer> {
    choices.map_err(|why| note(what, &why)).unwrap_or_default()
}

fn note(what: &str, why: &str) {
    eprintln!("{what} cannot be listed: {}.", plain(why).trim_end_matches('.'));
}
