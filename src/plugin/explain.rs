//! `kubectl brep explain`: the story of one resource, for one who has never seen the operator.

mod report;
mod text;
mod to_type;
mod waits;

use jiff::Timestamp;

use super::cluster::Cluster;
use super::failure::PluginFailure;
use super::options::{ClusterOptions, ExplainOptions, TextOrJson};
use super::terminal::{print, print_json};
use report::Report;

/// Reads, and tells.
///
/// # Errors
/// The line for the reader.
pub(super) async fn run(
    cluster: &ClusterOptions,
    options: &ExplainOptions,
) -> Result<(), PluginFailure> {
    let ExplainOptions { name, output } = options;
    let resource = Cluster::new(cluster).await?.get(name).await?;
    let report = Report::new(&resource, Timestamp::now());
    match output {
        TextOrJson::Text => print(&text::text(&report)),
        TextOrJson::Json => print_json(&report),
    }
}
