//! What to plan for: the measured points, continued in a straight line.

use std::fmt::Write as _;

use crate::crowds;
use crate::data::{Crowd, CrowdKind, Figures, Version};
use crate::line::Line;
use crate::numbers::{megabytes, seconds, thousands};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// A limit is set before the peak, which one measurement need not have met.
const MARGIN: f64 = 1.5;

pub(crate) fn table(figures: &Figures) -> String {
    let mut table = "| resources | memory at rest | peak at the start | memory limit to set | \
        start to `/ready` | in etcd |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for of in [CrowdKind::Unfinished, CrowdKind::Finished] {
        let here = |crowd: &&Crowd| crowd.kind == of && crowd.version == Version::Now;
        let crowds: Vec<&Crowd> = figures.crowds.iter().filter(here).collect();
        let at = |size: usize, value: &dyn Fn(&Crowd) -> f64| {
            let points: Vec<(f64, f64)> =
                crowds.iter().map(|crowd| (crowd.resources as f64, value(crowd))).collect();
            // Noise must not make it cheaper than nothing.
            Line::through(&points).map_or(f64::NAN, |line| line.at(size as f64).max(0.0))
        };
        let each = match of {
            CrowdKind::Unfinished => figures.setting.unfinished_bytes,
            CrowdKind::Finished => figures.setting.finished_bytes,
        };
        for size in SIZES {
            let peak = at(size, &|crowd| crowd.peak_bytes as f64);
            let _infallible = writeln!(
                table,
                "| {} {} | {} | {} | {} | {} | {} |",
                thousands(size),
                crowds::kind(of),
                megabytes(at(size, &|crowd| crowd.resident_bytes as f64)),
                megabytes(peak),
                megabytes(round_up(peak * MARGIN)),
                seconds(at(size, &|crowd| crowd.seconds_to_ready)),
                megabytes((each * size) as f64),
            );
        }
    }
    table
}

/// To the next sixteen megabytes.
fn round_up(bytes: f64) -> f64 {
    const STEP: f64 = 16e6;
    (bytes / STEP).ceil() * STEP
}
