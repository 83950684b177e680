//! Asks Prometheus what Grafana would ask for a panel.

use anyhow::{Context, Result};
use prometheus::Prometheus;

use crate::chart::Span;
use crate::data::{Data, Line, Named, Table, legend};
use crate::panel::{Kind, Panel};

/// The data of a panel. A query that fails is an error; one that finds nothing is not.
pub(crate) async fn ask(
    prometheus: &Prometheus,
    panel: &Panel,
    begin: f64,
    span: Span,
) -> Result<Data> {
    asked(prometheus, panel, begin, span).await.with_context(|| format!("panel {}", panel.title))
}

async fn asked(prometheus: &Prometheus, panel: &Panel, begin: f64, span: Span) -> Result<Data> {
    Ok(match &panel.kind {
        Kind::Row => Data::Nothing,
        Kind::TimeSeries { .. } => {
            let mut lines = Vec::new();
            for query in &panel.queries {
                let times = (begin, begin + span.end);
                for series in prometheus.query_range(&query.text, times, span.step).await? {
                    let points = series.points.iter().map(|(at, value)| (at - begin, *value));
                    lines.push(Line::new(legend(&query.legend, &series.labels), points));
                }
            }
            Data::Lines(lines)
        }
        Kind::Stat { .. } => {
            let mut values = Vec::new();
            for query in &panel.queries {
                for sample in prometheus.query(&query.text).await? {
                    let name = legend(&query.legend, &sample.labels);
                    values.push(Named { name, value: sample.value });
                }
            }
            values.sort_by(|one, other| one.name.cmp(&other.name));
            Data::Values(values)
        }
        Kind::Table => {
            let mut rows = Vec::new();
            for query in &panel.queries {
                rows.extend(prometheus.query(&query.text).await?.into_iter().map(|s| s.labels));
            }
            Data::Table(Table::of(&rows))
        }
    })
}
