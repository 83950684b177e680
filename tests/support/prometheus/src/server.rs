//! A real Prometheus on a free port.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use control_plane::Supervised;
use harness::{Lines, PATIENCE};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::answer::{self, Sample, Series};
use crate::program::program;

const PAUSE: Duration = Duration::from_millis(250);

/// What is scraped, every two seconds.
#[derive(Clone, Debug)]
pub struct Target {
    /// The label `job`.
    pub job: String,
    /// Host and port.
    pub address: String,
    /// The label `namespace`, if there is one.
    pub namespace: Option<String>,
}

/// A running Prometheus; killed when dropped.
#[derive(Debug)]
pub struct Prometheus {
    url: String,
    client: reqwest::Client,
    process: Supervised,
    folder: TempDir,
}

impl Prometheus {
    /// Starts one that scrapes these addresses under these jobs. It has no rules yet.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub fn start(targets: &[Target]) -> Result<Self> {
        let folder = TempDir::new()?;
        let scrapes: Vec<Value> = targets
            .iter()
            .map(|Target { job, address, namespace }| {
                let mut labels = json!({});
                if let Some(namespace) = namespace {
                    labels["namespace"] = namespace.as_str().into();
                }
                json!({"job_name": job, "static_configs": [{"targets": [address], "labels": labels}]})
            })
            .collect();
        let configuration = json!({
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
            "rule_files": [folder.path().join("rules*.json")], "scrape_configs": scrapes,
        });
        let file = folder.path().join("prometheus.json");
        std::fs::write(&file, configuration.to_string())?;
        let (log, writer) = Lines::from_pipe()?;
        let mut command = Command::new(program("prometheus")?);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .args([
                "--web.listen-address=127.0.0.1:0",
                "--web.enable-lifecycle",
                "--log.format=json",
            ])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdout(Stdio::null())
            .stderr(writer);
        let process = Supervised::spawn(command)?;
        let listening = log.wait_for(PATIENCE, |line| line.contains("\"Listening on\""))?;
        let listening: Value = serde_json::from_str(&listening)?;
        let address = listening["address"].as_str().context("no address in its log")?;
        // Up to here it may have found its configuration wrong.
        log.wait_for(PATIENCE, |line| line.contains("ready to receive web requests"))?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { url: format!("http://{address}"), client, process, folder })
    }

    /// Evaluates these rules from now on.
    ///
    /// # Errors
    /// It does not take them.
    pub async fn load(&self, rules: &Value) -> Result<()> {
        std::fs::write(self.folder.path().join("rules.json"), rules.to_string())?;
        let answer = self.client.post(format!("{}/-/reload", self.url)).send().await?;
        ensure!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await?);
        Ok(())
    }

    /// What the query gives now.
    ///
    /// # Errors
    /// It is not a query, or its answer is no vector.
    pub async fn query(&self, query: &str) -> Result<Vec<Sample>> {
        let answer = self.ask("query", &[("query", query)]).await?;
        answer::samples(&answer).with_context(|| query.to_owned())
    }

    /// What the query gives from the one time to the other, in seconds since 1970, at every `step`
    /// seconds.
    ///
    /// # Errors
    /// It is not a query, or its answer is no matrix.
    pub async fn query_range(
        &self,
        query: &str,
        (from, to): (f64, f64),
        step: f64,
    ) -> Result<Vec<Series>> {
        let (from, to, step) = (from.to_string(), to.to_string(), step.to_string());
        let parameters = [("query", query), ("start", &from), ("end", &to), ("step", &step)];
        let answer = self.ask("query_range", &parameters).await?;
        answer::series(&answer).with_context(|| query.to_owned())
    }

    async fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value> {
        let url = url::Url::parse_with_params(&format!("{}/api/v1/{path}", self.url), parameters)?;
        let sent = self.client.get(url).send().await;
        let answer = sent.with_context(|| self.process.to_string())?.bytes().await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// What the query gives once it is as wanted.
    ///
    /// # Errors
    /// It is not so in time. What it gave last is in the error.
    pub async fn wait(
        &self,
        query: &str,
        wanted: impl Fn(&[Sample]) -> bool,
    ) -> Result<Vec<Sample>> {
        let started = Instant::now();
        loop {
            let samples = self.query(query).await?;
            if wanted(&samples) {
                return Ok(samples);
            }
            if started.elapsed() > PATIENCE {
                bail!("not as wanted after {PATIENCE:?}: {query}: {samples:?}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
