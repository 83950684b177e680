//! When to try again. No randomness: the spread comes from the attempt's id, which is random
//! already.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use crate::resource::{Attempt, AttemptId};

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// No answer makes us wait longer than this, whatever its `Retry-After` says.
const LONGEST_ASKED: Duration = Duration::from_secs(60 * 60);
/// Where the cloud asks to wait and does not say how long.
const UNSAID_WAIT: Duration = Duration::from_secs(30);
/// A cloud that asks for no wait at all (`Retry-After: 0`, or a date that has passed) is given a
/// pause nevertheless.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// A refused token is tried again this seldom while its Secret does not change: it may have been a
/// mistake of theirs.
const REFUSED_TOKEN: Duration = Duration::from_secs(60 * 60);
/// After a refusal that something outside the request may cure, the call is made once more at
/// least this often.
const LONGEST_AFTER_REJECTION: Duration = Duration::from_secs(6 * 60 * 60);
/// A watch is seldom later than this.
const FIRST_AFTER_CONFLICT: Duration = Duration::from_secs(1);
const LONGEST_AFTER_ERRORS: Duration = Duration::from_secs(60);
const FIRST_TRACKING: Duration = Duration::from_secs(2);
const LONGEST_TRACKING: Duration = Duration::from_secs(5 * 60);

/// The wait after an attempt that may be repeated without any change: doubles from attempt to
/// attempt, spread by a fifth either way, and never shorter than the cloud asked for.
pub(super) fn retry_delay(
    id: &AttemptId,
    before: Option<&Attempt>,
    asked: Option<Duration>,
) -> Duration {
    let plain = before.and_then(meant).map_or(FIRST, |last| (last * 2).clamp(FIRST, LONGEST));
    spread(plain, id).max(cap_retry_after(asked.unwrap_or_default()))
}

/// The wait after a refusal that something outside the request may cure: doubles from `first` to
/// six hours, spread by a fifth either way. `before`: the refusal of the same request before it.
pub(super) fn rejection_delay(
    id: &AttemptId,
    before: Option<&Attempt>,
    first: Duration,
) -> Duration {
    let last = before.and_then(meant);
    let plain = last.map_or(first, |last| last.saturating_mul(2).max(first));
    spread(plain.min(LONGEST_AFTER_REJECTION), id)
}

/// The wait before the next claim after so many that the API server did not keep: doubles to ten
/// minutes.
pub(crate) fn claim_delay(refusals: u32) -> Duration {
    doubled(FIRST, refusals).min(LONGEST)
}

/// The wait after so many rounds in a row that failed because of the API server: doubles to a
/// minute.
pub(crate) fn error_delay(errors: u32) -> Duration {
    doubled(FIRST, errors).min(LONGEST_AFTER_ERRORS)
}

/// How long the watch is waited for after so many refused writes in a row, before the object is
/// read: doubles to a minute.
pub(crate) fn conflict_delay(conflicts: u32) -> Duration {
    doubled(FIRST_AFTER_CONFLICT, conflicts).min(LONGEST_AFTER_ERRORS)
}

fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1)))
}

/// Until when a throttled caller waits.
pub(super) fn asked_to_wait(retry_after: Option<Duration>, now: Timestamp) -> Timestamp {
    let asked = cap_retry_after(retry_after.unwrap_or(UNSAID_WAIT));
    now.checked_add(asked.max(SHORTEST_WAIT)).unwrap_or(now)
}

/// How much is honoured of a wait that the cloud asked for.
pub(crate) fn cap_retry_after(asked: Duration) -> Duration {
    asked.min(LONGEST_ASKED)
}

/// The wait after a refused token while its Secret stays the same.
pub(super) fn refused_token_delay(id: &AttemptId) -> Duration {
    spread(REFUSED_TOKEN, id)
}

/// How often to look for what a user has to bring (a Secret): soon at first, within half a minute
/// in the first hour, and then within minutes, as it may have been forgotten.
pub(super) fn poll_delay(waiting_since: Timestamp, now: Timestamp) -> Duration {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let waited = Duration::try_from(now.duration_since(waiting_since)).unwrap_or_default();
    if waited < HOUR {
        (waited / 4).clamp(Duration::from_secs(2), Duration::from_secs(30))
    } else {
        (waited / 120).min(Duration::from_secs(5 * 60))
    }
}

/// The wait between two looks at the cloud's records: soon at first, then ever more seldom.
pub(super) fn lookup_delay(looking_for: Duration) -> Duration {
    (looking_for / 4).clamp(Duration::from_secs(2), LONGEST)
}

/// The wait between two looks at a record that is followed, by how long ago the call was accepted:
/// from seconds to minutes, spread by a fifth either way. All resources of a backup have the same,
/// so that one look-up serves them.
pub(super) fn tracking_delay(age: Duration, backup_id: &str) -> Duration {
    spread((age / 4).clamp(FIRST_TRACKING, LONGEST_TRACKING), backup_id)
}

/// The wait of a process that has not looked yet: somewhere between now and the usual one.
pub(super) fn first_tracking_delay(age: Duration, backup_id: &str) -> Duration {
    tracking_delay(age, backup_id).mul_f64(unit_interval(backup_id))
}

/// When a wait that begins now is over. A status keeps whole seconds, so it is rounded up: no wait
/// becomes shorter.
pub(crate) fn deadline(now: Timestamp, wait: Duration) -> Option<Timestamp> {
    let whole = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    now.checked_add(wait).ok()?.round(whole).ok()
}

/// What is left of the wait after an attempt that this process has seen ended for `ended_for`. A
/// clock that has been corrected since the attempt ended must not make the wait longer than it was
/// meant to be.
pub(super) fn until_retry(attempt: &Attempt, ended_for: Duration, now: Timestamp) -> Duration {
    let Some(retry_at) = &attempt.retry_at else {
        return Duration::ZERO;
    };
    let meant = attempt
        .ended_at
        .as_ref()
        .map(|at| Duration::try_from(retry_at.0.duration_since(at.0)).unwrap_or_default());
    let at_most = meant.map_or(Duration::MAX, |meant| meant.saturating_sub(ended_for));
    remaining(retry_at.0, now).min(at_most)
}

/// The wait after an attempt, as it was written down.
fn meant(attempt: &Attempt) -> Option<Duration> {
    let (ended, retry) = (attempt.ended_at.as_ref()?, attempt.retry_at.as_ref()?);
    Duration::try_from(retry.0.duration_since(ended.0)).ok()
}

/// What is left until `then`. A clock that is off by hours must not make us wait for hours.
pub(super) fn remaining(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default().min(LONGEST_ASKED * 2)
}

fn spread(delay: Duration, by: impl Hash) -> Duration {
    let fifth = delay / 5;
    delay - fifth + (fifth * 2).mul_f64(unit_interval(by))
}

/// From 0 to 1, the same for the same.
fn unit_interval(by: impl Hash) -> f64 {
    let mut hasher = DefaultHasher::new();
    by.hash(&mut hasher);
    (hasher.finish() % 1000) as f64 / 1000.0
}
