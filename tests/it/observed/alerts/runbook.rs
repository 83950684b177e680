//! The runbook has a section for each alert, and each of its sections about an alert is about one
//! that there is.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{RUNBOOK, read, rules};

#[test]
fn every_alert_has_its_section_and_every_section_its_alert() -> Result<()> {
    let page = read(RUNBOOK)?;
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    let sections: BTreeSet<String> =
        headings.filter(|name| name.starts_with("BackupReplication")).map(str::to_owned).collect();
    let mut alerts = rules::names()?;
    // Those of kube-state-metrics are in a file of their own.
    let named = read("deploy/alerts/named.yaml")?;
    let named = named.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    alerts.extend(named.map(str::to_owned));
    assert_eq!(sections, alerts);
    Ok(())
}

#[test]
fn every_section_says_what_it_means_how_to_look_and_how_to_fix() -> Result<()> {
    let page = read(RUNBOOK)?;
    for section in page.split("\n## ").filter(|section| section.starts_with("BackupReplication")) {
        let name = section.lines().next().unwrap_or_default();
        for part in ["**Means.**", "**Look.**", "**Decide.**", "**Fix.**"] {
            assert_eq!(section.matches(part).count(), 1, "{part} in {name}");
        }
    }
    Ok(())
}
