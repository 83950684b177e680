//! What a load costs, and what others feel of it: the rows that a test cannot measure on a busy
//! machine, as a table.
//!
//! `cargo bench --bench load` measures all rows, `cargo bench --bench load -- hang quota` some.
//! `BEFORE` names a folder with another `backup-replication-operator` and its `crd.yaml`: both are
//! measured, one after the other. `QUOTA_SECONDS` (15) is the window of the quota, `UNFINISHED`
//! (5000) how many resources wait at a start.

mod answers;
mod claims;
mod contested;
mod hang;
mod probes;
mod quota;
mod records;
mod start;
mod subject;

use std::{env, process};

use anyhow::Result;

use crate::subject::Subject;

/// What is measured, and the figure.
type Figures = Vec<(String, String)>;

/// In the order in which they are measured.
const ROWS: [&str; 8] =
    ["answers", "claims", "contested", "hang", "probes", "quota", "records", "start"];

async fn figures(row: &str, subject: &Subject) -> Result<Figures> {
    match row {
        "answers" => answers::measure(subject).await,
        "claims" => claims::measure(subject).await,
        "contested" => contested::measure(subject).await,
        "hang" => hang::measure(subject).await,
        "probes" => probes::measure(subject).await,
        "quota" => quota::measure(subject).await,
        "records" => records::measure(subject).await,
        _ => start::measure(subject).await,
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let asked: Vec<String> = env::args().skip(1).filter(|text| text != "--bench").collect();
    if asked.iter().any(|row| !ROWS.contains(&row.as_str())) {
        eprintln!("usage: cargo bench --bench load -- [{}]…", ROWS.join(" | "));
        process::exit(2)
    }
    let subjects = Subject::all()?;
    let names: Vec<&str> = subjects.iter().map(|subject| subject.name).collect();
    println!("| load | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    for row in ROWS.iter().filter(|row| asked.is_empty() || asked.iter().any(|it| it == *row)) {
        let mut columns = Vec::new();
        for subject in &subjects {
            columns.push(figures(row, subject).await?);
        }
        for (at, (load, _)) in columns.first().into_iter().flatten().enumerate() {
            let cells: Vec<&str> = columns
                .iter()
                .map(|column| column.get(at).map_or("", |(_, figure)| figure.as_str()))
                .collect();
            println!("| {load} | {} |", cells.join(" | "));
        }
    }
    Ok(())
}
