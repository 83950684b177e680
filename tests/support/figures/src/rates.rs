//! The tables of the throughput.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::data::{Figures, OperatorRun, Row, Run, Version, Worker};
use crate::numbers::{median, megabytes};

fn label(worker: Worker) -> &'static str {
    match worker {
        Worker::IdealUnderSmallCrd => "ideal client, small CRD without rules",
        Worker::Ideal(Version::Before) => "ideal client, the CRD before",
        Worker::Ideal(Version::Now) => "ideal client, this CRD",
        Worker::Operator(Version::Before) => "the operator before",
        Worker::Operator(Version::Now) => "the operator",
    }
}

/// Objects a second of one run.
fn rate(run: &Run) -> f64 {
    run.replications as f64 / run.seconds
}

/// The median of the ratios of each round, so that a slow minute of the machine counts on both
/// sides.
fn ratio(row: &Row, to: Option<&Row>) -> String {
    match to {
        Some(to) if to.worker != row.worker => {
            let pairs = row.runs.iter().zip(&to.runs);
            format!("{:.2} ×", median(pairs.map(|(run, other)| rate(run) / rate(other))))
        }
        Some(_) | None => String::new(),
    }
}

impl Figures {
    fn row(&self, worker: Worker) -> Option<&Row> {
        self.rows.iter().find(|row| row.worker == worker)
    }
}

/// The ideal client under the same CRD.
fn ideal(worker: Worker) -> Option<Worker> {
    match worker {
        Worker::IdealUnderSmallCrd | Worker::Ideal(_) => None,
        Worker::Operator(version) => Some(Worker::Ideal(version)),
    }
}

pub(crate) fn throughput(figures: &Figures) -> String {
    let mut table =
        "| | objects a second | to the small CRD | to the ideal client | processor time \
        of the API server, each | of the operator, each | peak memory of the operator |\n\
        |---|---|---|---|---|---|---|\n"
            .to_owned();
    let small = figures.row(Worker::IdealUnderSmallCrd);
    for row in &figures.rows {
        let each = |seconds: &dyn Fn(&Run) -> Option<f64>| {
            let all: Vec<f64> = row
                .runs
                .iter()
                .filter_map(|run| Some(seconds(run)? / run.replications as f64))
                .collect();
            if all.is_empty() { String::new() } else { format!("{:.1} ms", median(all) * 1e3) }
        };
        let peak = row.runs.iter().filter_map(|run| Some(run.operator.as_ref()?.peak_bytes)).max();
        let _infallible = writeln!(
            table,
            "| {} | {:.0} | {} | {} | {} | {} | {} |",
            label(row.worker),
            median(row.runs.iter().map(rate)),
            ratio(row, small),
            ratio(row, ideal(row.worker).and_then(|worker| figures.row(worker))),
            each(&|run| Some(run.api_server_seconds)),
            each(&|run| Some(run.operator.as_ref()?.seconds)),
            peak.map(|bytes| megabytes(bytes as f64)).unwrap_or_default(),
        );
    }
    table.replace("|  |", "| |").replace("|  |", "| |")
}

/// What one replication asks of the API server, the creation aside.
pub(crate) fn requests(figures: &Figures) -> String {
    let operators: Vec<&Row> =
        figures.rows.iter().filter(|row| matches!(row.worker, Worker::Operator(_))).collect();
    let each = |row: &Row, what: &str| {
        let of = |operator: &OperatorRun| operator.requests.get(what).copied().unwrap_or_default();
        median(
            row.runs.iter().filter_map(|run| {
                Some(of(run.operator.as_ref()?) as f64 / run.replications as f64)
            }),
        )
    };
    let runs = operators.iter().flat_map(|row| &row.runs);
    let kinds: BTreeSet<&String> =
        runs.filter_map(|run| run.operator.as_ref()).flat_map(|run| run.requests.keys()).collect();
    // One in a run, such as a watch that begins, is no cost of a replication.
    let kinds: Vec<&String> = kinds
        .into_iter()
        .filter(|kind| operators.iter().any(|row| each(row, kind) >= 0.02))
        .collect();
    let mut table = "| |".to_owned();
    for kind in &kinds {
        let _infallible = write!(table, " {kind} |");
    }
    table.push_str(" together |\n|---|");
    table.push_str(&"---|".repeat(kinds.len() + 1));
    table.push('\n');
    for row in operators {
        let numbers: Vec<f64> = kinds.iter().map(|kind| each(row, kind)).collect();
        let _infallible = write!(table, "| {} |", label(row.worker));
        for number in &numbers {
            let _infallible = write!(table, " {number:.1} |");
        }
        let _infallible = writeln!(table, " {:.1} |", numbers.iter().sum::<f64>());
    }
    table
}
