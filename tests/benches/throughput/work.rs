//! Runs of the operator: so many replications from the first creation to the last acceptance.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use figures::{OperatorRun, Run, Version};
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Cluster, Operator, OperatorOptions, Scene};
use simulator::Options;
use uuid::Uuid;

use crate::ideal::{Client, Under};
use crate::pilot::Pilot;
use crate::requests::Requests;
use crate::{AT_ONCE, process};

/// Nothing takes so long, on any machine; it is no measure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1_800);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// An operator's binary and CRD, and a control plane with that CRD.
pub(crate) struct Side {
    pub(crate) version: Version,
    pub(crate) cluster: Cluster,
    pub(crate) binary: String,
}

impl Side {
    pub(crate) async fn scene(&self) -> Result<Scene> {
        let scene = Scene::on(&self.cluster, &self.binary, Options::any_backup()).await?;
        scene.valid_secret()?;
        Ok(scene)
    }

    fn apiserver(&self) -> Result<u32> {
        self.cluster.apiserver_pid().context("no API server")
    }

    /// What the operator of this side writes.
    pub(crate) async fn pilot(&self) -> Result<Pilot> {
        let scene = self.scene().await?;
        let _operator = blocking(|| as_shipped(&scene).start_ready())?;
        Pilot::fly(&scene).await
    }

    pub(crate) async fn ideal(
        &self,
        pilot: &Pilot,
        under: Under,
        replications: usize,
    ) -> Result<Run> {
        let scene = self.scene().await?;
        let client = Client::new(&scene, pilot, under)?;
        let busy = process::busy(self.apiserver()?)?;
        let started = Instant::now();
        client.replicate_all(replications).await?;
        let seconds = started.elapsed().as_secs_f64();
        let api_server_seconds = (process::busy(self.apiserver()?)? - busy).as_secs_f64();
        Ok(Run { replications, seconds, api_server_seconds, operator: None })
    }

    pub(crate) async fn operator(&self, replications: usize) -> Result<Run> {
        let scene = self.scene().await?;
        let operator = blocking(|| as_shipped(&scene).start_ready())?;
        Pilot::fly(&scene).await?;
        let busy = process::busy(self.apiserver()?)?;
        let own = process::busy(operator.process.pid())?;
        let asked = Requests::read(&scene).await?;
        let seconds = replicate_all(&scene, &operator, replications, 1).await?;
        let own = process::busy(operator.process.pid())? - own;
        let peak_bytes = process::peak_bytes(operator.process.pid())?;
        // Events may come later; one that ends writes what it has.
        blocking(|| operator.stop())?;
        let api_server_seconds = (process::busy(self.apiserver()?)? - busy).as_secs_f64();
        let mut requests = Requests::read(&scene).await?.since(&asked);
        requests.remove("POST backupreplications");
        let operator = OperatorRun { seconds: own.as_secs_f64(), peak_bytes, requests };
        Ok(Run { replications, seconds, api_server_seconds, operator: Some(operator) })
    }
}

/// What waits for a process must not keep the runtime's other tasks waiting.
pub(crate) fn blocking<T>(wait: impl FnOnce() -> Result<T>) -> Result<T> {
    tokio::task::block_in_place(wait)
}

/// As it is shipped, but for the number of replications at once and the pace: the requests that a
/// cloud takes in a minute are no measure of the operator. (The second name is that of the first
/// version, where only look-ups of copies are counted.)
pub(crate) fn as_shipped(scene: &Scene) -> OperatorOptions {
    scene
        .operator()
        .arg(format!("--concurrency={AT_ONCE}"))
        .env("BREP_REQUESTS_PER_MINUTE", "1000000")
        .env("BREP_LOOK_UPS_PER_MINUTE", "60")
        .env("RUST_LOG", "warn,backup_replication_operator=info")
}

/// Creates so many resources, waits until all are recorded as accepted, and says how many seconds
/// that took. So many were accepted by this process before.
pub(crate) async fn replicate_all(
    scene: &Scene,
    operator: &Operator,
    replications: usize,
    before: usize,
) -> Result<f64> {
    let started = Instant::now();
    stream::iter(0..replications)
        .map(|number| async move {
            let backup = Uuid::new_v4().to_string();
            scene.create(&Scene::manifest_for(&name(number), &backup, "")).await
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await?;
    let wanted = u64::try_from(replications + before)?;
    let accepted = "backup_replication_replications_total{turn=\"Accepted\"}";
    wait(operator, |metrics| Ok(metric(metrics, accepted)? >= wanted))?;
    Ok(started.elapsed().as_secs_f64())
}

/// The name of one of them.
pub(crate) fn name(number: usize) -> String {
    format!("r-{number:05}")
}

/// Waits until the operator's metrics are as wanted.
pub(crate) fn wait(operator: &Operator, wanted: impl Fn(&str) -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    blocking(|| {
        loop {
            let (_, metrics) = operator.get("/metrics")?;
            if wanted(&metrics)? {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "not after {PATIENCE:?}:\n{metrics}");
            thread::sleep(POLL_INTERVAL);
        }
    })
}

/// The value of one series.
pub(crate) fn metric(metrics: &str, series: &str) -> Result<u64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    Ok(line.with_context(|| format!("no {series}"))?.trim().parse::<f64>()? as u64)
}

pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}
