//! The resources as a table.

use harness::Object;
use simulator::{Counts, Simulator};

use crate::board::Seen;
use crate::colour;

/// A resource's line.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Row {
    cells: [String; 6],
    message: String,
}

/// `ACCEPTED` counts POSTs: "1 of 2".
const HEAD: [&str; 6] = ["NAME", "PHASE", "READY", "REASON", "COPY", "ACCEPTED"];
/// From the start of each cell to the next; the widest that there may be, so that the columns stand
/// still. In all they fit a terminal of 80 columns.
const WIDTHS: [usize; 6] = [20, 15, 8, 19, 7, 8];
/// The cell with the phase.
const PHASE: usize = 1;

/// One row for each resource, in the order of their names.
pub(crate) fn rows(seen: &Seen, simulator: &Simulator) -> Vec<Row> {
    let row = |(key, resource): (&String, &crate::board::Resource)| {
        let object = &resource.object;
        let counts = simulator.counts(object.text("/spec/backupId").unwrap_or_default());
        let (ready, reason, message) = object.condition("Ready");
        Row {
            cells: [
                key.split_once('/').map_or(key.as_str(), |(_, name)| name).to_owned(),
                object.phase().to_owned(),
                ready.to_owned(),
                reason.to_owned(),
                percent(object).map_or_else(String::new, |percent| format!("{percent} %")),
                posts(counts),
            ],
            message: message.to_owned(),
        }
    };
    seen.0.iter().map(row).collect()
}

/// How far the copy is, where the cloud says so.
pub(crate) fn percent(object: &Object) -> Option<u64> {
    object.0.pointer("/status/progress")?.as_u64()
}

/// How many of the POSTs that the simulator received it accepted.
pub(crate) fn posts(counts: Counts) -> String {
    let Counts { posts, accepted, gets: _ } = counts;
    format!("{accepted} of {posts}")
}

/// The lines of a table that is so wide.
pub(crate) fn lines(rows: &[Row], width: usize, colours: bool) -> Vec<String> {
    let head = line(&HEAD.map(str::to_owned), "MESSAGE");
    let coloured = |row: &Row| {
        let line = shorten(&row.line(), width);
        if colours { colour::phase(&line, &row.cells[PHASE]) } else { line }
    };
    std::iter::once(shorten(&head, width)).chain(rows.iter().map(coloured)).collect()
}

impl Row {
    /// The line alone, for where no table can stand: what the resource is called, and its state.
    pub(crate) fn plain(&self) -> String {
        let [name, phase, _, reason, _, _] = &self.cells;
        let state = if reason.is_empty() || reason == phase {
            phase.clone()
        } else {
            format!("{phase} ({reason})")
        };
        format!("{name:<20}{state}")
    }

    fn line(&self) -> String {
        line(&self.cells, &self.message)
    }
}

fn line(cells: &[String; 6], message: &str) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(WIDTHS) {
        line.push_str(&format!("{cell:<width$}"));
    }
    line.push_str("  ");
    line.push_str(message);
    line.trim_end().to_owned()
}

/// At most so many characters, the last of them "…" where something is missing.
fn shorten(text: &str, characters: usize) -> String {
    let one_line = text.replace('\n', " ");
    if one_line.chars().count() <= characters {
        return one_line;
    }
    one_line.chars().take(characters.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(message: &str) -> Row {
        Row { cells: HEAD.map(|_| "cell".to_owned()), message: message.to_owned() }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let rows = [row(&"ü".repeat(300)), row("short")];
        for width in [1, 20, 80, 200] {
            assert!(lines(&rows, width, false).iter().all(|line| line.chars().count() <= width));
        }
    }

    #[test]
    fn the_columns_fit_eighty() {
        assert!(WIDTHS.iter().sum::<usize>() < 80);
        assert!(row("").plain().len() <= 80);
    }

    #[test]
    fn a_message_is_cut_only_where_it_is_too_long() {
        assert_eq!(shorten("as it is", 8), "as it is");
        assert_eq!(shorten("two\nlines", 9), "two lines");
        assert_eq!(shorten("too long", 4), "too…");
    }
}
