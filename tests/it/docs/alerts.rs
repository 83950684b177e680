//! The runbook begins with a table of the alerts; and those that name the resource say what is so.

use anyhow::{Context, Result, ensure};
use backup_replication_operator::resource::{ConditionType, Phase};
use serde_json::Value;

use super::{anchors, page};
use crate::generated;

const RUNBOOK: &str = "docs/runbook.md";
const RULES: [&str; 2] =
    ["deploy/alerts/backup-replication-operator.yaml", "deploy/alerts/named.yaml"];
const KUBE_STATE_METRICS: &str = "deploy/alerts/kube-state-metrics.yaml";

fn read(path: &str) -> Result<Value> {
    Ok(serde_saphyr::from_str(&page(path)?)?)
}

/// Name, severity and summary of each alert.
fn alerts(path: &str) -> Result<Vec<(String, String, String)>> {
    let rules = read(path)?;
    let rules = rules.pointer("/groups/0/rules").and_then(Value::as_array).context("no rules")?;
    let text = |rule: &Value, at: &str| {
        let found = rule.pointer(at).and_then(Value::as_str);
        found.map(str::to_owned).with_context(|| format!("no {at} in {rule}"))
    };
    let alert = |rule: &Value| {
        Ok((
            text(rule, "/alert")?,
            text(rule, "/labels/severity")?,
            text(rule, "/annotations/summary")?,
        ))
    };
    rules.iter().map(alert).collect()
}

#[test]
fn the_runbook_begins_with_every_alert() -> Result<()> {
    let mut table = String::from("| alert | severity | it says |\n|---|---|---|\n");
    for path in RULES {
        for (name, severity, summary) in alerts(path)? {
            let summary = summary.replace("{{ $labels.", "*").replace(" }}", "*");
            let anchor = name.to_lowercase();
            table.push_str(&format!("| [`{name}`](#{anchor}) | {severity} | {summary} |\n"));
            ensure!(anchors(&page(RUNBOOK)?).contains(&anchor), "{name} has no section");
        }
    }
    generated::part(RUNBOOK, "table of alerts", &table)?;
    let page = page(RUNBOOK)?;
    let first = page.lines().find(|line| line.starts_with("## "));
    assert_eq!(first, Some("## Alerts"));
    Ok(())
}

/// What kube-state-metrics is told to read is there, with every value that there may be.
#[test]
fn kube_state_metrics_knows_every_phase_and_the_conditions() -> Result<()> {
    let values = read(KUBE_STATE_METRICS)?;
    let resource =
        values.pointer("/customResourceState/config/spec/resources/0").context("no resource")?;
    let metric = |name: &str| {
        let metrics = resource["metrics"].as_array().into_iter().flatten();
        let mut found = metrics.filter(|metric| metric["name"] == name);
        found.next().map(|metric| metric["each"].clone()).with_context(|| name.to_owned())
    };
    let phases: Vec<&str> = Phase::ALL.iter().map(|phase| phase.as_str()).collect();
    assert_eq!(metric("status_phase")?["stateSet"]["list"], serde_json::json!(phases));
    // The paths are those of the CRD.
    let crd = read("crds/backupreplications.cbr.replication.dev.yaml")?;
    let status = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties";
    let status = crd.pointer(status).context("no status")?;
    for (name, each) in [
        ("status_phase", "stateSet"),
        ("status_condition", "stateSet"),
        ("status_progress_percent", "gauge"),
    ] {
        let path = metric(name)?[each]["path"].clone();
        ensure!(path[0] == "status", "{name}");
        ensure!(status[path[1].as_str().context("no field")?].is_object(), "{name}: {path}");
    }
    // What the rule asks for is what the configuration makes.
    let prefix = resource["metricNamePrefix"].as_str().context("no prefix")?;
    let rule = page("deploy/alerts/named.yaml")?;
    let stalled = ConditionType::Stalled.as_str();
    ensure!(
        rule.contains(&format!("{prefix}_status_condition{{type=\"{stalled}\",status=\"True\"}}"))
    );
    assert_eq!(
        values.pointer("/rbac/extraRules/0/verbs"),
        Some(&serde_json::json!(["list", "watch"]))
    );
    Ok(())
}
