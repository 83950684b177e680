//! The page of the clouds is made from the table in the source.

use anyhow::Result;
use backup_replication_operator::cbr::{Cloud, Hosts};

use crate::generated;

const PAGE: &str = "docs/clouds.md";

#[test]
fn every_cloud_has_its_row() -> Result<()> {
    let mut table = String::from("| name | cloud | CBR | IAM |\n|---|---|---|---|\n");
    for cloud in Cloud::ALL {
        let Hosts { name, title, cbr, iam, iam_label: _, documented } = cloud.hosts();
        let hosts = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|text| format!("`{text}`")).collect();
            patterns.join("<br>")
        };
        let note = if documented { "" } else { " (not confirmed)" };
        table.push_str(&format!(
            "| `{name}` | {title} | {}{note} | {} |\n",
            hosts(cbr),
            hosts(iam)
        ));
    }
    generated::part(PAGE, "table of clouds", &table)
}
