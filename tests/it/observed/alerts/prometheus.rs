//! A real Prometheus on a free port, and `promtool`.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use control_plane::Supervised;
use harness::{Lines, PATIENCE};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::debian;

const PAUSE: Duration = Duration::from_millis(250);

/// `promtool` in the repository's folder, with what it says.
///
/// # Errors
/// It is not there, or is not content.
pub(crate) fn promtool(arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(debian::program("promtool")?);
    let output =
        command.args(arguments).current_dir(repository::root()).output().context("promtool")?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ensure!(output.status.success(), "promtool {arguments:?}: {said}");
    Ok(said)
}

/// One series of an answer, with its value now.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Sample {
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A running Prometheus; killed when dropped.
pub(crate) struct Prometheus {
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
    pub(crate) fn start(targets: &[(&str, String)]) -> Result<Self> {
        let folder = TempDir::new()?;
        let scrapes: Vec<Value> = targets
            .iter()
            .map(|(job, address)| json!({"job_name": job, "static_configs": [{"targets": [address]}]}))
            .collect();
        let configuration = json!({
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
            "rule_files": [folder.path().join("rules*.json")], "scrape_configs": scrapes,
        });
        let file = folder.path().join("prometheus.json");
        std::fs::write(&file, configuration.to_string())?;
        let (log, writer) = Lines::from_pipe()?;
        let mut command = Command::new(debian::program("prometheus")?);
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
    pub(crate) async fn load(&self, rules: &Value) -> Result<()> {
        std::fs::write(self.folder.path().join("rules.json"), rules.to_string())?;
        let answer = self.client.post(format!("{}/-/reload", self.url)).send().await?;
        ensure!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await?);
        Ok(())
    }

    /// What the query gives now.
    ///
    /// # Errors
    /// It is not a query, or its answer is no vector.
    pub(crate) async fn query(&self, query: &str) -> Result<Vec<Sample>> {
        let url =
            url::Url::parse_with_params(&format!("{}/api/v1/query", self.url), [("query", query)])?;
        let answer = self
            .client
            .get(url)
            .send()
            .await
            .with_context(|| self.process.to_string())?
            .bytes()
            .await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        ensure!(answer["status"] == "success", "{query}: {answer}");
        let samples =
            answer.pointer("/data/result").and_then(Value::as_array).context("no result")?;
        samples
            .iter()
            .map(|sample| {
                let value = sample
                    .pointer("/value/1")
                    .and_then(Value::as_str)
                    .context("no value")?
                    .parse()?;
                Ok(Sample { labels: serde_json::from_value(sample["metric"].clone())?, value })
            })
            .collect()
    }

    /// What the query gives once it is as wanted.
    ///
    /// # Errors
    /// It is not so in time. What it gave last is in the error.
    pub(crate) async fn wait(
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
