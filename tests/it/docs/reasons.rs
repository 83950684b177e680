//! What the pages say of each reason is made from the one table in the source.

use std::fmt::Write;

use anyhow::Result;
use backup_replication_operator::resource::{Blanks, Cure, Explained, Reason};
use serde_json::Value;

use crate::generated::part;

/// It stands at `Replicated`, and at `Ready` for a moment alone.
fn of_ready() -> impl Iterator<Item = Reason> {
    Reason::ALL.iter().copied().filter(|reason| *reason != Reason::NotAccepted)
}

#[test]
fn the_table_of_reasons_is_the_sources() -> Result<()> {
    let mut table =
        "| reason of `Ready` | what it means | what happens next | who acts |\n|---|---|---|---|\n"
            .to_owned();
    for reason in of_ready() {
        let Explained { means, next, acts, .. } = reason.explained();
        let (name, anchor) = (reason.as_str(), reason.anchor());
        let acts = acts.as_str();
        writeln!(table, "| [`{name}`](runbook.md#{anchor}) | {means} | {next} | {acts} |")?;
    }
    part("docs/status.md", "table of reasons", &table)
}

#[test]
fn the_runbook_has_each_reason_with_its_commands() -> Result<()> {
    let mut sections = String::new();
    for reason in Reason::ALL {
        let Explained { means, acts, next, cures, level, event, told: _, alert, waits_for: _ } =
            reason.explained();
        writeln!(sections, "### {}\n\n{means} {next}\n", reason.as_str())?;
        let alert = alert
            .map(|name| format!("; alert [{name}](#{})", name.to_lowercase()))
            .unwrap_or_default();
        let level = format!("{level:?}").to_lowercase();
        writeln!(
            sections,
            "Who acts: {}. Log level `{level}`; Event `{event:?}`{alert}.\n",
            acts.as_str()
        )?;
        for Cure { when, command } in *cures {
            writeln!(sections, "- {when}:\n  ```sh\n  {}\n  ```", Blanks::default().fill(command))?;
        }
        sections.push('\n');
    }
    part("docs/runbook.md", "sections of reasons", &sections)
}

/// Where a reason names an alert, that alert sees it: as stalled, or as waited for.
#[test]
fn every_alert_that_a_reason_names_sees_that_reason() -> Result<()> {
    let rules: Value =
        serde_saphyr::from_str(&super::page("deploy/alerts/backup-replication-operator.yaml")?)?;
    let rules =
        rules.pointer("/groups/0/rules").and_then(Value::as_array).cloned().unwrap_or_default();
    for reason in Reason::ALL {
        let Some(alert) = reason.explained().alert else { continue };
        let rule = rules.iter().find(|rule| rule["alert"] == alert);
        let query = rule.and_then(|rule| rule["expr"].as_str()).unwrap_or_default();
        // An end that is seen by none is counted by the name of its end.
        let name = reason.as_str().trim_start_matches("Tracking").to_owned();
        let sees_all_but = query.contains("stalled_resources{reason!=");
        assert!(
            query.contains(&name) || sees_all_but && !query.contains(&name),
            "{alert} does not see {name}: {query}"
        );
    }
    Ok(())
}
