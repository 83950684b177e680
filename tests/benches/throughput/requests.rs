//! What the API server was asked so far, by its own count.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use harness::Scene;
use http::Request;

/// Requests by verb and resource, such as `PATCH backupreplications/status`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(BTreeMap<String, u64>);

/// Of what the operator works with; the API server asks itself for more.
const RESOURCES: [&str; 3] = ["backupreplications", "secrets", "events"];

impl Requests {
    pub(crate) async fn read(scene: &Scene) -> Result<Self> {
        let request = Request::get("/metrics").body(Vec::new())?;
        let text = scene.client.request_text(request).await?;
        let mut counts = BTreeMap::new();
        for line in text.lines() {
            let Some(series) = line.strip_prefix("apiserver_request_total{") else { continue };
            let (labels, value) = series.rsplit_once("} ").context("a series without a value")?;
            let label = |name: &str| {
                let (_, rest) = labels.split_once(&format!("{name}=\""))?;
                Some(rest.split('"').next().unwrap_or_default())
            };
            // `subresource` ends in it, too, but comes later.
            let resource = label(",resource").unwrap_or_default();
            if !RESOURCES.contains(&resource) {
                continue;
            }
            let subresource = match label("subresource") {
                Some("") | None => String::new(),
                Some(subresource) => format!("/{subresource}"),
            };
            let verb = label("verb").unwrap_or_default();
            let number = value.parse::<f64>()? as u64;
            *counts.entry(format!("{verb} {resource}{subresource}")).or_default() += number;
        }
        Ok(Self(counts))
    }

    /// What came since then, without what is none.
    pub(crate) fn since(&self, then: &Self) -> BTreeMap<String, u64> {
        let more = self.0.iter().map(|(what, number)| {
            let before = then.0.get(what).copied().unwrap_or_default();
            (what.clone(), number.saturating_sub(before))
        });
        more.filter(|(_, number)| *number > 0).collect()
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }
}
