//! The chart's alert rules and dashboard are those of `deploy/`, and there is none unless it is
//! asked for.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{CHART, helm};

/// A file of `deploy/`, with its copy in the chart, from which nothing outside of the chart can be
/// read.
fn same(original: &str, copy: &str) -> Result<String> {
    let theirs = std::fs::read_to_string(repository::path(&format!("deploy/{original}")))
        .with_context(|| original.to_owned())?;
    let ours = std::fs::read_to_string(repository::path(&format!("{CHART}/files/{copy}")))
        .with_context(|| copy.to_owned())?;
    ensure!(
        ours == theirs,
        "copy it: cp deploy/{original} deploy/helm/backup-replication-operator/files/{copy}"
    );
    Ok(theirs)
}

#[test]
fn the_alert_rules_are_the_repository_s() -> Result<()> {
    let rules: Value =
        serde_saphyr::from_str(&same("alerts/backup-replication-operator.yaml", "alerts.yaml")?)?;
    let objects = helm::objects("", &["alerts.enabled=true"])?;
    assert_eq!(helm::one(&objects, "PrometheusRule")?["spec"], rules);
    Ok(())
}

#[test]
fn the_dashboard_is_the_repository_s() -> Result<()> {
    let dashboard: Value = serde_json::from_str(&same(
        "dashboard/backup-replication-operator.json",
        "dashboard.json",
    )?)?;
    let objects = helm::objects("", &["dashboard.enabled=true"])?;
    let map = helm::one(&objects, "ConfigMap")?;
    let rendered =
        map["data"]["backup-replication-operator.json"].as_str().context("no dashboard")?;
    assert_eq!(serde_json::from_str::<Value>(rendered)?, dashboard);
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    Ok(())
}

#[test]
fn none_is_there_unless_asked_for() -> Result<()> {
    let kinds = ["PrometheusRule", "ConfigMap"];
    let unasked = helm::objects("", &[])?;
    assert!(!unasked.iter().any(|object| kinds.iter().any(|kind| object["kind"] == *kind)));
    Ok(())
}
