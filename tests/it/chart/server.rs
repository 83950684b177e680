//! The API server takes all that is rendered without a warning, in a namespace that enforces the
//! standard `restricted`.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use harness::{Applied, kubectl_apply, shared_cluster};
use serde_json::{Value, json};

use super::{EVERYTHING, TENANT, VALUES, helm};

/// What a Prometheus operator would have installed.
const MONITORING: &str = include_str!("monitoring-crds.yaml");

/// `kubectl apply` on the shared control plane without storing anything. The fields may be somebody
/// else's already: the CRD is.
fn dry_run(yaml: &str) -> Result<Applied> {
    let cluster = shared_cluster()?;
    let file = cluster.folder().join(format!("{}.yaml", uuid::Uuid::new_v4()));
    std::fs::write(&file, yaml)?;
    let mut command = cluster.kubectl();
    command.args(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f"]);
    Ok(command.arg(file).output()?.into())
}

/// A restricted namespace of its own, and those that the values name.
fn namespaces() -> Result<String> {
    let own = format!("test-{}", uuid::Uuid::new_v4());
    for name in ["team-a", "team-b", own.as_str()] {
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"});
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        let made = kubectl_apply(shared_cluster()?, None, &object.to_string())?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    Ok(own)
}

#[test]
fn the_api_server_takes_all_of_it_without_a_warning() -> Result<()> {
    let cluster = shared_cluster()?;
    let made = kubectl_apply(cluster, None, MONITORING)?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let wait = [
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        "crd/podmonitors.monitoring.coreos.com",
    ];
    let others =
        ["crd/servicemonitors.monitoring.coreos.com", "crd/prometheusrules.monitoring.coreos.com"];
    let served = cluster.kubectl().args(wait).args(others).output()?;
    ensure!(served.status.success(), "{}", String::from_utf8_lossy(&served.stderr));

    let namespace = namespaces()?;
    for file in VALUES {
        let text = helm::text(&namespace, file, &[])?;
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text)?;
        let said = dry_run(&text)?;
        ensure!(said.accepted, "{file}: {}", said.words);
        let taken = |line: &str| line.ends_with(" serverside-applied (server dry run)");
        // Anything else is a warning.
        ensure!(said.words.lines().all(taken), "{file}: {}", said.words);
        assert_eq!(said.words.lines().count(), documents.len(), "{file}");
    }
    Ok(())
}

/// Else the namespace of the test above would take anything, and a field that nobody knows, too.
#[test]
fn what_is_wrong_would_be_seen() -> Result<()> {
    let namespace = namespaces()?;
    let lax = helm::text(&namespace, "", &["securityContext.allowPrivilegeEscalation=true"])?;
    let said = dry_run(&lax)?;
    ensure!(said.words.contains("Warning: would violate PodSecurity"), "{}", said.words);
    let strange = helm::text(&namespace, "", &["securityContext.strange=true"])?;
    let said = dry_run(&strange)?;
    ensure!(!said.accepted && said.words.contains("strange"), "{}", said.words);
    Ok(())
}

#[test]
fn an_administrator_of_namespaces_needs_nothing_of_the_cluster() -> Result<()> {
    let mut kinds = BTreeSet::new();
    let mut places = BTreeSet::new();
    for object in helm::objects(TENANT, &[])? {
        kinds.insert(object["kind"].as_str().context("no kind")?.to_owned());
        places.insert(
            object["metadata"]["namespace"]
                .as_str()
                .with_context(|| format!("of the cluster: {object}"))?
                .to_owned(),
        );
    }
    assert_eq!(places, BTreeSet::from([super::NAMESPACE, "team-a", "team-b"].map(str::to_owned)));
    ensure!(kinds.contains("Role") && !kinds.contains("ClusterRole"), "{kinds:?}");
    Ok(())
}

/// A value set that is to show everything shows each template.
#[test]
fn everything_renders_every_template() -> Result<()> {
    let mut missing = BTreeSet::new();
    let rendered = helm::text(super::NAMESPACE, EVERYTHING, &[])?;
    for folder in ["templates", "templates/tests"] {
        for entry in std::fs::read_dir(repository::path(&format!("{}/{folder}", super::CHART)))? {
            let name = entry?.file_name().into_string().ok().context("a name that is no text")?;
            if name.ends_with(".yaml")
                && !rendered.contains(&format!("# Source: {}/{folder}/{name}\n", super::NAME))
            {
                missing.insert(name);
            }
        }
    }
    ensure!(missing.is_empty(), "not rendered: {missing:?}");
    Ok(())
}
