//! The queries of the dashboard, as Grafana sends them.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{DASHBOARD, read};

/// A panel's title and one of its queries, with the variables at "All".
pub(crate) fn queries() -> Result<Vec<(String, String)>> {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)?)?;
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().context("no panels")? {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let title = panel["title"].as_str().context("a panel without a title")?;
            let query = target["expr"].as_str().context("a target without a query")?;
            let query = query
                .replace("$__rate_interval", "5m")
                .replace("$job", ".*")
                .replace("$namespace", ".*");
            assert!(!query.contains('$'), "an unknown variable in {query}");
            queries.push((title.to_owned(), query));
        }
    }
    Ok(queries)
}

#[test]
fn every_panel_asks_the_data_source_that_its_reader_chose() -> Result<()> {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)?)?;
    let variables =
        dashboard.pointer("/templating/list").and_then(Value::as_array).context("no variables")?;
    assert!(
        variables
            .iter()
            .any(|variable| variable["name"] == "datasource" && variable["query"] == "prometheus")
    );
    for panel in dashboard["panels"].as_array().context("no panels")? {
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        }
    }
    assert!(!queries()?.is_empty());
    Ok(())
}
