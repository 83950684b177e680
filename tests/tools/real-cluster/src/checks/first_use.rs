//! A new user, with the pages alone: from an empty cluster to the first replication.

use anyhow::{Context, Result, ensure};
use checklist::commands::output;
use checklist::report;
use simulator::example;

use super::install::{NAMESPACE, RELEASE, once, operator};
use super::{accounts, upgrade};
use crate::cluster::Cluster;
use crate::pages::{self, Terminal};

/// The pages' namespace of a user.
const USERS: &str = "backups";
const CRD: &str = "crd/backupreplications.cbr.replication.dev";

/// In place of what helm has installed, which comes back.
pub(super) fn from_nothing(cluster: &Cluster) -> Result<()> {
    output(&mut cluster.helm(&["uninstall", RELEASE, "-n", NAMESPACE, "--wait", "--timeout=3m"]))?;
    nothing(cluster)?;
    let outcome = first_replication(cluster);
    let installed = repository::path("deploy/install.yaml").display().to_string();
    cluster.kubectl(&["delete", "--ignore-not-found", "-f", &installed])?;
    nothing(cluster)?;
    operator(cluster)?;
    outcome
}

/// The cluster knows nothing of the operator.
fn nothing(cluster: &Cluster) -> Result<()> {
    cluster.no_namespace(USERS)?;
    cluster.no_namespace(NAMESPACE)?;
    cluster.kubectl(&["delete", "--ignore-not-found", CRD]).map(drop)
}

fn first_replication(cluster: &Cluster) -> Result<()> {
    let terminal = Terminal::open(cluster)?;
    let install = pages::block("README.md", "deploy/install.yaml")?;
    // The image is on the node already: its Dockerfile's, under this name.
    let on_the_cluster = |line: &&str| !line.starts_with("docker ");
    let install: String = install
        .lines()
        .filter(on_the_cluster)
        .map(|line| format!("{}\n", line.replace("REGISTRY/", "localhost/")))
        .collect();
    terminal.types(&install, "")?;
    reach_the_simulator(cluster, &terminal)?;
    upgrade::replaced_pods_go(cluster)?;

    let page = "docs/install.md";
    let answers = format!("{}\n{}\n", example::ACCESS_KEY, example::SECRET_KEY);
    terminal.types(&pages::block(page, "Access key: ")?, &answers)?;
    let backup = cluster.new_backup();
    let edits = format!(
        "s/backupId: .*/backupId: {backup}/\ns/tokenSecretRef:/accessKeySecretRef:/\n\
         s/name: cbr-token/name: cbr-key/\n"
    );
    let shown = terminal.types_with(&pages::block(page, "minimal.yaml")?, "", &edits)?;
    once(cluster, &backup)?;
    report::fact("the first replication", &format!("\n{shown}"));

    // A later version of the file leaves the options as they are.
    let before = options(cluster)?;
    let again = install.lines().find(|line| line.contains("kubectl apply")).context("apply")?;
    terminal.types(again, "")?;
    let after = options(cluster)?;
    ensure!(before == after, "the options were {before}, and are {after}");

    let named = "kubectl apply --server-side -k deploy/service-account";
    let page = std::fs::read_to_string(repository::path(accounts::PAGE))?;
    ensure!(page.contains(&format!("`{named}`")), "{} has another command", accounts::PAGE);
    accounts::becomes_a_call(cluster, named)
}

/// As an administrator does whose cloud is not in the table, and has a CA of its own.
fn reach_the_simulator(cluster: &Cluster, terminal: &Terminal) -> Result<()> {
    terminal.write("ca.crt", cluster.simulator.ca_pem())?;
    let commands = pages::block("docs/clouds.md", "BREP_CA_BUNDLE")?;
    let commands = commands
        .replace("https://cbr.cloud.example", &cluster.endpoint())
        .replace("https://iam.cloud.example", &cluster.endpoint());
    terminal.types(&commands, "").map(drop)
}

/// What `kubectl set env` has set.
fn options(cluster: &Cluster) -> Result<String> {
    let deployment = format!("deploy/{RELEASE}");
    let path = "jsonpath={.spec.template.spec.containers[0].env}";
    cluster.kubectl(&["-n", NAMESPACE, "get", &deployment, "-o", path])
}
