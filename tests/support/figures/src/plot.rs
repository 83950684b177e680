//! The plot of how cost grows with the number of resources, as SVG. It reads in light and in dark
//! pages, and by colour or by shape.

use std::fmt::Write as _;

use crate::crowds;
use crate::data::{Crowd, CrowdKind, Figures, Version};
use crate::numbers::thousands;

const WIDTH: f64 = 330.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 40.0;
const TICKS: usize = 4;

struct Panel {
    title: &'static str,
    value: fn(&Crowd) -> f64,
}

const PANELS: [Panel; 4] = [
    Panel { title: "memory at rest, MB", value: |crowd| crowd.resident_bytes as f64 / 1e6 },
    Panel { title: "peak memory at the start, MB", value: |crowd| crowd.peak_bytes as f64 / 1e6 },
    Panel { title: "start to /ready, s", value: |crowd| crowd.seconds_to_ready },
    Panel { title: "objects a second, with them", value: |crowd| crowd.per_second },
];

/// The plot of the operator as it is now.
pub fn plot(figures: &Figures) -> String {
    let crowds: Vec<&Crowd> =
        figures.crowds.iter().filter(|crowd| crowd.version == Version::Now).collect();
    let most =
        |value: &dyn Fn(&Crowd) -> f64| crowds.iter().map(|crowd| value(crowd)).fold(0.0, f64::max);
    let across = scale(most(&|crowd| crowd.resources as f64));
    let (width, height) = (2.0 * WIDTH, 2.0 * HEIGHT + 24.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\" role=\"img\">\n<title>How memory, start and \
         throughput grow with the number of resources</title>\n<rect width=\"{width}\" \
         height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (number, Panel { title, value }) in PANELS.iter().enumerate() {
        let (x, y) = ((number % 2) as f64 * WIDTH, (number / 2) as f64 * HEIGHT);
        let up = scale(most(value));
        let _infallible = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        axes(&mut svg, title, across, up);
        for kind in [CrowdKind::Unfinished, CrowdKind::Finished] {
            let points: Vec<(f64, f64)> = crowds
                .iter()
                .filter(|crowd| crowd.kind == kind)
                .map(|crowd| place(crowd.resources as f64 / across, value(crowd) / up))
                .collect();
            series(&mut svg, kind, &points);
        }
        svg.push_str("</g>\n");
    }
    legend(&mut svg, height - 10.0);
    svg.push_str("</svg>\n");
    svg
}

/// Where a point of the panel is, from its shares of both axes.
fn place(across: f64, up: f64) -> (f64, f64) {
    let (inner_width, inner_height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    (LEFT + across * inner_width, HEIGHT - BOTTOM - up * inner_height)
}

/// The end of an axis: the next of 1, 2, 4, 5 or 8 times a power of ten.
fn scale(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 4.0, 5.0, 8.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|end| *end >= most).unwrap_or(most)
}

fn axes(svg: &mut String, title: &str, across: f64, up: f64) {
    let (left, bottom) = place(0.0, 0.0);
    let (right, top) = place(1.0, 1.0);
    let _infallible = writeln!(
        svg,
        "<text x=\"{left:.0}\" y=\"20\" font-size=\"13\" fill=\"#222222\">{title}</text>"
    );
    for tick in 0..=TICKS {
        let share = tick as f64 / TICKS as f64;
        let (x, y) = place(share, share);
        let (below, beside) = (bottom + 16.0, left - 6.0);
        let (wide, high) = (number(across * share), number(up * share));
        let _infallible = writeln!(
            svg,
            "<line x1=\"{left:.1}\" y1=\"{y:.1}\" x2=\"{right:.1}\" y2=\"{y:.1}\" \
             stroke=\"#dddddd\"/>\n<text x=\"{beside:.1}\" y=\"{:.1}\" text-anchor=\"end\" \
             fill=\"#555555\">{high}</text>\n<text x=\"{x:.1}\" y=\"{below:.1}\" \
             text-anchor=\"middle\" fill=\"#555555\">{wide}</text>",
            y + 4.0,
        );
    }
    let _infallible = writeln!(
        svg,
        "<path d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"#555555\"/>"
    );
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 { thousands(value as usize) } else { format!("{value:.1}") }
}

fn colour(kind: CrowdKind) -> &'static str {
    match kind {
        CrowdKind::Unfinished => "#c2410c",
        CrowdKind::Finished => "#1d4ed8",
    }
}

fn mark(svg: &mut String, kind: CrowdKind, (x, y): (f64, f64)) {
    let colour = colour(kind);
    let _infallible = match kind {
        CrowdKind::Unfinished => {
            writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>")
        }
        CrowdKind::Finished => writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\" fill=\"{colour}\"/>",
            x - 3.5,
            y - 3.5,
        ),
    };
}

fn series(svg: &mut String, kind: CrowdKind, points: &[(f64, f64)]) {
    let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let (line, colour) = (line.join(" "), colour(kind));
    let _infallible = writeln!(
        svg,
        "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
    );
    for point in points {
        mark(svg, kind, *point);
    }
}

fn legend(svg: &mut String, y: f64) {
    let kinds = [CrowdKind::Unfinished, CrowdKind::Finished];
    for (x, kind) in [LEFT, LEFT + 170.0].into_iter().zip(kinds) {
        mark(svg, kind, (x, y - 4.0));
        let text = crowds::kind(kind);
        let _infallible = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{y:.1}\" fill=\"#222222\">{text} resources</text>",
            x + 9.0
        );
    }
}
