//! A panel of curves.

use crate::data::Line;
use crate::legend::{Legend, named};
use crate::svg::{Anchor, Drawing, Style};
use crate::unit::{Axis, Unit};

const LEFT: f64 = 40.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 42.0;
/// The times below the curves.
const TIMES: f64 = 18.0;

/// Time goes from 0 to `end`, in seconds, with a value at every `step`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) end: f64,
    pub(crate) step: f64,
}

pub(crate) fn draw(
    drawing: &mut Drawing,
    (width, height): (f64, f64),
    unit: Unit,
    stacked: bool,
    span: Span,
    lines: &[Line],
) {
    let named = named(lines);
    let curves: Vec<(Vec<(f64, f64)>, &str)> = if stacked {
        let tops = stack(&named.iter().map(|(line, _)| *line).collect::<Vec<_>>());
        tops.into_iter().zip(named.iter().map(|(_, colour)| *colour)).collect()
    } else {
        named.iter().map(|(line, colour)| (line.points.clone(), *colour)).collect()
    };
    let axis = Axis::of(unit, curves.iter().flat_map(|(points, _)| points.iter().map(|(_, v)| *v)));
    let legend = Legend::of(lines, width - 20.0);
    let bottom = height - legend.height() - TIMES - 8.0;
    let right = width - RIGHT;
    let place = |(at, value): (f64, f64)| {
        let across = if span.end > 0.0 { (at / span.end).clamp(0.0, 1.0) } else { 0.0 };
        (LEFT + across * (right - LEFT), bottom - value / axis.end() * (bottom - TOP))
    };
    drawing.text(10.0, TOP - 10.0, Style::PALE, axis.unit);
    for (value, said) in &axis.ticks {
        let (_, y) = place((0.0, *value));
        drawing.line(&format!(
            "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right:.1}\" y2=\"{y:.1}\" stroke=\"#e2e2e2\"/>"
        ));
        drawing.text(LEFT - 5.0, y + 3.5, Style::PALE.anchor(Anchor::End), said);
    }
    for minute in 0..=(span.end / 60.0) as u32 {
        let (x, _) = place((f64::from(minute) * 60.0, 0.0));
        let style = Style::PALE.anchor(Anchor::Middle);
        drawing.text(x, bottom + 14.0, style, &format!("{minute}:00"));
    }
    let mut below: Option<Vec<(f64, f64)>> = None;
    for (points, colour) in &curves {
        if stacked {
            let placed: Vec<(f64, f64)> = points.iter().copied().map(place).collect();
            let floor = below.unwrap_or_else(|| placed.iter().map(|(x, _)| (*x, bottom)).collect());
            let outline: Vec<_> = placed.iter().copied().chain(floor.into_iter().rev()).collect();
            drawing.area(&outline, colour, 0.6);
            drawing.curve(&placed, colour);
            below = Some(placed);
        } else {
            for piece in pieces(points, span.step) {
                let placed: Vec<(f64, f64)> = piece.iter().copied().map(place).collect();
                drawing.curve(&placed, colour);
            }
        }
    }
    legend.draw(drawing, (10.0, bottom + TIMES));
}

/// Parted where there was no value for a while: what was not measured is not drawn.
fn pieces(points: &[(f64, f64)], step: f64) -> Vec<&[(f64, f64)]> {
    points.chunk_by(|(before, _), (after, _)| after - before < 1.5 * step).collect()
}

/// The upper edges of lines that stand on each other, from the lowest up. All have the same times;
/// a line without a value then adds nothing.
fn stack(lines: &[&Line]) -> Vec<Vec<(f64, f64)>> {
    let mut times: Vec<f64> =
        lines.iter().flat_map(|line| line.points.iter().map(|(at, _)| *at)).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut sums = vec![0.0; times.len()];
    let mut tops = Vec::new();
    for line in lines {
        let mut points = line.points.iter().peekable();
        for (at, sum) in times.iter().zip(&mut sums) {
            if let Some((_, value)) = points.next_if(|(of_line, _)| of_line == at) {
                *sum += value;
            }
        }
        tops.push(times.iter().copied().zip(sums.iter().copied()).collect());
    }
    tops
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_nothing_was_measured() {
        let points = [(0.0, 1.0), (2.0, 1.0), (8.0, 1.0), (10.0, 1.0), (20.0, 1.0)];
        let lengths: Vec<usize> = pieces(&points, 2.0).iter().map(|piece| piece.len()).collect();
        assert_eq!(lengths, [2, 2, 1]);
        assert!(pieces(&[], 2.0).is_empty());
    }

    #[test]
    fn lines_stand_on_each_other_and_add_nothing_where_they_are_absent() {
        let low = Line::new("low".into(), [(0.0, 1.0), (4.0, 2.0)]);
        let high = Line::new("high".into(), [(2.0, 5.0), (4.0, 5.0)]);
        let tops = stack(&[&low, &high]);
        assert_eq!(tops[0], [(0.0, 1.0), (2.0, 0.0), (4.0, 2.0)]);
        assert_eq!(tops[1], [(0.0, 1.0), (2.0, 5.0), (4.0, 7.0)]);
    }

    #[test]
    fn nothing_is_drawn_beyond_the_panel() {
        let line = Line::new("x".into(), [(0.0, 0.0), (2.0, 1e9), (4.0, f64::NAN), (400.0, 3.0)]);
        for stacked in [false, true] {
            let mut drawing = Drawing::default();
            let span = Span { end: 180.0, step: 2.0 };
            draw(
                &mut drawing,
                (312.0, 216.0),
                Unit::Short,
                stacked,
                span,
                std::slice::from_ref(&line),
            );
            let drawn = drawing.finish();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
            for points in drawn.split("points=\"").skip(1).filter_map(|rest| rest.split('"').next())
            {
                for point in points.split(' ') {
                    let (x, y) = point.split_once(',').unwrap();
                    let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                    assert!((LEFT..=312.0).contains(&x) && (TOP..=216.0).contains(&y), "{point}");
                }
            }
        }
    }
}
