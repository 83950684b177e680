//! Installing and uninstalling with Helm.

use std::fs;

use anyhow::{Context, Result, ensure};
use checklist::commands::{output, refused};
use checklist::report;
use serde_json::json;

use crate::cluster::Cluster;
use crate::node;

pub(super) const NAMESPACE: &str = "backup-replication";
pub(super) const RELEASE: &str = "backup-replication-operator";
pub(super) const WAIT: &[&str] = &["--wait", "--timeout=3m"];

/// The arguments that name chart, release and values.
fn arguments(cluster: &Cluster, more: &[&str]) -> Vec<String> {
    let chart = repository::path("deploy/helm/backup-replication-operator");
    let values = cluster.folder.join("values.yaml");
    let all = [RELEASE.to_owned(), chart.display().to_string(), format!("--namespace={NAMESPACE}")];
    let values = format!("--values={}", values.display());
    all.into_iter()
        .chain([values])
        .chain(more.iter().map(|&argument| argument.to_owned()))
        .collect()
}

/// `helm` with this command on the chart.
pub(super) fn helm(cluster: &Cluster, command: &str, more: &[&str]) -> Result<String> {
    let arguments = arguments(cluster, more);
    let all: Vec<&str> =
        [command].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    output(&mut cluster.helm(&all))
}

/// Installs the operator in a namespace that demands the standard `restricted`.
pub(super) fn operator(cluster: &Cluster) -> Result<()> {
    let values = cluster.folder.join("values.yaml");
    let endpoint = [("{endpoint}", cluster.endpoint())];
    node::write(&values, include_str!("../../files/values.yaml"), &endpoint)?;
    cluster.apply(&json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }))?;
    cluster.apply(&json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "simulated-cbr", "namespace": NAMESPACE},
        "data": {"ca.crt": cluster.simulator.ca_pem()},
    }))?;
    report::step("helm install --wait", || helm(cluster, "install", WAIT)).map(drop)
}

/// Its pod runs as restricted as it asks for, and how much memory it takes.
pub(super) fn becomes_ready(cluster: &Cluster) -> Result<()> {
    cluster.wait(&[
        "-n",
        NAMESPACE,
        "--for=condition=Ready",
        "pod",
        "-l",
        "app.kubernetes.io/instance=backup-replication-operator",
    ])?;
    let process = process()?;
    let status = fs::read_to_string(format!("/proc/{process}/status"))
        .context("the operator's process is gone")?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "))
            .with_context(|| format!("no {name}"))
    };
    for (name, expected) in [
        ("Uid", "65532 65532 65532 65532"),
        ("Gid", "65532 65532 65532 65532"),
        ("CapEff", "0000000000000000"),
        ("CapBnd", "0000000000000000"),
        ("NoNewPrivs", "1"),
        ("Seccomp", "2"),
    ] {
        let found = field(name)?;
        ensure!(found == expected, "{name} of the operator's process is {found}, not {expected}");
    }
    let mounts = fs::read_to_string(format!("/proc/{process}/mounts"))
        .context("the operator's process is gone")?;
    let root = mounts
        .lines()
        .find(|line| line.split(' ').nth(1) == Some("/"))
        .context("no root file system")?;
    ensure!(
        root.split(' ').nth(3).is_some_and(|options| options.starts_with("ro")),
        "its file system is writable: {root}"
    );
    report::fact("memory of the operator at rest", &field("VmRSS")?);
    Ok(())
}

/// The id of the operator's process: containers share our namespace of processes as its children.
fn process() -> Result<u32> {
    for entry in fs::read_dir("/proc").context("could not read /proc")?.flatten() {
        let program = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        if program.starts_with("/backup-replication-operator\0run") {
            return entry.file_name().to_string_lossy().parse().context("not a process");
        }
    }
    anyhow::bail!("the operator does not run")
}

pub(super) fn test_passes(cluster: &Cluster) -> Result<()> {
    output(&mut cluster.helm(&["test", RELEASE, "--namespace", NAMESPACE, "--timeout=2m"]))
        .map(drop)
}

pub(super) fn records(cluster: &Cluster) -> Result<()> {
    cluster.namespace("records")?;
    let backup = cluster.new_backup();
    cluster.apply(&Cluster::replication("records", "db", &backup))?;
    cluster.wait(&["-n", "records", "--for=condition=Ready", "brep/db"])?;
    let record = cluster.simulator.records(&backup).first().map(|record| record.id.clone());
    let status = &cluster.get("records", "brep/db")?["status"];
    ensure!(
        status["replicationRecordId"].as_str() == record.as_deref(),
        "not the record {record:?}: {status:#}"
    );
    once(cluster, &backup)
}

/// The cloud accepted one call, and no more.
pub(super) fn once(cluster: &Cluster, backup: &str) -> Result<()> {
    let counts = cluster.simulator.counts(backup);
    ensure!(counts.accepted == 1, "accepted {} times: {counts:?}", counts.accepted);
    Ok(())
}

pub(super) fn wrong_value(cluster: &Cluster) -> Result<()> {
    for (wrong, named) in
        [("options.requestTimeout=soon", "requestTimeout"), ("replica=2", "replica")]
    {
        let arguments = arguments(cluster, &["--set", wrong]);
        let all: Vec<&str> =
            ["upgrade"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        let words = refused(&mut cluster.helm(&all))?;
        ensure!(
            words.contains("schema") && words.contains(named),
            "not refused by the schema: {words}"
        );
    }
    Ok(())
}

pub(super) fn uninstall(cluster: &Cluster) -> Result<()> {
    cluster.namespace("uninstall")?;
    let backup = cluster.new_backup();
    cluster.apply(&Cluster::replication("uninstall", "db", &backup))?;
    cluster.wait(&["-n", "uninstall", "--for=condition=Ready", "brep/db"])?;
    let record = |cluster: &Cluster| -> Result<String> {
        let status = &cluster.get("uninstall", "brep/db")?["status"];
        let record = status["replicationRecordId"].as_str();
        record.map(str::to_owned).with_context(|| format!("no record: {status:#}"))
    };
    let before = record(cluster)?;
    output(&mut cluster.helm(&[
        "uninstall",
        RELEASE,
        "--namespace",
        NAMESPACE,
        "--wait",
        "--timeout=3m",
    ]))?;
    ensure!(record(cluster)? == before, "not readable any more");
    // And back: what was accepted stays accepted.
    helm(cluster, "install", WAIT)?;
    cluster.wait(&["-n", "uninstall", "--for=condition=Ready", "brep/db"])?;
    ensure!(record(cluster)? == before, "another record");
    once(cluster, &backup)
}
