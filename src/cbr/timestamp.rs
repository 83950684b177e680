//! The three styles in which this API writes a time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Longer than any of the three.
const MAX_CHARS: usize = 40;

/// `2020-02-23T01:00:32Z`, `2019-05-10T07:59:12.085+00:00`, or without a zone, which is taken as
/// UTC.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    if text.len() > MAX_CHARS {
        return None;
    }
    if let Ok(timestamp) = text.parse() {
        return Some(timestamp);
    }
    // Digits and marks alone: a zone that is not understood must not be dropped in silence.
    let (date, time) = text.split_once(['T', ' '])?;
    if !time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')) {
        return None;
    }
    let civil: DateTime = format!("{date}T{time}").parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_styles_are_read_and_nothing_else_is_guessed() {
        for (text, expected) in [
            ("2020-02-05T10:38:34.209782", "2020-02-05T10:38:34.209782Z"),
            ("2019-05-10T07:59:12.085+00:00", "2019-05-10T07:59:12.085Z"),
            ("2020-02-23T01:00:32Z", "2020-02-23T01:00:32Z"),
            ("2020-02-23T03:00:32+02:00", "2020-02-23T01:00:32Z"),
            ("2020-02-23 01:00:32", "2020-02-23T01:00:32Z"),
        ] {
            assert_eq!(parse(text), Some(expected.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "2020-02-23",
            "yesterday",
            "2020-13-23T01:00:32Z",
            "2020-02-23T01:00:32+99:99",
            "2020-02-23T01:00:32 CET",
            "1582418432",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[0-9T:.Z+ -]{0,45}|\\PC*") {
            parse(&text);
        }
    }
}
