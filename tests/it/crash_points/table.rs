//! One row for each point.

use std::fmt::Write as _;

use super::run::{At, Outcome, humans};
use super::scenario::{Scenario, Sight, Story};

pub(crate) struct Row {
    pub(crate) scenario: Scenario,
    pub(crate) at: At,
    pub(crate) outcome: Outcome,
}

impl Row {
    /// What is wrong with it.
    fn faults(&self) -> Vec<String> {
        let Outcome {
            messages,
            posts,
            accepted: _,
            phase,
            record: _,
            origin,
            duplicates,
            lost,
            asked,
            evidence: _,
        } = &self.outcome;
        let mut faults = Vec::new();
        if *duplicates > 0 {
            faults.push(format!("{duplicates} duplicates"));
        }
        if *lost {
            faults.push("the replication is not in the status".to_owned());
        }
        if phase != "Succeeded" {
            faults.push(format!("ends as {phase}"));
        }
        let adopts = self.scenario.story == Story::Adoption;
        if *posts > 0 && adopts {
            faults.push("called although there was a replication".to_owned());
        }
        // A call of its own is known as such, however its end came to be known.
        if self.scenario.sight == Sight::Records
            && origin != if adopts { "Adopted" } else { "Called" }
        {
            faults.push(format!("its origin is {origin}"));
        }
        let expected = humans(self.scenario, messages, self.at);
        if *asked != expected {
            faults.push(format!("{asked} humans were needed, not {expected}"));
        }
        faults
    }
}

/// All rows, and the sums under them.
pub(crate) fn print(rows: &[Row]) -> String {
    let mut text = String::new();
    let _infallible = writeln!(
        text,
        "{:<33} {:<22} {:<38} {:>5} {:>8} {:>6} {:<10} record",
        "scenario", "message", "fault", "POSTs", "accepted", "humans", "phase"
    );
    for row in rows {
        let Outcome {
            messages: _,
            posts,
            accepted,
            phase,
            record,
            origin: _,
            duplicates: _,
            lost: _,
            asked,
            evidence: _,
        } = &row.outcome;
        let _infallible = writeln!(
            text,
            "{:<33} {:<22} {:<38} {posts:>5} {accepted:>8} {asked:>6} {phase:<10} {}",
            row.scenario.text(),
            row.at.point.text(),
            row.at.fault.text(),
            record.as_deref().unwrap_or("none"),
        );
    }
    let duplicates: usize = rows.iter().map(|row| row.outcome.duplicates).sum();
    let lost = rows.iter().filter(|row| row.outcome.lost).count();
    let asked: usize = rows.iter().map(|row| row.outcome.asked).sum();
    let _infallible = writeln!(
        text,
        "{} points, {duplicates} duplicates, {lost} lost; {asked} decisions of humans",
        rows.len()
    );
    text
}

/// Every row that is not as it must be, with what shows why.
pub(crate) fn wrong(rows: &[Row]) -> String {
    rows.iter()
        .filter_map(|row| {
            let faults = row.faults();
            let (scenario, point, fault) =
                (row.scenario.text(), row.at.point.text(), row.at.fault.text());
            (!faults.is_empty()).then(|| {
                let what = format!("{scenario}, {point}, {fault}: {}", faults.join("; "));
                format!("{what}\n{:?}\n{}\n", row.outcome.messages, row.outcome.evidence)
            })
        })
        .collect()
}
