//! What was printed and when, as a picture that moves: an SVG for the README, without a script in it.

use std::fmt::Write;
use std::time::{Duration, Instant};

/// Rows and columns of the window.
const ROWS: usize = 28;
const COLUMNS: usize = 82;
/// Of a row, and of a character, in pixels.
const HEIGHT: usize = 18;
const CHARACTER_TENTHS: usize = 84;
const MARGIN: usize = 14;
/// A wait is no longer than this in the picture, and no line comes faster after another.
const LONGEST: Duration = Duration::from_millis(1100);
const SHORTEST: Duration = Duration::from_millis(60);
/// How long the end stands before all begins again.
const END: Duration = Duration::from_secs(8);

/// Lines, and when each came.
#[derive(Clone)]
pub(crate) struct Recording {
    last: Instant,
    /// Each with the time since the one before.
    lines: Vec<(Duration, String)>,
}

impl Recording {
    pub(crate) fn new(now: Instant) -> Self {
        Self { last: now, lines: Vec::new() }
    }

    /// Whole lines that are printed now.
    pub(crate) fn add(&mut self, now: Instant, text: &str) {
        for line in text.lines() {
            self.lines.push((now.saturating_duration_since(self.last), line.to_owned()));
            self.last = now;
        }
    }

    /// The picture.
    pub(crate) fn svg(&self) -> String {
        let (width, height) =
            (COLUMNS * CHARACTER_TENTHS / 10 + 2 * MARGIN, ROWS * HEIGHT + 2 * MARGIN);
        let shown: Vec<Duration> =
            self.lines.iter().map(|(waited, _)| (*waited).clamp(SHORTEST, LONGEST)).collect();
        let total = shown.iter().skip(1).sum::<Duration>() + END;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" aria-label=\"The demo at work\">\n<style>\n\
             text {{ font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #d0d7de; white-space: pre }}\n\
             .step {{ fill: #ffffff; font-weight: bold }}\n.command {{ fill: #79c0ff }}\n\
             .good {{ fill: #7ee787 }}\n.bad {{ fill: #ff7b72 }}\n.wait {{ fill: #e3b341 }}\n\
             #lines {{ animation: lines {:.2}s step-end infinite }}\n@keyframes lines {{\n",
            total.as_secs_f64()
        );
        let mut at = Duration::ZERO;
        for (number, waited) in shown.iter().enumerate() {
            // The line that has just come stands at the bottom of the window.
            let up = number as f64 * HEIGHT as f64;
            at += if number == 0 { Duration::ZERO } else { *waited };
            let percent = 100.0 * at.as_secs_f64() / total.as_secs_f64();
            let _ = writeln!(svg, "{percent:.3}% {{ transform: translateY(-{up}px) }}");
        }
        let last = self.lines.len().saturating_sub(1) * HEIGHT;
        let end = 100.0 * at.as_secs_f64() / total.as_secs_f64();
        let _ = write!(
            svg,
            "{end:.3}%, 100% {{ transform: translateY(-{last}px) }}\n}}\n\
             @media (prefers-reduced-motion: reduce) {{ #lines {{ animation: none; transform: translateY(-{last}px) }} }}\n\
             </style>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#0d1117\"/>\n\
             <svg x=\"{MARGIN}\" y=\"{MARGIN}\" width=\"{}\" height=\"{}\">\n\
             <g id=\"lines\" transform=\"translate(0,-{last})\">\n",
            width - 2 * MARGIN,
            ROWS * HEIGHT
        );
        for (number, (_, line)) in
            self.lines.iter().enumerate().filter(|(_, (_, line))| !line.is_empty())
        {
            let y = (ROWS + number) * HEIGHT - 4;
            let line = clipped(line);
            let class = class(&line);
            let _ = writeln!(svg, "<text{class} y=\"{y}\">{}</text>", escaped(&line));
        }
        svg.push_str("</g>\n</svg>\n</svg>\n");
        svg
    }
}

fn class(line: &str) -> &'static str {
    let bare = line.trim_start();
    let of_resource = bare.starts_with("> ");
    if bare.starts_with("== ") {
        " class=\"step\""
    } else if bare.starts_with("$ ") {
        " class=\"command\""
    } else if (of_resource && bare.contains(" Succeeded")) || bare.starts_with("Each ended") {
        " class=\"good\""
    } else if of_resource && (bare.contains("Failed") || bare.contains("OutcomeUnknown")) {
        " class=\"bad\""
    } else if of_resource && (bare.contains("Pending") || bare.contains("Submitting")) {
        " class=\"wait\""
    } else {
        ""
    }
}

/// A command may be longer than the window.
fn clipped(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 1).chain(['…']).collect()
}

fn escaped(line: &str) -> String {
    let escaped = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // What stands at the beginning of a line is kept as it is by the style; some viewers need this.
    escaped.replace("  ", "\u{a0}\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_in_the_picture_in_its_order_and_no_wait_is_long() {
        let begin = Instant::now();
        let mut recording = Recording::new(begin);
        recording.add(begin + Duration::from_secs(1), "== One & <two>\n\n");
        recording.add(begin + Duration::from_secs(3600), "   > db  Succeeded\n");
        let svg = recording.svg();
        let step = svg.find("class=\"step\" y=\"500\">== One &amp; &lt;two&gt;<").unwrap();
        let state = svg.find("class=\"good\" y=\"536\">").unwrap();
        assert!(step < state);
        // The first comes at once; then a wait that is too short, one that is cut, and the end.
        assert!(svg.contains("animation: lines 9.16s "), "{svg}");
        assert!(svg.contains("100% { transform: translateY(-36px) }"), "{svg}");
        // What moves nothing shows the end.
        assert!(svg.contains("<g id=\"lines\" transform=\"translate(0,-36)\">"), "{svg}");
        assert_eq!(svg.matches("<text").count(), 2);
    }

    #[test]
    fn no_line_is_wider_than_the_window() {
        assert_eq!(clipped(&"ü".repeat(200)).chars().count(), COLUMNS);
        assert_eq!(clipped("short"), "short");
    }
}
