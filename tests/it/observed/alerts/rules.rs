//! The rules file itself: clean for `promtool`, and each rule with what somebody woken by it needs.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use prometheus::{RULES, promtool, rules};
use serde_json::Value;

use super::read;

/// The names of the alerts.
pub(crate) fn names() -> Result<BTreeSet<String>> {
    let name = |rule: &Value| Some(rule["alert"].as_str()?.to_owned());
    rules()?.iter().map(name).collect::<Option<_>>().context("a rule without an alert")
}

/// What the rules want to see rise.
pub(crate) fn increases() -> Result<Vec<String>> {
    let mut counted = Vec::new();
    for rule in rules()? {
        let query = rule["expr"].as_str().context("no expr")?;
        let ranges = query.split("increase(").skip(1).filter_map(|rest| rest.split('[').next());
        counted.extend(ranges.map(str::to_owned));
    }
    Ok(counted)
}

#[test]
fn promtool_finds_nothing_wrong() -> Result<()> {
    promtool(&["check", "rules", "--lint=all", "--lint-fatal", RULES])?;
    Ok(())
}

#[test]
fn each_alert_fires_in_its_case_of_made_up_samples_and_in_no_other() -> Result<()> {
    promtool(&["test", "rules", "tests/it/observed/alerts/rules.yaml"])?;
    let cases = read("tests/it/observed/alerts/rules.yaml")?;
    for name in names()? {
        let fires = format!("alertname=\"{name}\"");
        assert!(cases.contains(&fires), "no case in which {name} fires");
    }
    Ok(())
}

#[test]
fn each_alert_says_how_bad_it_is_what_to_do_and_where_to_read_on() -> Result<()> {
    for rule in rules()? {
        let name = rule["alert"].as_str().context("no name")?;
        let annotation = |key: &str| {
            rule["annotations"][key].as_str().with_context(|| format!("{name} has no {key}"))
        };
        let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
        assert!(["critical", "warning"].contains(&severity), "{name}: {severity}");
        assert!(!annotation("summary")?.is_empty(), "{name}");
        assert!(annotation("description")?.len() > annotation("summary")?.len(), "{name}");
        let page = format!(
            "{}/blob/main/{}#{}",
            env!("CARGO_PKG_REPOSITORY"),
            super::RUNBOOK,
            name.to_lowercase()
        );
        assert_eq!(annotation("runbook_url")?, page);
    }
    Ok(())
}
