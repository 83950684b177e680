//! A panel of single values, and a panel that is a table.

use crate::data::{Named, Table};
use crate::panel::Threshold;
use crate::svg::{Anchor, Drawing, Style};
use crate::unit::Unit;

/// Below the title.
const TOP: f64 = 30.0;
const MARGIN: f64 = 8.0;
const ROW: f64 = 17.0;

/// A tile for each value, below each other.
pub(crate) fn values(
    drawing: &mut Drawing,
    (width, height): (f64, f64),
    unit: Unit,
    thresholds: &[Threshold],
    named: bool,
    values: &[Named],
) {
    let named = named || values.len() > 1;
    let each = (height - TOP - MARGIN) / values.len().max(1) as f64;
    for (number, value) in values.iter().enumerate() {
        let top = TOP + number as f64 * each;
        let fill = colour(thresholds, value.value);
        let look = format!("rx=\"3\" fill=\"{}\"", fill.unwrap_or("#ffffff"));
        drawing.rectangle((MARGIN, top), (width - 2.0 * MARGIN, each - 3.0), &look);
        let ink = if fill.is_some() { "#ffffff" } else { "#1d4ed8" };
        let said = unit.say(value.value);
        let size = (each * 0.4).min(26.0).min(26.0 * (width - 4.0 * MARGIN) / wide(&said));
        let style = Style { size: size.round(), colour: ink, anchor: Anchor::Middle };
        let (middle, centre) = (width / 2.0, top + (each - 3.0) / 2.0);
        let name = Style { size: 10.0, ..style };
        if named {
            let shown = name.fitted(&value.name, width - 3.0 * MARGIN);
            drawing.text(middle, centre - 5.0, name, &shown);
            drawing.text(middle, centre + style.size * 0.85, style, &said);
        } else {
            drawing.text(middle, centre + style.size * 0.35, style, &said);
        }
    }
}

/// At 26 pixels.
fn wide(said: &str) -> f64 {
    Style { size: 26.0, ..Style::PLAIN }.wide(said)
}

/// The last threshold that the value has reached.
fn colour(thresholds: &[Threshold], value: f64) -> Option<&'static str> {
    let reached = thresholds.iter().rfind(|threshold| value >= threshold.from)?;
    Some(match reached.colour.as_str() {
        "green" => "#15803d",
        "red" => "#b91c1c",
        _ => "#475569",
    })
}

/// The columns get their room by what is in them; the rows that do not fit are counted.
pub(crate) fn table(drawing: &mut Drawing, (width, height): (f64, f64), table: &Table) {
    let mut rooms = Vec::new();
    for (number, column) in table.columns.iter().enumerate() {
        let cells = table.rows.iter().filter_map(|row| row.get(number));
        let longest = cells.chain([column]).map(|cell| Style::PLAIN.wide(cell)).fold(0.0, f64::max);
        rooms.push(longest + 24.0);
    }
    let total: f64 = rooms.iter().sum();
    let share = if total > 0.0 { (width - 2.0 * MARGIN) / total } else { 1.0 };
    let fit = ((height - TOP - MARGIN) / ROW).floor() as usize;
    let body = fit.saturating_sub(1);
    let shown = if table.rows.len() > body { body.saturating_sub(1) } else { table.rows.len() };
    let mut x = MARGIN + 2.0;
    for (number, (column, room)) in table.columns.iter().zip(rooms).enumerate() {
        let room = room * share;
        let mut y = TOP + 10.0;
        drawing.text(x, y, Style::PALE, &Style::PALE.fitted(column, room));
        for cell in table.rows.iter().take(shown).filter_map(|row| row.get(number)) {
            y += ROW;
            drawing.text(x, y, Style::PLAIN, &Style::PLAIN.fitted(cell, room));
        }
        x += room;
    }
    let (left, right, y) = (MARGIN, width - MARGIN, TOP + 15.0);
    drawing.line(&format!(
        "<line x1=\"{left}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\" stroke=\"#cccccc\"/>"
    ));
    let hidden = table.rows.len() - shown;
    if hidden > 0 {
        let y = TOP + 10.0 + ROW * (shown as f64 + 1.0);
        drawing.text(MARGIN + 2.0, y, Style::PALE, &format!("and {hidden} more"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_threshold_that_is_reached_gives_the_colour() {
        let step = |from, colour: &str| Threshold { from, colour: colour.into() };
        let steps = [step(f64::NEG_INFINITY, "green"), step(1.0, "red")];
        assert_eq!(colour(&steps, 0.0), Some("#15803d"));
        assert_eq!(colour(&steps, 1.0), Some("#b91c1c"));
        assert_eq!(colour(&[], 1.0), None);
    }

    #[test]
    fn rows_without_room_are_counted() {
        let rows = (0..20).map(|n| vec![format!("row {n}")]).collect();
        let long = Table { columns: vec!["name".into()], rows };
        let mut drawing = Drawing::default();
        table(&mut drawing, (952.0, 132.0), &long);
        let drawn = drawing.finish();
        assert!(drawn.contains("row 0<") && !drawn.contains("row 19<"), "{drawn}");
        assert!(drawn.contains("and 17 more") || drawn.contains("and 16 more"), "{drawn}");
    }
}
