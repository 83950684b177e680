//! The names of the curves below a chart.

use crate::data::Line;
use crate::svg::{COLOURS, Drawing, Style};

/// More would leave no room for the curves.
const ROWS: usize = 3;
pub(crate) const ROW_HEIGHT: f64 = 14.0;
/// The square before a name, and the space behind it.
const MARK: f64 = 11.0;
const SPACE: f64 = 12.0;
/// So few curves are all named, also those that stay at 0.
const FEW: usize = 4;

/// A name in its row, or words about those that have none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    x: f64,
    text: String,
    colour: Option<&'static str>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Legend {
    rows: Vec<Vec<Item>>,
}

/// The curves that have a colour and a name, with the colour.
pub(crate) fn named(lines: &[Line]) -> Vec<(&Line, &'static str)> {
    let all = lines.len() <= FEW;
    let named = lines.iter().filter(|line| !line.points.is_empty() && (all || !line.is_zero()));
    named.zip(COLOURS.into_iter().cycle()).collect()
}

impl Legend {
    pub(crate) fn of(lines: &[Line], width: f64) -> Self {
        let named = named(lines);
        let at_zero = lines.len().saturating_sub(named.len());
        let mut names = named.iter().map(|(line, colour)| (line.name.as_str(), *colour)).peekable();
        let mut legend = Self::default();
        let mut shown = 0;
        while let Some((name, colour)) = names.next() {
            // In the last row, words about the rest have to find room, too.
            let rest = if names.peek().is_some() || at_zero > 0 { wide(&more(99)) } else { 0.0 };
            if !legend.add(name, Some(colour), width, rest) {
                break;
            }
            shown += 1;
        }
        let hidden = named.len() - shown;
        if hidden > 0 {
            legend.add(&more(hidden), None, width, 0.0);
        } else if at_zero > 0 {
            legend.add(&format!("and {at_zero} at 0"), None, width, 0.0);
        }
        legend
    }

    /// Whether there was room.
    fn add(&mut self, text: &str, colour: Option<&'static str>, width: f64, rest: f64) -> bool {
        let text = Style::PLAIN.fitted(text, width - MARK);
        let needed = wide(&text);
        let last_row = self.rows.len() >= ROWS;
        let end = self.rows.last().and_then(|row| row.last()).map(|item| item.x + wide(&item.text));
        match (end, self.rows.last_mut()) {
            (Some(end), Some(row))
                if end
                    + SPACE
                    + needed
                    + if last_row && rest > 0.0 { SPACE + rest } else { 0.0 }
                    <= width =>
            {
                row.push(Item { x: end + SPACE, text, colour });
            }
            _ if last_row => return false,
            _ => self.rows.push(vec![Item { x: 0.0, text, colour }]),
        }
        true
    }

    pub(crate) fn height(&self) -> f64 {
        self.rows.len() as f64 * ROW_HEIGHT
    }

    pub(crate) fn draw(&self, drawing: &mut Drawing, (x, y): (f64, f64)) {
        for (number, row) in self.rows.iter().enumerate() {
            let base = y + (number as f64 + 1.0) * ROW_HEIGHT - 4.0;
            for item in row {
                if let Some(colour) = item.colour {
                    let at = (x + item.x, base - 7.5);
                    drawing.rectangle(at, (8.0, 8.0), &format!("fill=\"{colour}\""));
                }
                let (indent, style) = match item.colour {
                    Some(_) => (MARK, Style::PLAIN),
                    None => (0.0, Style::PALE),
                };
                drawing.text(x + item.x + indent, base, style, &item.text);
            }
        }
    }
}

fn more(hidden: usize) -> String {
    format!("and {hidden} more")
}

fn wide(text: &str) -> f64 {
    MARK + Style::PLAIN.wide(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, value: f64) -> Line {
        Line::new(name.to_owned(), [(0.0, value)])
    }

    fn texts(legend: &Legend) -> Vec<Vec<&str>> {
        legend.rows.iter().map(|row| row.iter().map(|item| item.text.as_str()).collect()).collect()
    }

    #[test]
    fn curves_at_zero_are_counted_where_there_are_many() {
        let few = [line("a", 0.0), line("b", 1.0)];
        assert_eq!(texts(&Legend::of(&few, 300.0)), [["a", "b"]]);
        let many: Vec<Line> = (0..9).map(|n| line("a", if n == 3 { 1.0 } else { 0.0 })).collect();
        assert_eq!(texts(&Legend::of(&many, 300.0)), [["a", "and 8 at 0"]]);
    }

    #[test]
    fn nothing_is_beyond_the_edge_or_on_another() {
        for number in [0, 1, 5, 12, 40] {
            let lines: Vec<Line> =
                (0..number).map(|n| line(&"name".repeat(1 + n % 5), 1.0)).collect();
            let legend = Legend::of(&lines, 300.0);
            assert!(legend.rows.len() <= ROWS);
            for row in &legend.rows {
                let mut end = 0.0;
                for item in row {
                    assert!(item.x >= end, "{row:?}");
                    end = item.x + wide(&item.text);
                }
                assert!(end <= 300.0, "{row:?}");
            }
            let told = legend.rows.iter().flatten().filter(|item| item.colour.is_some()).count();
            let last = legend.rows.last().and_then(|row| row.last());
            let hidden = last.is_some_and(|item| item.text == more(number - told));
            assert!(told == number || hidden, "{legend:?}");
        }
    }
}
