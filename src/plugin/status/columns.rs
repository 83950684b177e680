//! The table: which columns there are, and which of them have room.

use jiff::Timestamp;

use super::column::Column;
use super::row::Row;

/// A terminal of today shows as many without wrapping.
const ROOM: usize = 100;
const GAP: &str = "   ";

/// Columns with their widths.
pub(super) struct Table {
    columns: Vec<(Column, usize)>,
    colored: bool,
}

impl Table {
    /// For these rows: as wide as they are, and without what has no room.
    pub(super) fn new(rows: &[Row], is_wide: bool, has_namespaces: bool, colored: bool) -> Self {
        let width = |column: Column| {
            let cells = rows.iter().map(|row| row.cell(column, Timestamp::now()).chars().count());
            cells.chain([column.heading().len()]).max().unwrap_or_default()
        };
        Self::of(width, is_wide, has_namespaces, colored)
    }

    /// For rows that nobody knows yet.
    pub(super) fn for_rows_to_come(is_wide: bool, has_namespaces: bool, colored: bool) -> Self {
        Self::of(Column::usual_width, is_wide, has_namespaces, colored)
    }

    fn of(
        width: impl Fn(Column) -> usize,
        is_wide: bool,
        has_namespaces: bool,
        colored: bool,
    ) -> Self {
        let wide: &[Column] = if is_wide { &Column::WIDE } else { &[] };
        let mut columns: Vec<_> = Column::USUAL
            .iter()
            .chain(wide)
            .filter(|column| has_namespaces || **column != Column::Namespace)
            .map(|column| (*column, width(*column)))
            .collect();
        let dispensable: &[Column] = if is_wide { &[] } else { &Column::DISPENSABLE };
        for column in dispensable {
            if total(&columns) > ROOM {
                columns.retain(|(kept, _)| kept != column);
            }
        }
        Self { columns, colored }
    }

    /// The heading, and the rows.
    pub(super) fn heading_and(&self, rows: &[Row], now: Timestamp) -> String {
        let heading =
            self.columns.iter().map(|(column, width)| format!("{:<width$}", column.heading()));
        let heading: Vec<String> = heading.collect();
        std::iter::once(heading.join(GAP).trim_end().to_owned())
            .chain(rows.iter().map(|row| self.line(row, now)))
            .map(|line| format!("{line}\n"))
            .collect()
    }

    /// One row.
    pub(super) fn line(&self, row: &Row, now: Timestamp) -> String {
        let color = row.color().filter(|_| self.colored);
        let mut line = String::new();
        let mut pending = String::new();
        for (column, width) in &self.columns {
            let cell = row.cell(*column, now);
            // Spaces at the end of a line help nobody.
            if !cell.is_empty() {
                line.push_str(&std::mem::take(&mut pending));
                match (column, color) {
                    (Column::Phase | Column::Reason, Some(color)) => {
                        line.push_str(&color.paint(&cell));
                    }
                    (_, _) => line.push_str(&cell),
                }
            }
            let missing = width.saturating_sub(cell.chars().count());
            pending.push_str(&" ".repeat(missing));
            pending.push_str(GAP);
        }
        line
    }
}

fn total(columns: &[(Column, usize)]) -> usize {
    let gaps = GAP.len() * columns.len().saturating_sub(1);
    columns.iter().map(|(_, width)| width).sum::<usize>() + gaps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plugin::fixtures::{resource, with_reason};
    use crate::resource::Reason;

    fn row(name: &str, status: serde_json::Value) -> Row {
        let mut resource = resource(status);
        resource.metadata.name = Some(name.to_owned());
        Row::new(&resource)
    }

    fn width(text: &str) -> usize {
        text.lines().map(|line| line.chars().count()).max().unwrap()
    }

    #[test]
    fn every_reason_has_room_beside_a_long_name() {
        for reason in Reason::ALL {
            let rows = [row(&"x".repeat(20), with_reason("Reconciling", reason.as_str()))];
            for has_namespaces in [false, true] {
                let table = Table::new(&rows, false, has_namespaces, false);
                let text = table.heading_and(&rows, Timestamp::now());
                assert!(width(&text) <= ROOM, "{text}");
                assert!(text.contains(reason.as_str()) && text.contains(&"x".repeat(20)), "{text}");
            }
        }
    }

    #[test]
    fn a_wide_table_has_all_and_colours_change_no_column() {
        let mut status = with_reason("Stalled", "Rejected");
        status["replicationRecordId"] = json!("r".repeat(36));
        let rows = [row("db", status), row("other", json!({}))];
        let wide = Table::new(&rows, true, true, false).heading_and(&rows, Timestamp::now());
        for column in Column::USUAL.iter().chain(&Column::WIDE) {
            assert!(wide.contains(column.heading()), "{column:?}");
        }
        let colored = Table::new(&rows, true, true, true).heading_and(&rows, Timestamp::now());
        assert!(colored.contains("\u{1b}[31mRejected\u{1b}[0m"), "{colored:?}");
        let bare = colored.replace("\u{1b}[31m", "").replace("\u{1b}[0m", "");
        assert_eq!(bare, wide);
        assert!(!wide.lines().any(|line| line.ends_with(' ')), "{wide:?}");
    }
}
