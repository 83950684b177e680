//! A client that sends what it is told to, and nothing twice.

use std::error::Error;
use std::io;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};
use simulator::{Simulator, example};

/// A bound on what happens at once in a service that works, so that a test fails instead of
/// hanging.
const MINUTE: Duration = Duration::from_secs(60);

/// A client of one simulator.
pub(crate) struct Caller {
    client: Client,
    base: String,
    pub(crate) token: String,
    pub(crate) project: String,
}

impl Caller {
    /// Over plain HTTP.
    pub(crate) fn plain(simulator: &Simulator) -> Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .timeout(MINUTE)
            .pool_max_idle_per_host(0)
            .redirect(redirect::Policy::none());
        Ok(Self::with(client.build()?, simulator.http_url()))
    }

    /// Over TLS, trusting one CA.
    pub(crate) fn tls(simulator: &Simulator, ca_pem: &str) -> Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .timeout(MINUTE)
            .pool_max_idle_per_host(0)
            .tls_certs_only([Certificate::from_pem(ca_pem.as_bytes())?]);
        Ok(Self::with(client.build()?, simulator.https_url()))
    }

    fn with(client: Client, base: String) -> Self {
        Self { client, base, token: example::TOKEN.into(), project: example::PROJECT.into() }
    }

    /// Any request, with the token.
    pub(crate) fn request(&self, method: &str, path: &str) -> Result<RequestBuilder> {
        let url = format!("{}{path}", self.base);
        Ok(self.client.request(method.parse()?, url).header("X-Auth-Token", &self.token))
    }

    /// A replication with a body of one's own.
    pub(crate) fn replicate_with(&self, backup: &str, body: &Value) -> Result<RequestBuilder> {
        let path = format!("/v3/{}/backups/{backup}/replicate", self.project);
        Ok(self.request("POST", &path)?.json(body))
    }

    /// A replication as the documentation has it.
    pub(crate) async fn replicate(&self, backup: &str) -> Result<Response> {
        Ok(self.replicate_with(backup, &body())?.send().await?)
    }

    /// A look-up.
    pub(crate) async fn show(&self, backup: &str) -> Result<Response> {
        Ok(self.request("GET", &format!("/v3/{}/backups/{backup}", self.project))?.send().await?)
    }

    /// The id of the record that a replication brought about.
    pub(crate) async fn accepted(&self, backup: &str) -> Result<String> {
        let answer = json_of(self.replicate(backup).await?, 200).await?;
        Ok(answer["replication"]["replication_record_id"]
            .as_str()
            .context("no record id")?
            .to_owned())
    }

    /// `replication_records`, or `None` where there is no such key.
    pub(crate) async fn records(&self, backup: &str) -> Result<Option<Value>> {
        Ok(json_of(self.show(backup).await?, 200).await?["backup"]
            .get("replication_records")
            .cloned())
    }
}

/// The request body for the default world.
pub(crate) fn body() -> Value {
    json!({ "replicate": {
        "description": "backup_description",
        "destination_project_id": example::DESTINATION_PROJECT,
        "destination_region": example::DESTINATION_REGION,
        "destination_vault_id": example::VAULT,
        "name": "backup_name",
    }})
}

/// The request body with some fields changed; `null` takes a field away.
pub(crate) fn body_with(fields: Value) -> Value {
    let mut body = body();
    for (key, value) in fields.as_object().into_iter().flatten() {
        if value.is_null() {
            body["replicate"].as_object_mut().map(|replicate| replicate.remove(key));
        } else {
            body["replicate"][key] = value.clone();
        }
    }
    body
}

/// The body of an answer of this status.
pub(crate) async fn json_of(response: Response, status: u16) -> Result<Value> {
    let got = response.status();
    let text = response.text().await?;
    ensure!(got.as_u16() == status, "{status} was expected, not {got} with {text}");
    serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
}

/// The code of a refusal of this status.
pub(crate) async fn code_of(response: Response, status: StatusCode) -> Result<String> {
    let answer = json_of(response, status.as_u16()).await?;
    Ok(answer["error_code"].as_str().with_context(|| format!("no code in {answer}"))?.to_owned())
}

/// Whether a connection was reset (RST); one that was closed reports otherwise.
pub(crate) fn was_reset(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<io::Error>()
            .is_some_and(|io| io.kind() == io::ErrorKind::ConnectionReset)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What happens at once in a service that works; a minute without it fails the test instead of
/// hanging it.
pub(crate) async fn soon<T>(event: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(MINUTE, event).await.context("it has not happened within a minute")
}
