//! Completions: a script for each shell, and kubectl's own convention for its plugins.

use clap::CommandFactory;
use clap_complete::Shell;
use kube::ResourceExt;
use kube::api::ListParams;

use super::cluster::Cluster;
use super::failure::PluginFailure;
use super::options::{ClusterOptions, PluginOptions};
use super::terminal::print;

/// What a shell reads to complete `kubectl-brep`.
///
/// # Errors
/// It cannot be printed.
pub(super) fn script(shell: Shell) -> Result<(), PluginFailure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut PluginOptions::command(), "kubectl-brep", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Candidates for the last word, one a line, and last the directive that no files are meant, as
/// kubectl reads it from `kubectl_complete-brep`. Names are those of the cluster; without one there
/// are none.
///
/// # Errors
/// They cannot be printed.
pub(super) async fn candidates(words: &[String]) -> Result<(), PluginFailure> {
    let (unfinished, before) =
        words.split_last().map_or(("", [].as_slice()), |(last, rest)| (last.as_str(), rest));
    let command = PluginOptions::command();
    let chosen = before.iter().find_map(|word| command.find_subcommand(word));
    let mut found: Vec<String> = match chosen {
        None if !unfinished.starts_with('-') => command
            .get_subcommands()
            .filter(|one| !one.is_hide_set())
            .map(|one| one.get_name().to_owned())
            .collect(),
        Some(chosen) if !unfinished.starts_with('-') => match chosen.get_positionals().next() {
            Some(shell) if chosen.get_name() == "completion" => shell
                .get_possible_values()
                .iter()
                .map(|value| value.get_name().to_owned())
                .collect(),
            Some(_) => names(before).await,
            None => Vec::new(),
        },
        None | Some(_) => {
            let own = chosen.into_iter().flat_map(clap::Command::get_arguments);
            let options = own.chain(command.get_arguments());
            options.filter_map(|option| option.get_long()).map(|long| format!("--{long}")).collect()
        }
    };
    found.retain(|candidate| candidate.starts_with(unfinished));
    found.push(":4".to_owned());
    print(&format!("{}\n", found.join("\n")))
}

/// Names of resources, where the options so far say.
async fn names(before: &[String]) -> Vec<String> {
    let value = |names: [&str; 2]| {
        let mut pairs = before.windows(2);
        pairs.find_map(|pair| match pair {
            [option, value] if names.contains(&option.as_str()) => Some(value.clone()),
            _ => None,
        })
    };
    let options = ClusterOptions {
        kubeconfig: value(["--kubeconfig", "--kubeconfig"]).map(Into::into),
        context: value(["--context", "--context"]),
        namespace: value(["--namespace", "-n"]),
    };
    let Ok(cluster) = Cluster::new(&options).await else {
        return Vec::new();
    };
    let listed =
        cluster.list(Some(&cluster.namespace), ListParams::default()).await.unwrap_or_default();
    listed.iter().map(ResourceExt::name_any).collect()
}
