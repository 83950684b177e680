//! How long a token that IAM issued is used, and when the next one is asked for.

use std::time::Duration;

use jiff::Timestamp;

/// A token that says nothing of its end counts as one of this length.
const UNKNOWN_LIFE: Duration = Duration::from_secs(60 * 60);
/// The clouds' own SDKs renew when less than this is left.
const RENEWED_BEFORE_END: Duration = Duration::from_secs(40 * 60);

/// When a token was issued, and when it ends. It may end earlier: a changed password ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLife {
    /// By this machine's clock.
    pub issued_at: Timestamp,
    /// By the cloud's clock, where IAM says so.
    pub expires_at: Option<Timestamp>,
}

impl TokenLife {
    /// What is left at this time, where the end is known.
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        self.expires_at.map(|end| Duration::try_from(end.duration_since(now)).unwrap_or_default())
    }

    /// Whether the next token should be asked for: once half of the life is over, and not before
    /// the last 40 minutes.
    pub fn is_to_be_renewed(&self, now: Timestamp) -> bool {
        let since = |from: Timestamp, to: Timestamp| {
            Duration::try_from(to.duration_since(from)).unwrap_or_default()
        };
        let age = since(self.issued_at, now);
        match self.expires_at {
            Some(end) => {
                let half = since(self.issued_at, end) / 2;
                age >= half && since(now, end) < RENEWED_BEFORE_END
            }
            None => age >= UNKNOWN_LIFE,
        }
    }

    /// Tells this token from those before and after it.
    pub fn issue(&self) -> String {
        self.issued_at.as_millisecond().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
    }

    #[test]
    fn it_is_renewed_in_the_last_forty_minutes_and_not_in_the_first_half() {
        for (life, renewed_from) in [(Some(24 * 60), 23 * 60 + 21), (Some(60), 30), (None, 60)] {
            let token = TokenLife { issued_at: at(0), expires_at: life.map(at) };
            for minute in 0..24 * 60 {
                let expected = minute >= renewed_from;
                assert_eq!(token.is_to_be_renewed(at(minute)), expected, "{life:?}, {minute}");
            }
        }
    }

    #[test]
    fn nothing_is_left_after_the_end_and_a_clock_that_went_back_does_no_harm() {
        let token = TokenLife { issued_at: at(0), expires_at: Some(at(60)) };
        assert_eq!(token.left(at(59)), Some(Duration::from_secs(60)));
        assert_eq!(token.left(at(61)), Some(Duration::ZERO));
        assert!(!token.is_to_be_renewed(at(-600)));
    }
}
