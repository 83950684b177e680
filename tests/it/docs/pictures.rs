//! The diagrams of the README are those of docs/once.md, and have every phase.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use backup_replication_operator::resource::Phase;
use regex::Regex;

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
