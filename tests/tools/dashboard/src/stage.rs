//! What is started for the picture: a control plane, two clouds, the operator, and a Prometheus
//! that scrapes it.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Cluster, Operator, OperatorOptions, Scene, built, install_crd};
use kube::Api;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use prometheus::{Prometheus, Target, hastened};
use serde_json::{Value, json};
use simulator::{Backup, Options, Pace, Simulator, example};
use uuid::Uuid;

/// As in a cluster: the chart's names.
const NAMESPACE: &str = "backup-replication";
const JOB: &str = "operator";
/// From the acceptance of a call to the copy.
const COPY: Duration = Duration::from_secs(15);
/// The operator is scraped: its counters at 0 are known.
const IS_SEEN: &str = "count(up == 1)";

pub(crate) struct Stage {
    pub(crate) prometheus: Prometheus,
    _operator: Operator,
    pub(crate) scene: Scene,
    /// A second cloud, at an endpoint of its own.
    pub(crate) other: Simulator,
}

/// Starts everything. The operator is built first, where it is not up to date.
pub(crate) async fn start() -> Result<Stage> {
    let (binary, cluster) = tokio::task::spawn_blocking(|| {
        let binary = built::operator()?;
        let cluster = Cluster::own()?;
        install_crd(&cluster)?;
        anyhow::Ok((binary, cluster))
    })
    .await??;
    let mut options = Options::default();
    options.behaviour.pace = Pace::takes(COPY);
    let other = Simulator::start(options.clone())?;
    let scene = Scene::on(&cluster, &binary.display().to_string(), options).await?;
    let both = cluster.folder().join("both-clouds.pem");
    std::fs::write(&both, [scene.simulator.ca_pem(), other.ca_pem()].concat())?;
    let url = scene.simulator.https_url();
    let operator = OperatorOptions::new(scene.binary(), cluster.kubeconfig())
        .arg(format!("--namespace={}", scene.namespace))
        .arg(format!("--allowed-endpoint={url}"))
        .arg(format!("--allowed-endpoint={}", other.https_url()))
        .arg(format!("--default-endpoint={url}"))
        .arg(format!("--ca-bundle={}", both.display()))
        .arg("--claim-window=5s")
        .arg("--request-timeout=6s")
        .arg("--settling-time=10s");
    let operator = tokio::task::spawn_blocking(move || operator.start_ready()).await??;
    let target = Target {
        job: JOB.to_owned(),
        address: operator.address()?,
        namespace: Some(NAMESPACE.to_owned()),
    };
    let prometheus =
        tokio::task::spawn_blocking(move || Prometheus::start(std::slice::from_ref(&target)))
            .await??;
    prometheus.wait(IS_SEEN, |samples| !samples.is_empty()).await?;
    // Before that the operator would seem to be absent.
    prometheus.load(&hastened()?).await?;
    Ok(Stage { prometheus, _operator: operator, scene, other })
}

impl Stage {
    /// A resource for a fresh backup at this cloud, with these fields of its spec set. Returns the
    /// backup's id.
    pub(crate) async fn create(
        &self,
        cloud: &Simulator,
        name: &str,
        more: &Value,
    ) -> Result<String> {
        let backup = Uuid::new_v4().to_string();
        cloud.add_backup(Backup::server(&backup, example::PROJECT));
        self.create_for(name, &backup, more).await?;
        Ok(backup)
    }

    pub(crate) async fn create_for(&self, name: &str, backup: &str, more: &Value) -> Result<()> {
        let object: DynamicObject =
            serde_json::from_value(Scene::manifest_but(name, backup, more))?;
        let created = self.scene.api().create(&PostParams::default(), &object).await;
        created.with_context(|| format!("{name} cannot be made"))?;
        Ok(())
    }
}

/// What people write. Not by kubectl, which would hold up all else that happens.
impl Stage {
    /// A Secret with this token, new or not.
    pub(crate) async fn secret(&self, name: &str, token: &str) -> Result<()> {
        let kind = ApiResource {
            group: String::new(),
            version: "v1".into(),
            api_version: "v1".into(),
            kind: "Secret".into(),
            plural: "secrets".into(),
        };
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.scene.client.clone(), &self.scene.namespace, &kind);
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": name}, "stringData": {"token": token},
        });
        let parameters = PatchParams::apply("dashboard").force();
        api.patch(name, &parameters, &Patch::Apply(secret)).await?;
        Ok(())
    }

    /// Fields of a resource that its owner corrects.
    pub(crate) async fn correct(&self, name: &str, patch: &Value) -> Result<()> {
        let api = self.scene.api();
        api.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }
}

/// Fields of a spec whose token is in another Secret.
pub(crate) fn with_secret(name: &str) -> Value {
    json!({"auth": {"tokenSecretRef": {"name": name}}})
}
