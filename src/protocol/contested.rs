//! Two writers of one status come to rest. A process that finds that another has written over its
//! words, though nothing new is known, waits before it says the same again, longer from one time to
//! the next. What is known is always written.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::resource::BackupReplicationStatus;

const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// Whether one status holds a fact that another does not: an attempt, a record, a decision, how the
/// copy goes on. Words, conditions and phase are made from facts, and so is what keeps a process
/// from looking.
pub(crate) fn has_new_facts(
    before: Option<&BackupReplicationStatus>,
    after: &BackupReplicationStatus,
) -> bool {
    before.map(facts).unwrap_or_default() != facts(after)
}

/// The same without what is made from facts. What is not named here is a fact, and always written:
/// at worst two operators write it in turns.
fn facts(status: &BackupReplicationStatus) -> BackupReplicationStatus {
    BackupReplicationStatus {
        observed_generation: None,
        phase: None,
        tracking_issue: None,
        // The attempt's own is the fact.
        retry_at: None,
        conditions: Vec::new(),
        ..status.clone()
    }
}

/// What a process remembers of the statuses that it wrote into one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OwnStatus {
    /// Tells the last one from those of others.
    last: Option<Print>,
    /// How often another has written over it.
    times: u32,
    /// How long it waits, on the clock that it is asked by.
    until: Option<Duration>,
}

/// Of a status as a whole, and of its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Print {
    all: u64,
    facts: u64,
}

/// Whether a status may be written now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayWrite {
    Now,
    /// Another writes this status, too.
    After {
        wait: Duration,
        /// It has written since the last own write, and that was not known yet.
        is_news: bool,
    },
}

impl OwnStatus {
    /// This was written.
    pub(crate) fn wrote(&mut self, status: Option<&BackupReplicationStatus>) {
        self.last = status.and_then(print);
        self.until = None;
    }

    /// Whether `after` may be written over `before`. `now`: on a clock that never goes back.
    pub(crate) fn may_write(
        &mut self,
        before: Option<&BackupReplicationStatus>,
        after: &BackupReplicationStatus,
        now: Duration,
    ) -> MayWrite {
        let same_generation =
            before.is_some_and(|before| before.observed_generation == after.observed_generation);
        if !same_generation {
            *self = Self::default();
            return MayWrite::Now;
        }
        // Who has written nothing yet, finds its own words, or facts that others have added,
        // disturbs nobody.
        let by_another = match (self.last, before.and_then(print)) {
            (Some(own), Some(now)) => own.all != now.all && own.facts == now.facts,
            (None, _) | (_, None) => false,
        };
        if !by_another || has_new_facts(before, after) {
            return MayWrite::Now;
        }
        match self.until {
            Some(until) if until <= now => MayWrite::Now,
            Some(until) => MayWrite::After { wait: until.saturating_sub(now), is_news: false },
            None => {
                self.times = self.times.saturating_add(1);
                let wait = wait(self.times);
                self.until = Some(now.saturating_add(wait));
                MayWrite::After { wait, is_news: true }
            }
        }
    }
}

fn wait(times: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(times.saturating_sub(1));
    FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT)
}

fn print(status: &BackupReplicationStatus) -> Option<Print> {
    Some(Print { all: hashed(status)?, facts: hashed(&facts(status))? })
}

fn hashed(status: &BackupReplicationStatus) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(status).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}

/// Who else writes this status, as far as it says so: the one that claimed the attempt in force.
pub(crate) fn another_writer<'a>(
    status: Option<&'a BackupReplicationStatus>,
    own: &str,
) -> Option<&'a str> {
    let attempt = status?.attempts.first()?;
    Some(attempt.claimed_by.as_str()).filter(|claimant| *claimant != own)
}

#[cfg(test)]
#[path = "contested_tests.rs"]
mod tests;
