//! The CronJob of deploy/credentials, run by the cluster's own controllers.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use simulator::example;

use super::install::once;
use crate::cluster::Cluster;
use crate::images;

const NAMESPACE: &str = "renewal";
const NAME: &str = "renew-cbr-token";

/// A first token by a job, another by the schedule after the first has expired, and a wrong
/// password that is tried once.
pub(super) fn by_schedule(cluster: &Cluster) -> Result<()> {
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    });
    cluster.apply(&namespace)?;
    user(cluster, example::PASSWORD)?;
    for manifest in manifests(cluster)? {
        cluster.apply(&manifest)?;
    }
    job(cluster, "first-token")?;
    cluster.wait(&["-n", NAMESPACE, "--for=condition=Complete", "job/first-token"])?;
    let accepted = cluster.new_backup();
    cluster.apply(&Cluster::replication(NAMESPACE, "first", &accepted))?;
    cluster.wait(&["-n", NAMESPACE, "--for=condition=Ready", "brep/first"])?;

    let template = "-o=go-template={{.data.token | base64decode}}";
    let token = cluster.kubectl(&["-n", NAMESPACE, "get", "secret", "cbr-token", template])?;
    cluster.simulator.expire_token(&token)?;
    let waits = cluster.new_backup();
    cluster.apply(&Cluster::replication(NAMESPACE, "second", &waits))?;
    let rejected = "--for=jsonpath={.status.conditions[?(@.type==\"Ready\")].reason}=TokenRejected";
    cluster.wait(&["-n", NAMESPACE, rejected, "brep/second"])?;
    let schedule = |schedule: &str| {
        let patch = json!({"spec": {"schedule": schedule}}).to_string();
        cluster.kubectl(&["-n", NAMESPACE, "patch", "cronjob", NAME, "--type=merge", "-p", &patch])
    };
    schedule("* * * * *")?;
    cluster.wait(&["-n", NAMESPACE, "--for=condition=Ready", "brep/second"])?;
    schedule("0 0 1 1 *")?;
    once(cluster, &waits)?;

    user(cluster, "x-y-z-9")?;
    job(cluster, "wrong-password")?;
    cluster.wait(&["-n", NAMESPACE, "--for=condition=Failed", "job/wrong-password"])?;
    let status = &cluster.get(NAMESPACE, "job/wrong-password")?["status"];
    ensure!(status["failed"] == 1, "tried more than once: {status:#}");
    let log = cluster.kubectl(&["-n", NAMESPACE, "logs", "job/wrong-password"])?;
    ensure!(log.contains("does not accept the user: HTTP 401"), "{log}");
    Ok(())
}

fn user(cluster: &Cluster, password: &str) -> Result<()> {
    cluster.apply(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cbr-user", "namespace": NAMESPACE},
        "stringData": {"username": example::USER, "domain": example::DOMAIN, "password": password},
    }))
}

fn job(cluster: &Cluster, name: &str) -> Result<()> {
    cluster
        .kubectl(&["-n", NAMESPACE, "create", "job", name, &format!("--from=cronjob/{NAME}")])
        .map(drop)
}

/// As shipped, with this cluster's image, and its cloud, whose CA pods do not know without help.
fn manifests(cluster: &Cluster) -> Result<Vec<Value>> {
    let folder = repository::path("deploy/credentials").display().to_string();
    let shipped = cluster
        .kubectl(&["kustomize", &folder])?
        .replace("namespace: backups", "namespace: renewal");
    let mut manifests: Vec<Value> = serde_saphyr::from_multiple(&shipped).context("not YAML")?;
    let cron_job = manifests
        .iter_mut()
        .find(|manifest| manifest["kind"] == "CronJob")
        .context("no CronJob")?;
    let pod = cron_job.pointer_mut("/spec/jobTemplate/spec/template/spec").context("no pod")?;
    pod["volumes"] = json!([{"name": "ca", "configMap": {"name": "simulated-cbr"}}]);
    let container = pod.pointer_mut("/containers/0").context("no container")?;
    container["image"] = images::OPERATOR.into();
    container["volumeMounts"] = json!([{"name": "ca", "mountPath": "/ca", "readOnly": true}]);
    let iam = cluster.endpoint();
    container["args"] = json!([
        "renew-token",
        format!("--iam-endpoint={iam}"),
        format!("--allowed-iam-endpoint={iam}"),
        format!("--project-id={}", example::PROJECT),
        "--ca-bundle=/ca/ca.crt",
    ]);
    manifests.push(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "simulated-cbr", "namespace": NAMESPACE},
        "data": {"ca.crt": cluster.simulator.ca_pem()},
    }));
    Ok(manifests)
}
