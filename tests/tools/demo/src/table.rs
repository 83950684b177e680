//! The resources as a table.

use harness::Object;
use simulator::{Counts, Simulator};

use crate::board::Seen;

/// A resource's line.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Row {
    cells: [String; 7],
    message: String,
}

/// `ACCEPTED` counts POSTs: "1 of 2".
const HEAD: [&str; 7] =
    ["NAMESPACE/NAME", "PHASE", "READY", "REASON", "RECORD", "COPY", "ACCEPTED"];
/// From the start of each cell to the next; the widest that there may be, so that the columns stand
/// still.
const WIDTHS: [usize; 7] = [21, 15, 8, 16, 10, 7, 10];
/// Of a message in a line that no terminal bounds.
const PLAIN_MESSAGE: usize = 100;

/// One row for each resource, in the order of their names.
pub(crate) fn rows(seen: &Seen, simulator: &Simulator) -> Vec<Row> {
    let row = |(key, resource): (&String, &crate::board::Resource)| {
        let object = &resource.object;
        let counts = simulator.counts(object.text("/spec/backupId").unwrap_or_default());
        let (ready, reason, message) = object.condition("Ready");
        let record = object.text("/status/replicationRecordId").unwrap_or_default();
        Row {
            cells: [
                key.clone(),
                object.phase().to_owned(),
                ready.to_owned(),
                reason.to_owned(),
                shorten(record, 9),
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
pub(crate) fn lines(rows: &[Row], width: usize) -> Vec<String> {
    let head = line(&HEAD.map(str::to_owned), "MESSAGE");
    std::iter::once(head)
        .chain(rows.iter().map(Row::line))
        .map(|line| shorten(&line, width))
        .collect()
}

impl Row {
    /// The line alone, for where no table can stand.
    pub(crate) fn plain(&self) -> String {
        line(&self.cells, &shorten(&self.message, PLAIN_MESSAGE))
    }

    /// Whether nothing but the count of POSTs, the last cell, has changed.
    pub(crate) fn differs_by_posts_alone(&self, before: &Self) -> bool {
        let [name, phase, ready, reason, record, copy, _] = &self.cells;
        self.message == before.message
            && [name, phase, ready, reason, record, copy].into_iter().eq(&before.cells[..6])
    }

    fn line(&self) -> String {
        line(&self.cells, &self.message)
    }
}

fn line(cells: &[String; 7], message: &str) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(WIDTHS) {
        line.push_str(&format!("{cell:<width$}"));
    }
    line.push_str(message);
    line
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
            assert!(lines(&rows, width).iter().all(|line| line.chars().count() <= width));
        }
    }

    #[test]
    fn a_message_is_cut_only_where_it_is_too_long() {
        assert_eq!(shorten("as it is", 8), "as it is");
        assert_eq!(shorten("two\nlines", 9), "two lines");
        assert_eq!(shorten("too long", 4), "too…");
    }
}
