//! What ends the operator's pods while a call is in flight.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use simulator::{Fault, Hold, Script};

use super::install::{NAMESPACE, helm, once};
use crate::cluster::Cluster;

const DEPLOYMENT: &str = "deployment/backup-replication-operator";

/// A resource whose call the simulated service has received, and answers only after a word.
struct MidCall {
    namespace: &'static str,
    backup: String,
    hold: Hold,
}

impl MidCall {
    fn begin(cluster: &Cluster, namespace: &'static str, commits_before: bool) -> Result<Self> {
        cluster.namespace(namespace)?;
        let backup = cluster.new_backup();
        let hold = cluster.simulator.hold(namespace);
        let at = if commits_before { Fault::after_commit() } else { Fault::before_commit() };
        cluster
            .simulator
            .script(Script::once(at.hold(&hold).ordinary()).replicate().backup(&backup))?;
        cluster.apply(&Cluster::replication(namespace, "db", &backup))?;
        cluster.until("the call arrives", hold.arrived())?;
        Ok(Self { namespace, backup, hold })
    }

    /// The pod that made the call.
    fn pod(&self, cluster: &Cluster) -> Result<String> {
        let object = cluster.get(self.namespace, "brep/db")?;
        let by = object["status"]["attempts"][0]["claimedBy"]
            .as_str()
            .context("nobody has claimed the call")?;
        let pods = cluster.get(NAMESPACE, "pods")?;
        let names = pods["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pod| pod["metadata"]["name"].as_str());
        let name = names.into_iter().find(|name| by.contains(name));
        name.map(str::to_owned).with_context(|| format!("{by} is no pod of the operator"))
    }

    /// Lets the answer go, and sees that the resource ends with its one record.
    fn end(self, cluster: &Cluster) -> Result<()> {
        self.hold.release();
        cluster.wait(&["-n", self.namespace, "--for=condition=Ready", "brep/db"])?;
        once(cluster, &self.backup)?;
        let record =
            cluster.simulator.records(&self.backup).first().map(|record| record.id.clone());
        let status: Value = cluster.get(self.namespace, "brep/db")?["status"].take();
        ensure!(
            status["replicationRecordId"].as_str() == record.as_deref(),
            "not the record {record:?}: {status:#}"
        );
        Ok(())
    }
}

fn settled(cluster: &Cluster) -> Result<()> {
    cluster.kubectl(&["-n", NAMESPACE, "rollout", "status", DEPLOYMENT, "--timeout=180s"]).map(drop)
}

pub(super) fn in_mid_call(cluster: &Cluster) -> Result<()> {
    helm(cluster, "upgrade", &["--set", "replicas=2", "--wait", "--timeout=3m"])?;
    let call = MidCall::begin(cluster, "upgrade", false)?;
    let pod = format!("pod/{}", call.pod(cluster)?);
    helm(cluster, "upgrade", &["--set", "replicas=2", "--set", "podAnnotations.upgrade=again"])?;
    cluster.wait(&["-n", NAMESPACE, "--for=jsonpath={.metadata.deletionTimestamp}", &pod])?;
    call.end(cluster)?;
    settled(cluster)
}

pub(super) fn pod_deleted(cluster: &Cluster) -> Result<()> {
    let call = MidCall::begin(cluster, "deleted", false)?;
    let pod = call.pod(cluster)?;
    cluster.kubectl(&["-n", NAMESPACE, "delete", "pod", &pod, "--wait=false"])?;
    call.end(cluster)?;
    settled(cluster)
}

/// The answer is lost; the cloud's records tell.
pub(super) fn pod_killed(cluster: &Cluster) -> Result<()> {
    let call = MidCall::begin(cluster, "killed", true)?;
    let pod = call.pod(cluster)?;
    cluster.kubectl(&[
        "-n",
        NAMESPACE,
        "delete",
        "pod",
        &pod,
        "--force",
        "--grace-period=0",
        "--wait=true",
    ])?;
    call.end(cluster)?;
    settled(cluster)
}

/// The pods that a rollout has replaced are gone long before their grace is over, also one that was
/// replaced as it started: there a process does not notice a SIGTERM that comes before it listens,
/// and would work, and lead, until it is killed.
pub(super) fn replaced_pods_go(cluster: &Cluster) -> Result<()> {
    settled(cluster)?;
    let pods = cluster.get(NAMESPACE, "pods")?;
    let going = pods["items"].as_array().into_iter().flatten().filter_map(|pod| {
        let metadata = &pod["metadata"];
        metadata.get("deletionTimestamp").and_then(|_| metadata["name"].as_str())
    });
    for name in going {
        let pod = format!("pod/{name}");
        cluster.kubectl(&["-n", NAMESPACE, "wait", "--for=delete", &pod, "--timeout=40s"])?;
    }
    Ok(())
}
