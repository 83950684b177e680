//! Alerts fire in their cases and in no other, every query of the dashboard finds data, and the
//! runbook ends what it describes. A real Prometheus (Debian's package `prometheus`) scrapes the
//! operator and evaluates the rules.

mod cases;
mod dashboard;
mod described;
mod firing;
mod masks;
mod rules;
mod runbook;
mod situations;

use anyhow::{Context, Result};

const DASHBOARD: &str = "deploy/dashboard/backup-replication-operator.json";
const RUNBOOK: &str = "docs/runbook.md";

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(repository::path(path)).with_context(|| path.to_owned())
}
