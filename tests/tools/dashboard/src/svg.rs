//! The few shapes of SVG that the picture has.

use std::fmt::Write as _;

/// The widths of characters are those of common fonts without serifs, rounded up.
const WIDE: f64 = 0.62;

/// Colours that are told apart on white, the most different ones first.
pub(crate) const COLOURS: [&str; 10] = [
    "#1d4ed8", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#0e7490", "#a16207", "#be185d",
    "#4d7c0f", "#475569",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) size: f64,
    pub(crate) colour: &'static str,
    pub(crate) anchor: Anchor,
}

impl Style {
    pub(crate) const TITLE: Self = Self { size: 12.0, colour: "#222222", anchor: Anchor::Start };
    pub(crate) const PLAIN: Self = Self { size: 10.0, colour: "#222222", anchor: Anchor::Start };
    pub(crate) const PALE: Self = Self { size: 10.0, colour: "#555555", anchor: Anchor::Start };

    pub(crate) fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(crate) fn wide(self, text: &str) -> f64 {
        text.chars().count() as f64 * self.size * WIDE
    }

    /// The text, cut where it would be wider.
    pub(crate) fn fitted(self, text: &str, width: f64) -> String {
        if self.wide(text) <= width {
            return text.to_owned();
        }
        let room = (width / (self.size * WIDE)).floor().max(1.0) as usize;
        text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
    }
}

/// What is drawn so far.
#[derive(Debug, Default)]
pub(crate) struct Drawing(String);

impl Drawing {
    pub(crate) fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, style: Style, text: &str) {
        let Style { size, colour, anchor } = style;
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let text = escaped(text);
        let _infallible = writeln!(
            self.0,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\"{anchor}>{text}</text>"
        );
    }

    pub(crate) fn rectangle(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        look: &str,
    ) {
        let _infallible = writeln!(
            self.0,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {look}/>"
        );
    }

    /// A line through these points; a point alone is a dot.
    pub(crate) fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        if let [(x, y)] = points {
            let _infallible = writeln!(
                self.0,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"1.5\" fill=\"{colour}\"/>"
            );
            return;
        }
        let points = listed(points);
        let _infallible = writeln!(
            self.0,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\"/>"
        );
    }

    pub(crate) fn area(&mut self, points: &[(f64, f64)], colour: &str, opacity: f64) {
        let points = listed(points);
        let _infallible = writeln!(
            self.0,
            "<polygon points=\"{points}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>"
        );
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

fn listed(points: &[(f64, f64)]) -> String {
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    points.join(" ")
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_is_markup() {
        let mut drawing = Drawing::default();
        drawing.text(0.0, 0.0, Style::PLAIN, "<a & \"b\">");
        assert!(drawing.finish().contains(">&lt;a &amp; &quot;b&quot;&gt;</text>"));
    }

    #[test]
    fn no_text_is_wider_than_its_room() {
        let fitted = Style::PLAIN.fitted(&"ü".repeat(100), 62.0);
        assert_eq!(fitted.chars().count(), 10);
        assert!(fitted.ends_with('…') && Style::PLAIN.wide(&fitted) <= 62.5);
        assert_eq!(Style::PLAIN.fitted("short", 62.0), "short");
    }
}
