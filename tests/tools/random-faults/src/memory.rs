//! How much memory the operators hold.

use std::fs;
use std::time::{Duration, Instant};

use crate::operators::Slot;

/// What one process held at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) at: Duration,
    pub(crate) operator: usize,
    pub(crate) kib: u64,
    pub(crate) resources: usize,
}

/// How much the last third of the run may be above the middle one.
const GROWTH: f64 = 1.10;

/// In a shorter run the middle third begins before what the operator keeps for five minutes has
/// come to its size.
pub(crate) const JUDGED_FROM: Duration = Duration::from_secs(30 * 60);

pub(crate) fn sample(
    slots: &[Slot],
    start: Instant,
    resources: usize,
) -> impl Iterator<Item = Sample> {
    slots.iter().enumerate().filter_map(move |(operator, slot)| {
        let kib = resident(slot.pid()?)?;
        Some(Sample { at: start.elapsed(), operator, kib, resources })
    })
}

/// `VmRSS` of a process.
fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The medians of the middle and of the last third of the first operator's samples, in MiB.
pub(crate) fn thirds(samples: &[Sample], lasts: Duration) -> Option<(f64, f64)> {
    let of = |from: u32, to: u32| {
        let within = |sample: &&Sample| {
            sample.operator == 0 && sample.at >= lasts * from / 3 && sample.at < lasts * to / 3
        };
        let mut held: Vec<u64> = samples.iter().filter(within).map(|sample| sample.kib).collect();
        held.sort_unstable();
        held.get(held.len() / 2).map(|kib| *kib as f64 / 1024.0)
    };
    Some((of(1, 2)?, of(2, 3)?))
}

pub(crate) fn is_flat((middle, last): (f64, f64)) -> bool {
    last <= middle * GROWTH
}
