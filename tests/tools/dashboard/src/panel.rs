//! What the dashboard's file says of its panels.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::unit::Unit;

/// A place in the dashboard's grid of 24 columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// From which value on a stat has a colour.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) from: f64,
    pub(crate) colour: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A heading over the panels below it.
    Row,
    /// Curves, which may stand on each other.
    TimeSeries { stacked: bool },
    /// The values now. `named`: with their names, where there is one alone, too.
    Stat { thresholds: Vec<Threshold>, named: bool },
    /// The same, as a table of all labels.
    Table,
}

/// A query, and what its series are called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) text: String,
    pub(crate) legend: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) place: Place,
    pub(crate) unit: Unit,
    pub(crate) kind: Kind,
    pub(crate) queries: Vec<Query>,
}

/// All panels. What is not understood is an error, so that nothing of the dashboard is left out.
pub(crate) fn panels(dashboard: &Value, rate_interval: &str) -> Result<Vec<Panel>> {
    let panels = dashboard["panels"].as_array().context("the dashboard has no panels")?;
    panels
        .iter()
        .map(|value| panel(value, rate_interval).with_context(|| value["title"].to_string()))
        .collect()
}

fn panel(value: &Value, rate_interval: &str) -> Result<Panel> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    let kind = match text("/type").context("no type")? {
        "row" => Kind::Row,
        "timeseries" => {
            let stacking = text("/fieldConfig/defaults/custom/stacking/mode");
            Kind::TimeSeries { stacked: stacking == Some("normal") }
        }
        "stat" => {
            let named = match text("/options/textMode").unwrap_or("auto") {
                "auto" => false,
                "value_and_name" => true,
                other => bail!("text mode {other} cannot be drawn"),
            };
            Kind::Stat { thresholds: thresholds(value)?, named }
        }
        "table" => Kind::Table,
        other => bail!("a panel of type {other} cannot be drawn"),
    };
    let unit = match text("/fieldConfig/defaults/unit") {
        Some(name) => Unit::named(name)?,
        None => Unit::Short,
    };
    let side = |name: &str| -> Result<u32> {
        let side = value["gridPos"][name].as_u64().with_context(|| format!("no {name}"))?;
        Ok(u32::try_from(side)?)
    };
    let place = Place { x: side("x")?, y: side("y")?, width: side("w")?, height: side("h")? };
    ensure!(place.x + place.width <= 24, "it does not fit into 24 columns");
    let mut queries = Vec::new();
    for target in value["targets"].as_array().into_iter().flatten() {
        let query = target["expr"].as_str().context("a target without a query")?;
        let query = query
            .replace("$__rate_interval", rate_interval)
            .replace("$job", ".*")
            .replace("$namespace", ".*");
        ensure!(!query.contains('$'), "an unknown variable in {query}");
        let legend = target["legendFormat"].as_str().unwrap_or_default().to_owned();
        queries.push(Query { text: query, legend });
    }
    ensure!((kind == Kind::Row) == queries.is_empty(), "it asks nothing");
    let title = text("/title").context("no title")?.to_owned();
    Ok(Panel { title, place, unit, kind, queries })
}

fn thresholds(value: &Value) -> Result<Vec<Threshold>> {
    let steps = value.pointer("/fieldConfig/defaults/thresholds/steps").and_then(Value::as_array);
    let step = |step: &Value| {
        let colour = step["color"].as_str().context("a threshold without a colour")?.to_owned();
        Ok(Threshold { from: step["value"].as_f64().unwrap_or(f64::NEG_INFINITY), colour })
    };
    steps.into_iter().flatten().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dashboard() -> Result<Value> {
        let file = repository::path("deploy/dashboard/backup-replication-operator.json");
        Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?)
    }

    #[test]
    fn every_panel_of_the_dashboard_is_understood() -> Result<()> {
        let panels = panels(&dashboard()?, "20s")?;
        assert!(panels.len() > 30);
        for panel in &panels {
            assert!(panel.queries.iter().all(|query| !query.text.contains('$')), "{panel:?}");
        }
        Ok(())
    }

    #[test]
    fn no_panel_lies_on_another() -> Result<()> {
        let panels = panels(&dashboard()?, "20s")?;
        for (number, one) in panels.iter().enumerate() {
            for other in &panels[..number] {
                let (a, b) = (one.place, other.place);
                let apart = a.x + a.width <= b.x
                    || b.x + b.width <= a.x
                    || a.y + a.height <= b.y
                    || b.y + b.height <= a.y;
                assert!(apart, "{} lies on {}", one.title, other.title);
            }
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() -> Result<()> {
        for (pointer, wrong) in [
            ("/panels/1/type", "piechart"),
            ("/panels/1/fieldConfig/defaults/unit", "furlongs"),
            ("/panels/1/options/textMode", "none"),
            ("/panels/1/targets/0/expr", "up{pod=\"$pod\"}"),
        ] {
            let mut dashboard = dashboard()?;
            *dashboard.pointer_mut(pointer).context(pointer)? = wrong.into();
            assert!(panels(&dashboard, "20s").is_err(), "{pointer}");
        }
        Ok(())
    }
}
