//! Progress on a terminal: a line for each resource, drawn over the last one.

use std::fmt::Write;

use super::lines::{percent, state};
use super::{Standing, Waited};
use crate::plugin::words::plain;

/// Cells of a bar.
const CELLS: usize = 20;
/// The line must fit where it is drawn: one that wraps cannot be drawn over.
const COLUMNS: usize = 79;

/// How many lines are there to be drawn over.
#[derive(Default)]
pub(super) struct Bar {
    drawn: usize,
}

impl Bar {
    /// The lines, over those that were drawn before.
    pub(super) fn draw(&mut self, waited: &[Waited]) -> String {
        let mut text = self.erased();
        for one in waited {
            let _ = writeln!(text, "{}", cut(&line(one)));
        }
        self.drawn = waited.len();
        text
    }

    /// A line that stays, in place of what is drawn again below it.
    pub(super) fn above(&mut self, line: &str) -> String {
        let mut text = self.erased();
        let _ = writeln!(text, "{line}");
        self.drawn = 0;
        text
    }

    fn erased(&self) -> String {
        match self.drawn {
            0 => String::new(),
            lines => format!("\u{1b}[{lines}A\u{1b}[J"),
        }
    }
}

fn line(one: &Waited) -> String {
    let filled = match (percent(&one.resource), one.standing) {
        (_, Standing::Reached) => CELLS,
        (Some(percent), _) => CELLS * usize::from(percent.min(100)) / 100,
        (None, _) => 0,
    };
    let bar = format!("{}{}", "#".repeat(filled), ".".repeat(CELLS.saturating_sub(filled)));
    let percent = percent(&one.resource).map_or_else(String::new, |percent| format!("{percent}%"));
    format!("{}  [{bar}] {percent:>4}  {}", plain(&one.name), state(&one.resource))
}

fn cut(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::fixtures::{accepted, resource};

    fn waited(name: &str, status: serde_json::Value) -> Waited {
        Waited {
            name: name.to_owned(),
            resource: resource(status),
            standing: Standing::UnderWay,
            idle_since: None,
        }
    }

    #[test]
    fn each_drawing_takes_the_place_of_the_one_before() {
        let mut bar = Bar::default();
        let mut status = accepted();
        status["progress"] = serde_json::json!(40);
        let all = [waited("a", status.clone()), waited("b", status)];
        let first = bar.draw(&all);
        assert!(!first.contains('\u{1b}') && first.lines().count() == 2, "{first}");
        assert!(first.contains("a  [########............]  40%  Replicating"), "{first}");
        assert!(bar.draw(&all).starts_with("\u{1b}[2A\u{1b}[J"));
        assert!(bar.above("away").ends_with("[Jaway\n"));
        assert_eq!(bar.draw(&all), first, "nothing of the line above is erased");
    }

    #[test]
    fn no_line_wraps() {
        let mut bar = Bar::default();
        for line in bar.draw(&[waited(&"x".repeat(200), accepted())]).lines() {
            assert!(line.chars().count() < 80, "{line}");
        }
    }
}
