//! The whole dashboard as one SVG. It needs no font and no script, and is on white, so that it
//! reads in light and in dark pages.

use crate::chart::{self, Span};
use crate::data::Data;
use crate::panel::{Kind, Panel, Place};
use crate::stat;
use crate::svg::{Anchor, Drawing, Style, escaped};

const COLUMN: f64 = 40.0;
const ROW: f64 = 28.0;
const GAP: f64 = 8.0;
/// Titles have more narrow letters than the names in a legend.
const SLIM: f64 = 0.9;
/// What stands over the panels.
const HEAD: f64 = 34.0;

/// All panels in their places, each with its data.
pub(crate) fn picture(head: &str, span: Span, panels: &[(Panel, Data)]) -> String {
    let rows = panels.iter().map(|(panel, _)| panel.place.y + panel.place.height).max();
    let (width, height) = (24.0 * COLUMN + GAP, f64::from(rows.unwrap_or(0)) * ROW + HEAD + GAP);
    let mut drawing = Drawing::default();
    drawing.line(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" role=\"img\">\n<title>{}</title>",
        escaped(head)
    ));
    drawing.rectangle((0.0, 0.0), (width, height), "fill=\"#ffffff\"");
    drawing.text(GAP, 22.0, Style { size: 12.5, ..Style::PALE }, head);
    for (panel, data) in panels {
        let (left, top) = corner(panel.place);
        drawing.line(&format!("<g transform=\"translate({left} {top})\">"));
        draw(&mut drawing, size(panel.place), panel, span, data);
        drawing.line("</g>");
    }
    drawing.line("</svg>");
    drawing.finish()
}

fn corner(place: Place) -> (f64, f64) {
    (GAP + f64::from(place.x) * COLUMN, HEAD + f64::from(place.y) * ROW)
}

fn size(place: Place) -> (f64, f64) {
    (f64::from(place.width) * COLUMN - GAP, f64::from(place.height) * ROW - GAP)
}

fn draw(
    drawing: &mut Drawing,
    (width, height): (f64, f64),
    panel: &Panel,
    span: Span,
    data: &Data,
) {
    // In full, for readers who do not see, and for the test of the documentation.
    drawing.line(&format!("<title>{}</title>", escaped(&panel.title)));
    if panel.kind == Kind::Row {
        drawing.text(0.0, 15.0, Style { size: 14.0, ..Style::TITLE }, &panel.title);
        return;
    }
    drawing.rectangle((0.0, 0.0), (width, height), "rx=\"4\" fill=\"none\" stroke=\"#cccccc\"");
    title(drawing, (width - 16.0) / SLIM, &panel.title);
    match (&panel.kind, data) {
        _ if data.is_empty() => {
            let style = Style { size: 12.0, ..Style::PALE.anchor(Anchor::Middle) };
            drawing.text(width / 2.0, height / 2.0 + 6.0, style, "no data");
        }
        (Kind::TimeSeries { stacked }, Data::Lines(lines)) => {
            chart::draw(drawing, (width, height), panel.unit, *stacked, span, lines);
        }
        (Kind::Stat { thresholds, named }, Data::Values(values)) => {
            stat::values(drawing, (width, height), panel.unit, thresholds, *named, values);
        }
        (Kind::Table, Data::Table(table)) => stat::table(drawing, (width, height), table),
        (Kind::Row | Kind::TimeSeries { .. } | Kind::Stat { .. } | Kind::Table, _) => {}
    }
}

/// A title that is too wide stands in two lines.
fn title(drawing: &mut Drawing, room: f64, title: &str) {
    if Style::TITLE.wide(title) <= room {
        drawing.text(8.0, 18.0, Style::TITLE, title);
        return;
    }
    let small = Style { size: 9.0, ..Style::TITLE };
    let fits = |at: &usize| title.get(..*at).is_some_and(|first| small.wide(first) <= room);
    let split = title.match_indices(' ').map(|(at, _)| at).rev().find(fits);
    let (first, second) = title.split_at(split.unwrap_or(title.len()));
    drawing.text(8.0, 12.5, small, &small.fitted(first, room));
    drawing.text(8.0, 24.0, small, &small.fitted(second.trim_start(), room));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::Unit;

    fn panel(title: &str, kind: Kind, x: u32) -> Panel {
        let place = Place { x, y: 1, width: 8, height: 8 };
        Panel { title: title.into(), place, unit: Unit::Short, kind, queries: Vec::new() }
    }

    #[test]
    fn each_panel_stands_in_its_place_with_its_title() {
        let curves = Kind::TimeSeries { stacked: false };
        let panels = [
            (panel("One & two", curves.clone(), 0), Data::Lines(Vec::new())),
            (panel("Three", curves, 16), Data::Lines(Vec::new())),
        ];
        let svg = picture("A <head>", Span { end: 60.0, step: 2.0 }, &panels);
        assert!(svg.contains("<g transform=\"translate(8 62)\">"), "{svg}");
        assert!(svg.contains("<g transform=\"translate(648 62)\">"), "{svg}");
        assert!(svg.contains(">One &amp; two</text>") && svg.contains(">Three</text>"));
        assert!(svg.contains("<title>A &lt;head&gt;</title>"));
        assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
    }

    #[test]
    fn a_long_title_stands_in_two_lines() {
        let mut drawing = Drawing::default();
        title(&mut drawing, 96.0 / SLIM, "Oldest replication under way");
        let drawn = drawing.finish();
        assert!(drawn.contains(">Oldest</text>") || drawn.contains(">Oldest replication</text>"));
        assert_eq!(drawn.matches("<text").count(), 2);
        assert!(!drawn.contains('…'), "{drawn}");
    }

    #[test]
    fn a_panel_without_data_says_so() {
        for (kind, data) in [
            (Kind::TimeSeries { stacked: true }, Data::Lines(Vec::new())),
            (Kind::Stat { thresholds: Vec::new(), named: false }, Data::Values(Vec::new())),
            (Kind::Table, Data::Table(crate::data::Table::default())),
        ] {
            let svg = picture("", Span { end: 60.0, step: 2.0 }, &[(panel("x", kind, 0), data)]);
            assert_eq!(svg.matches(">no data<").count(), 1, "{svg}");
        }
    }
}
