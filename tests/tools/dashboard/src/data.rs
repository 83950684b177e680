//! What the panels show: the answers to their queries.

use std::collections::{BTreeMap, BTreeSet};

/// A series over time. Where there is no value it has no point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// Seconds since the beginning, and the value.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Line {
    /// Without what is no number.
    pub(crate) fn new(name: String, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let finite = |(at, value): &(f64, f64)| at.is_finite() && value.is_finite();
        Self { name, points: points.into_iter().filter(finite).collect() }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.points.iter().all(|(_, value)| *value == 0.0)
    }
}

/// A value now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) value: f64,
}

/// Rows of cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// A column for each label.
    pub(crate) fn of(rows: &[BTreeMap<String, String>]) -> Self {
        let columns: BTreeSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
        let cells = |row: &BTreeMap<String, String>| {
            columns.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect()
        };
        let mut table = Self {
            columns: columns.iter().map(|column| (*column).clone()).collect(),
            rows: rows.iter().map(cells).collect(),
        };
        table.rows.sort();
        table
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    /// A row has none.
    Nothing,
    Lines(Vec<Line>),
    Values(Vec<Named>),
    Table(Table),
}

impl Data {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Lines(lines) => lines.iter().all(|line| line.points.is_empty()),
            Self::Values(values) => values.iter().all(|named| !named.value.is_finite()),
            Self::Table(table) => table.rows.is_empty(),
        }
    }
}

/// A legend with the labels in place of their names in braces, as Grafana writes it.
pub(crate) fn legend(format: &str, labels: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        text.push_str(before);
        text.push_str(labels.get(name.trim()).map(String::as_str).unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_legend_has_its_labels() {
        let of = labels(&[("verb", "get"), ("result", "Ok")]);
        assert_eq!(legend("{{verb}} {{ result }}", &of), "get Ok");
        assert_eq!(legend("{{absent}} median", &of), "median");
        assert_eq!(legend("{{broken", &of), "{{broken");
    }

    #[test]
    fn what_is_no_number_is_no_point() {
        let line = Line::new("x".into(), [(0.0, 1.0), (1.0, f64::NAN), (2.0, f64::INFINITY)]);
        assert_eq!(line.points, [(0.0, 1.0)]);
    }

    #[test]
    fn a_table_has_every_label() {
        let table = Table::of(&[labels(&[("b", "2")]), labels(&[("a", "1")])]);
        assert_eq!(table.columns, ["a", "b"]);
        assert_eq!(table.rows, [["", "2"], ["1", ""]]);
    }
}
