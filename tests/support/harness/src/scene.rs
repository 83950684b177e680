//! What one test needs: a namespace, a simulator, and ways to write and read as users do.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{ApiResource, DynamicObject, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Config};
use simulator::{Behaviour, Options, Pace, Simulator, example};

use crate::cluster::{Cluster, kubectl_apply};
use crate::object::Object;
use crate::operator::OperatorOptions;

/// How long a test waits for what must come, before it says that it did not. No promise is measured
/// by it.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// A namespace on a control plane, mostly the shared one, and a simulator.
pub struct Scene {
    pub cluster: Cluster,
    pub namespace: String,
    pub simulator: Simulator,
    pub client: Client,
    binary: PathBuf,
    ca_file: PathBuf,
}

/// What `kubectl apply` said.
#[derive(Debug)]
pub struct Applied {
    pub accepted: bool,
    pub words: String,
}

impl From<Output> for Applied {
    fn from(output: Output) -> Self {
        let words = [output.stdout, output.stderr].concat();
        Self {
            accepted: output.status.success(),
            words: String::from_utf8_lossy(&words).into_owned(),
        }
    }
}

impl Scene {
    /// A fresh scene with the simulator's default world.
    ///
    /// # Errors
    /// The control plane or the simulator does not start.
    pub async fn new(binary: &str) -> Result<Self> {
        let behaviour = Behaviour { pace: Pace::takes(Duration::ZERO), ..Behaviour::default() };
        Self::with(binary, Options { behaviour, ..Options::default() }).await
    }

    /// A fresh scene with a simulator of the given kind.
    ///
    /// # Errors
    /// The control plane or the simulator does not start.
    pub async fn with(binary: &str, options: Options) -> Result<Self> {
        Self::on(&Cluster::shared()?, binary, options).await
    }

    /// A fresh scene on this control plane.
    ///
    /// # Errors
    /// The simulator does not start, or no namespace can be made.
    pub async fn on(cluster: &Cluster, binary: &str, options: Options) -> Result<Self> {
        let simulator = Simulator::start(options)?;
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig())?;
        let config =
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        let namespace = format!("test-{}", uuid::Uuid::new_v4());
        let ca_file = cluster.folder().join(format!("{namespace}.pem"));
        simulator.write_ca(&ca_file)?;
        let client = Client::try_from(config)?;
        let metadata = ObjectMeta { name: Some(namespace.clone()), ..ObjectMeta::default() };
        let created = Namespace { metadata, ..Namespace::default() };
        Api::all(client.clone())
            .create(&PostParams::default(), &created)
            .await
            .context("no namespace")?;
        Ok(Self {
            cluster: cluster.clone(),
            namespace,
            simulator,
            client,
            binary: binary.into(),
            ca_file,
        })
    }

    /// An operator for this scene alone: its namespace, its simulator over TLS as the default
    /// endpoint.
    pub fn operator(&self) -> OperatorOptions {
        OperatorOptions::new(&self.binary, self.cluster.kubeconfig())
            .arg(format!("--namespace={}", self.namespace))
            .arg(format!("--allowed-endpoint={}", self.simulator.https_url()))
            .arg(format!("--default-endpoint={}", self.simulator.https_url()))
            .arg(format!("--allowed-iam-endpoint={}", self.simulator.https_url()))
            .arg(format!("--default-iam-endpoint={}", self.simulator.https_url()))
            .arg(format!("--ca-bundle={}", self.ca_file.display()))
    }

    /// The operator's binary.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// The file with the simulator's CA certificate.
    pub fn ca_file(&self) -> &PathBuf {
        &self.ca_file
    }

    /// `kubectl` in this namespace.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<Applied> {
        Ok(self
            .cluster
            .kubectl()
            .args(["--namespace", &self.namespace])
            .args(arguments)
            .output()?
            .into())
    }

    /// `kubectl apply` in this namespace.
    ///
    /// # Errors
    /// It cannot be run. Whether the manifest was accepted is in the answer.
    pub fn apply(&self, yaml: &str) -> Result<Applied> {
        Ok(kubectl_apply(&self.cluster, Some(&self.namespace), yaml)?.into())
    }

    /// `kubectl apply` of what must be accepted.
    ///
    /// # Errors
    /// It is not.
    pub fn applied(&self, yaml: &str) -> Result<()> {
        let applied = self.apply(yaml)?;
        ensure!(applied.accepted, "{}\n{yaml}", applied.words);
        Ok(())
    }

    /// The Secret that [`Scene::manifest`] names, with this token.
    ///
    /// # Errors
    /// The API server refuses it.
    pub fn secret(&self, token: &str) -> Result<()> {
        let data = serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "cbr-token"}, "stringData": {"token": token},
        });
        self.applied(&data.to_string())
    }

    /// The Secret with the simulator's valid token.
    ///
    /// # Errors
    /// The API server refuses it.
    pub fn valid_secret(&self) -> Result<()> {
        self.secret(example::TOKEN)
    }

    /// The least manifest for the simulator's default world, with further lines of the spec
    /// (indented by two spaces).
    pub fn manifest(name: &str, more: &str) -> String {
        Self::manifest_for(name, example::BACKUP, more)
    }

    /// The same for another backup, with another kind of credential, as JSON.
    pub fn manifest_with(name: &str, backup_id: &str, auth: &serde_json::Value) -> String {
        let token = "auth:\n    tokenSecretRef:\n      name: cbr-token";
        Self::manifest_for(name, backup_id, "").replace(token, &format!("auth: {auth}"))
    }

    /// The same for another backup.
    pub fn manifest_for(name: &str, backup_id: &str, more: &str) -> String {
        format!(
            "apiVersion: cbr.replication.dev/v1alpha1\nkind: BackupReplication\nmetadata:\n  name: \
             {name}\nspec:\n  projectId: {}\n  backupId: {backup_id}\n  destinationProjectId: \
             {}\n  destinationRegion: {}\n  destinationVaultId: {}\n  auth:\n    \
             tokenSecretRef:\n      name: cbr-token\n{more}",
            example::PROJECT,
            example::DESTINATION_PROJECT,
            example::DESTINATION_REGION,
            example::VAULT,
        )
    }

    /// The resources of this namespace.
    pub fn api(&self) -> Api<DynamicObject> {
        let kind = ApiResource {
            group: "cbr.replication.dev".into(),
            version: "v1alpha1".into(),
            api_version: "cbr.replication.dev/v1alpha1".into(),
            kind: "BackupReplication".into(),
            plural: "backupreplications".into(),
        };
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind)
    }

    /// The resource as it is now.
    ///
    /// # Errors
    /// There is none.
    pub async fn get(&self, name: &str) -> Result<Object> {
        Ok(Object(serde_json::to_value(self.api().get(name).await?)?))
    }

    /// The resource once it is as wanted; it may be so already.
    ///
    /// # Errors
    /// It is not so in time. Then its last state is in the error.
    pub async fn wait(
        &self,
        name: &str,
        what: &str,
        wanted: impl Fn(&Object) -> bool,
    ) -> Result<Object> {
        self.wait_within(PATIENCE, name, what, wanted).await
    }

    /// The same, with a patience of the test's own.
    ///
    /// # Errors
    /// It is not so in time. Then its last state is in the error.
    pub async fn wait_within(
        &self,
        patience: Duration,
        name: &str,
        what: &str,
        wanted: impl Fn(&Object) -> bool,
    ) -> Result<Object> {
        let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
        let mut objects = watcher(self.api(), config)
            .default_backoff()
            .applied_objects()
            .filter_map(async |o| o.ok())
            .boxed();
        let mut last = None;
        let found = tokio::time::timeout(patience, async {
            while let Some(object) = objects.next().await {
                let object = Object(serde_json::to_value(object)?);
                if wanted(&object) {
                    return Ok::<_, anyhow::Error>(Some(object));
                }
                last = Some(object);
            }
            Ok(None)
        });
        match found.await {
            Ok(answer) => answer?.context("the watch ended"),
            Err(_) => bail!(
                "{name} is not {what}: {}",
                last.map_or("never seen".into(), |o| format!("{:#}", o.0))
            ),
        }
    }

    /// The resource once it is in this phase and observed.
    ///
    /// # Errors
    /// It is not so in time.
    pub async fn wait_for_phase(&self, name: &str, phase: &str) -> Result<Object> {
        self.wait(name, phase, |object| object.phase() == phase && object.is_observed()).await
    }

    /// All resources once each is as wanted and there are `number` of them.
    ///
    /// # Errors
    /// They are not so in time.
    pub async fn wait_for_all(
        &self,
        number: usize,
        wanted: impl Fn(&Object) -> bool,
    ) -> Result<Vec<Object>> {
        let mut seen = std::collections::BTreeMap::new();
        let mut objects = watcher(self.api(), watcher::Config::default())
            .default_backoff()
            .applied_objects()
            .boxed();
        let all = tokio::time::timeout(PATIENCE, async {
            while let Some(object) = objects.try_next().await.transpose() {
                let Ok(object) = object else { continue };
                let name = object.metadata.name.clone().unwrap_or_default();
                seen.insert(name, Object(serde_json::to_value(object)?));
                if seen.len() == number && seen.values().all(&wanted) {
                    break;
                }
            }
            Ok::<_, anyhow::Error>(())
        });
        let ended = all.await;
        let missing: Vec<_> =
            seen.iter().filter(|(_, o)| !wanted(o)).map(|(n, o)| (n, o.phase())).collect();
        ensure!(
            ended.is_ok() && missing.is_empty(),
            "{} of {number} seen; not yet: {missing:?}",
            seen.len()
        );
        ended??;
        Ok(seen.into_values().collect())
    }
}
