//! A real OpenTelemetry Collector, and the spans that have reached it.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use control_plane::{Supervised, free_port, otelcol};
use serde_json::Value;

use crate::lines::Lines;
use crate::scene::PATIENCE;

/// Attempts to start on a free port, which somebody else may take before the collector does.
const ATTEMPTS: usize = 5;

/// A running collector; killed when dropped.
#[derive(Debug)]
pub struct Collector {
    port: u16,
    printed: Lines,
    _process: Supervised,
}

/// A span as the collector got it.
#[derive(Clone, Debug)]
pub struct Span {
    span: Value,
    resource: Value,
}

impl Collector {
    /// Starts one that takes OTLP over HTTP.
    ///
    /// # Errors
    /// It cannot be built, or does not start.
    pub fn start() -> Result<Self> {
        let mut words = String::new();
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            let config = format!(
                "yaml:{{receivers: {{otlp: {{protocols: {{http: {{endpoint: \
                 '127.0.0.1:{port}'}}}}}}}}, exporters: {{printer: {{}}}}, service: {{telemetry: \
                 {{metrics: {{level: none}}}}, pipelines: {{traces: \
                 {{receivers: [otlp], exporters: [printer]}}}}}}}}"
            );
            let (printed, stdout) = Lines::from_pipe()?;
            let (log, stderr) = Lines::from_pipe()?;
            let mut command = Command::new(otelcol()?);
            command
                .arg(format!("--config={config}"))
                .stdin(Stdio::null())
                .stdout(stdout)
                .stderr(stderr);
            let process = Supervised::spawn(command)?;
            match log.wait_for(PATIENCE, |line| line.contains("Everything is ready")) {
                Ok(_) => return Ok(Self { port, printed, _process: process }),
                Err(error) => words = error.to_string(),
            }
        }
        bail!("the collector does not start: {words}")
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All spans so far.
    ///
    /// # Errors
    /// What the collector prints cannot be read.
    pub fn spans(&self) -> Result<Vec<Span>> {
        let mut spans = Vec::new();
        for line in self.printed.text().lines() {
            spans.extend(Span::all_of(line)?);
        }
        Ok(spans)
    }

    /// The first span that is wanted; it may be there already.
    ///
    /// # Errors
    /// It does not come in time.
    pub fn wait_for(&self, wanted: impl Fn(&Span) -> bool) -> Result<Span> {
        let find =
            |line: &str| Span::all_of(line).ok().and_then(|spans| spans.into_iter().find(&wanted));
        let line = self.printed.wait_for(PATIENCE, |line| find(line).is_some())?;
        match find(&line) {
            Some(span) => Ok(span),
            None => bail!("the span is gone: {line}"),
        }
    }

    /// All that it has printed.
    pub fn text(&self) -> String {
        self.printed.text()
    }
}

impl Span {
    fn all_of(line: &str) -> Result<Vec<Self>> {
        let batch: Value = serde_json::from_str(line)?;
        let array = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let mut spans = Vec::new();
        for of_resource in array(&batch, "resourceSpans") {
            for of_scope in array(&of_resource, "scopeSpans") {
                let all = array(&of_scope, "spans").into_iter();
                spans.extend(
                    all.map(|span| Self { span, resource: of_resource["resource"].clone() }),
                );
            }
        }
        Ok(spans)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.field("name")
    }

    /// `traceId`, `spanId`, `parentSpanId`; empty where there is none.
    pub fn field(&self, name: &str) -> &str {
        self.span[name].as_str().unwrap_or_default()
    }

    /// Whether it is one of a client, such as of HTTP.
    pub fn is_client(&self) -> bool {
        self.span["kind"] == 3
    }

    /// Whether its status is an error.
    pub fn is_error(&self) -> bool {
        self.span["status"]["code"] == 2
    }

    /// An attribute in text form; empty where there is none.
    pub fn attribute(&self, key: &str) -> String {
        text_of(&self.span["attributes"], key)
    }

    /// The same of the resource that sent it.
    pub fn of_resource(&self, key: &str) -> String {
        text_of(&self.resource["attributes"], key)
    }
}

fn text_of(attributes: &Value, key: &str) -> String {
    let found =
        attributes.as_array().into_iter().flatten().find(|attribute| attribute["key"] == key);
    let value =
        found.and_then(|attribute| attribute["value"].as_object()?.values().next().cloned());
    match value {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
