//! What the kernel says of a process.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

const SAMPLE: Duration = Duration::from_secs(1);

/// Processor time so far.
pub(crate) fn busy(pid: u32) -> Result<Duration> {
    const TICKS_PER_SECOND: u64 = 100;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

pub(crate) fn resident_bytes(pid: u32) -> Result<u64> {
    status(pid, "VmRSS:")
}

pub(crate) fn peak_bytes(pid: u32) -> Result<u64> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, field: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no such field")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}

/// Waits until a process takes less than a tenth of a processor.
pub(crate) fn at_rest(pid: u32) -> Result<()> {
    loop {
        let before = busy(pid)?;
        std::thread::sleep(SAMPLE);
        if busy(pid)? - before < SAMPLE / 10 {
            return Ok(());
        }
    }
}
