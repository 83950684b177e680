//! The diagrams of the README are those of docs/once.md, and have every phase. The picture of the
//! dashboard has every panel.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use backup_replication_operator::resource::Phase;
use regex::Regex;
use serde_json::Value;

use super::page;

fn diagrams(page: &str) -> Vec<&str> {
    page.split("```mermaid\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn both_pages_show_the_same_diagrams() -> Result<()> {
    let (readme, once) = (page("README.md")?, page("docs/once.md")?);
    assert_eq!(diagrams(&readme).len(), 2);
    assert_eq!(diagrams(&readme), diagrams(&once));
    Ok(())
}

#[test]
fn the_diagram_of_phases_leads_to_each_and_to_no_other() -> Result<()> {
    let page = page("docs/once.md")?;
    let diagrams = diagrams(&page);
    let states = diagrams.iter().find(|text| text.starts_with("stateDiagram")).context("none")?;
    let arrow = Regex::new(r"(?m)^ +(\S+) --> (\w+|\[\*\])")?;
    let reached: BTreeSet<String> = arrow
        .captures_iter(states)
        .map(|found| found[2].to_owned())
        .filter(|state| state != "[*]")
        .collect();
    assert_eq!(reached, Phase::ALL.map(|phase| phase.as_str().to_owned()).into());
    Ok(())
}

/// It is measured, not generated: all that can be held is that no panel is missing.
#[test]
fn the_picture_of_the_dashboard_has_its_panels_and_no_other() -> Result<()> {
    let dashboard: Value =
        serde_json::from_str(&page("deploy/dashboard/backup-replication-operator.json")?)?;
    let panels = dashboard["panels"].as_array().context("no panels")?;
    let titles = panels.iter().map(|panel| panel["title"].as_str().map(str::to_owned));
    let titles: Vec<String> = titles.collect::<Option<_>>().context("a panel without a title")?;
    let picture = page("docs/dashboard.svg")?;
    let drawn = Regex::new("<g [^>]*>\n<title>([^<]*)</title>")?;
    let drawn: Vec<String> = drawn
        .captures_iter(&picture)
        .map(|found| found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        .collect();
    assert_eq!(drawn, titles, "draw it again: cargo run -p dashboard");
    Ok(())
}

#[test]
fn the_picture_of_the_dashboard_is_shown_with_words_for_those_who_do_not_see_it() -> Result<()> {
    let shown = Regex::new(r"!\[[^\]]{30,}\]\(dashboard\.svg\)")?;
    assert!(shown.is_match(&page("docs/metrics.md")?));
    Ok(())
}
