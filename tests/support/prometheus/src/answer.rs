//! What Prometheus' HTTP API answers.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// One series of an answer, with its value now.
#[derive(Clone, Debug)]
pub struct Sample {
    /// By name.
    pub labels: BTreeMap<String, String>,
    /// It may be no number.
    pub value: f64,
}

impl Sample {
    /// A label, or nothing.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// One series of an answer, with its values over time.
#[derive(Clone, Debug)]
pub struct Series {
    /// By name.
    pub labels: BTreeMap<String, String>,
    /// Seconds since 1970, and the value then, which may be no number.
    pub points: Vec<(f64, f64)>,
}

/// The answer to `query`.
pub(crate) fn samples(answer: &Value) -> Result<Vec<Sample>> {
    let sample = |sample: &Value| {
        let (_, value) = point(&sample["value"])?;
        Ok(Sample { labels: labels(sample)?, value })
    };
    result(answer)?.iter().map(sample).collect()
}

/// The answer to `query_range`.
pub(crate) fn series(answer: &Value) -> Result<Vec<Series>> {
    let series = |series: &Value| {
        let points = series["values"].as_array().context("no values")?;
        let points = points.iter().map(point).collect::<Result<_>>()?;
        Ok(Series { labels: labels(series)?, points })
    };
    result(answer)?.iter().map(series).collect()
}

fn result(answer: &Value) -> Result<&Vec<Value>> {
    ensure!(answer["status"] == "success", "{answer}");
    answer.pointer("/data/result").and_then(Value::as_array).context("no result")
}

fn labels(series: &Value) -> Result<BTreeMap<String, String>> {
    Ok(serde_json::from_value(series["metric"].clone())?)
}

fn point(point: &Value) -> Result<(f64, f64)> {
    let at = point[0].as_f64().context("no time")?;
    Ok((at, point[1].as_str().context("no value")?.parse()?))
}
