//! How far this machine's clock is from the cloud's, told from an answer's `Date`.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// A difference that is worth a word: the gateway refuses signatures from a quarter of an hour on.
const WORTH_TELLING: Duration = Duration::from_secs(5 * 60);
/// Longer than any date that HTTP knows.
const MAX_CHARS: usize = 64;

/// A difference of more than five minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDifference {
    /// In minutes, of which the last one would vary from answer to answer: a multiple of five.
    minutes: i64,
}

/// `Date` of an answer.
pub(super) fn read_date(date: &str) -> Option<Timestamp> {
    let date = Some(date.trim()).filter(|date| date.len() <= MAX_CHARS)?;
    rfc2822::DateTimeParser::new().parse_timestamp(date).ok()
}

impl ClockDifference {
    /// From an answer's `Date` and the time at which it came.
    pub(super) fn of(date: &str, now: Timestamp) -> Option<Self> {
        let difference = now.duration_since(read_date(date)?);
        (difference.unsigned_abs() > WORTH_TELLING)
            .then(|| Self { minutes: difference.as_mins() / 5 * 5 })
    }
}

impl fmt::Display for ClockDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.minutes > 0 { "ahead of" } else { "behind" };
        let minutes = self.minutes.abs();
        write!(
            f,
            "the clock of this machine is some {minutes} minutes {direction} the cloud's: correct \
             it"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_is_well_off_is_told_and_the_words_stay_the_same_for_a_while() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        for (date, expected) in [
            ("Sun, 06 Nov 1994 08:49:30 GMT", None),
            ("Sun, 06 Nov 1994 08:44:00 GMT", None),
            ("Sun, 06 Nov 1994 08:43:59 GMT", Some("some 5 minutes ahead of")),
            ("Sun, 06 Nov 1994 08:30:30 GMT", Some("some 15 minutes ahead of")),
            ("Sun, 06 Nov 1994 08:30:59 GMT", Some("some 15 minutes ahead of")),
            ("Sun, 06 Nov 1994 09:10:00 GMT", Some("some 20 minutes behind")),
            ("yesterday", None),
        ] {
            let told = ClockDifference::of(date, now).map(|difference| difference.to_string());
            assert_eq!(told.is_some(), expected.is_some(), "{date}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()), "{date}");
        }
    }
}
