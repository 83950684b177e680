//! Operators behind proxies.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Operator, OperatorOptions, Scene};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DynamicObject, PostParams};
use proxy::{Gate, Proxy, Upstream};
use serde_json::{Value, json};
use simulator::example;
use uuid::Uuid;

use super::point;
use super::scenario::Scenario;

/// The name of the resource.
pub(crate) const NAME: &str = "db";

/// Time after its claim in which an operator here may call.
pub(crate) const WINDOW: Duration = Duration::from_secs(5);

/// The two proxies of one operator, and how to start it behind them.
pub(crate) struct Behind {
    pub(crate) gate: Gate,
    pub(crate) options: OperatorOptions,
    _proxies: [Proxy; 2],
}

impl Behind {
    /// Proxies to both servers of the scene, with one gate.
    pub(crate) async fn new(scene: &Scene) -> Result<Self> {
        let gate = Gate::new(point::counts);
        let (api_server, file) = before_the_api_server(scene, &gate).await?;
        let cloud = Proxy::start(Upstream::http(scene.simulator.http_url()), gate.clone()).await?;
        let options = OperatorOptions::new(scene.binary(), &file)
            .arg(format!("--namespace={}", scene.namespace))
            .arg(format!("--allowed-endpoint={}", scene.simulator.http_url()))
            .arg(format!("--default-endpoint={}", scene.simulator.http_url()))
            .arg(format!("--allowed-iam-endpoint={}", scene.simulator.http_url()))
            .arg(format!("--default-iam-endpoint={}", scene.simulator.http_url()))
            // To every operator the endpoint is the same; only the way there is its own.
            .env("HTTP_PROXY", cloud.url())
            .arg(format!("--claim-window={}s", WINDOW.as_secs()))
            .arg("--request-timeout=4s")
            .arg("--settling-time=1s")
            .arg("--rejection-retry=1s");
        Ok(Self { gate, options, _proxies: [api_server, cloud] })
    }

    pub(crate) fn start(&self) -> Result<Operator> {
        self.options.start()
    }
}

/// A proxy to the scene's API server, and a kubeconfig that leads through it.
pub(crate) async fn before_the_api_server(scene: &Scene, gate: &Gate) -> Result<(Proxy, PathBuf)> {
    let mut kubeconfig: Value =
        serde_json::from_slice(&std::fs::read(scene.cluster.kubeconfig())?)?;
    let cluster =
        kubeconfig.pointer_mut("/clusters/0/cluster").context("no cluster in the kubeconfig")?;
    let ca = std::fs::read(cluster["certificate-authority"].as_str().context("no authority")?)?;
    let proxy = Proxy::start(Upstream::https(scene.cluster.url(), ca), gate.clone()).await?;
    // The operator's own token goes through the proxy.
    *cluster = json!({"server": proxy.url()});
    let file = scene.cluster.folder().join(format!("{}.kubeconfig", Uuid::new_v4()));
    std::fs::write(&file, kubeconfig.to_string())?;
    Ok((proxy, file))
}

/// Puts the Secrets and the resource there.
pub(crate) async fn apply(scene: &Scene, scenario: Scenario, backup: &str) -> Result<()> {
    let secrets: Api<Secret> = Api::namespaced(scene.client.clone(), &scene.namespace);
    let user =
        [("username", example::USER), ("password", example::PASSWORD), ("domain", example::DOMAIN)];
    for (name, data) in [("cbr-token", &[("token", example::TOKEN)][..]), ("cbr-user", &user)] {
        let data = data.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let secret = Secret {
            metadata: kube::api::ObjectMeta { name: Some(name.into()), ..Default::default() },
            string_data: Some(data.collect()),
            ..Secret::default()
        };
        secrets.create(&PostParams::default(), &secret).await?;
    }
    let manifest = scenario.manifest(NAME, backup);
    let resource: DynamicObject = serde_saphyr::from_str(&manifest)?;
    scene.api().create(&PostParams::default(), &resource).await?;
    Ok(())
}
