//! `Retry-After`, in both of its forms (RFC 9110, section 10.2.3).

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Longest wait that is believed: no token lives longer.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// Longer than any date that HTTP knows.
const MAX_CHARS: usize = 64;

/// How long to wait from `now`; nothing where the value is neither a number of seconds nor an HTTP
/// date. A date that has passed means no wait; more than a day counts as a day.
pub(super) fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST));
    }
    if value.len() > MAX_CHARS {
        return None;
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_are_read_and_bounded() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        let day = 24 * 60 * 60;
        for (value, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("99999", Some(day)),
            ("99999999999999999999999999", Some(day)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", Some(0)),
            ("Sun, 06 Nov 2094 08:49:37 GMT", None),
            ("Sat, 06 Nov 2094 08:49:37 GMT", Some(day)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(parse(value, now), expected.map(Duration::from_secs), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_survived(value in any::<String>()) {
            prop_assert!(parse(&value, Timestamp::UNIX_EPOCH).is_none_or(|wait| wait <= LONGEST));
        }
    }
}
