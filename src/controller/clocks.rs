//! The machine's clocks, read in one place.

use std::time::Duration;

use jiff::Timestamp;

use crate::protocol::Clocks;

/// Wall clock and boot clock, now.
pub(super) fn now() -> Clocks {
    Clocks { wall: Timestamp::now(), boot: since_boot() }
}

/// Time since boot, suspension included: `CLOCK_BOOTTIME` where there is one.
#[cfg(target_os = "linux")]
pub(crate) fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// Elsewhere the monotonic clock has to do.
#[cfg(not(target_os = "linux"))]
pub(crate) fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}
