//! How long ago, as kubectl writes it.

use jiff::Timestamp;

/// Two units while the first is small, and one thereafter.
pub(super) fn age(since: Timestamp, now: Timestamp) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let seconds = now.duration_since(since).as_secs().max(0);
    let two = |large: i64, large_unit: &str, small: i64, small_unit: &str| match seconds % large
        / small
    {
        0 => format!("{}{large_unit}", seconds / large),
        rest => format!("{}{large_unit}{rest}{small_unit}", seconds / large),
    };
    match seconds {
        ..120 => format!("{seconds}s"),
        120..600 => two(MINUTE, "m", 1, "s"),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(HOUR, "h", MINUTE, "m"),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(DAY, "d", HOUR, "h"),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(YEAR, "y", DAY, "d"),
        _ => format!("{}y", seconds / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_those_of_kubectl() {
        // From the table in k8s.io/apimachinery/pkg/util/duration.
        for (seconds, written) in [
            (-1, "0s"),
            (70, "70s"),
            (190, "3m10s"),
            (180, "3m"),
            (47 * 60, "47m"),
            (7 * 3600 + 37 * 60, "7h37m"),
            (8 * 3600, "8h"),
            (47 * 3600, "47h"),
            (4 * 86_400 + 2 * 3600, "4d2h"),
            (9 * 86_400, "9d"),
            (2 * 365 * 86_400, "2y"),
            (3 * 365 * 86_400 + 5 * 86_400, "3y5d"),
            (9 * 365 * 86_400, "9y"),
        ] {
            let since = Timestamp::UNIX_EPOCH;
            assert_eq!(age(since, Timestamp::from_second(seconds).unwrap()), written, "{seconds}");
        }
    }
}
