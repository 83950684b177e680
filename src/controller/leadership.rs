//! Whether this process may begin anything: a lead that is held until an instant, unless it is renewed
//! before.
//!
//! Safety never rests on it: each claim has its own guards. It keeps two processes from doing the
//! same work.

use std::time::Duration;

use futures::{Stream, stream};
use tokio::sync::watch;

use crate::controller::clocks::since_boot;

/// The lead of one process. Clones share it.
#[derive(Clone, Debug)]
pub struct Leadership(watch::Sender<State>);

#[derive(Debug)]
struct State {
    /// Counts how often the lead was gained.
    terms: u64,
    lead: Lead,
}

#[derive(Debug)]
enum Lead {
    /// Without an election.
    Always,
    /// Time since boot, suspension included: a process that slept past it wakes up without the
    /// lead.
    Until(Duration),
    /// The other, where one is known.
    OfAnother(Option<String>),
}

impl Leadership {
    /// The lead of a process that never asks for it.
    pub fn without_election() -> Self {
        Self(watch::Sender::new(State { terms: 0, lead: Lead::Always }))
    }

    /// The lead that an election will give.
    pub fn by_election() -> Self {
        Self(watch::Sender::new(State { terms: 0, lead: Lead::OfAnother(None) }))
    }

    /// Whether work may begin, at this very instant.
    pub fn is_held(&self) -> bool {
        self.0.borrow().lead.is_held(since_boot())
    }

    /// The lead is held for `time` from `asked_at` (since boot), the instant before it was asked
    /// for. Returns whether it was not held just before.
    pub fn hold(&self, asked_at: Duration, time: Duration) -> bool {
        self.0.send_if_modified(|state| state.hold(asked_at.saturating_add(time), since_boot()))
    }

    /// Somebody else leads, or nobody knows who does. Returns whether that is news.
    pub fn stand_by(&self, leader: Option<&str>) -> bool {
        let mut news = false;
        self.0.send_if_modified(|state| {
            news = match &state.lead {
                Lead::Always | Lead::Until(_) => true,
                Lead::OfAnother(before) => before.as_deref() != leader,
            };
            state.lead = Lead::OfAnother(leader.map(str::to_owned));
            false
        });
        news
    }

    /// Ends when a lead that was held has not been renewed in time. Never ends for one that is
    /// not held.
    pub async fn lapsed(&self) {
        loop {
            let left = self.0.borrow().lead.left(since_boot());
            match left {
                Left::Endless => return std::future::pending().await,
                Left::For(left) => tokio::time::sleep(left).await,
                Left::Over => return,
            }
        }
    }

    /// Says who leads, for people. `None` without an election.
    pub fn describe(&self) -> Option<String> {
        self.0.borrow().lead.describe(since_boot())
    }

    /// An item for each time that the lead is gained from now on.
    pub(super) fn gains(&self) -> impl Stream<Item = ()> + Send + 'static {
        let mut states = self.0.subscribe();
        states.mark_unchanged();
        stream::unfold(states, async |mut states| {
            states.changed().await.ok()?;
            Some(((), states))
        })
    }
}

/// What is left of a lead.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    /// No clock ends it, or it is not held by this process.
    Endless,
    For(Duration),
    Over,
}

impl State {
    /// Returns whether the lead was not held at `now`.
    fn hold(&mut self, until: Duration, now: Duration) -> bool {
        let gained = !self.lead.is_held(now);
        self.lead = Lead::Until(until);
        self.terms += u64::from(gained);
        gained
    }
}

/// Pure: `now` is the time since boot, which may be as short as it likes.
impl Lead {
    fn is_held(&self, now: Duration) -> bool {
        match self {
            Self::Always => true,
            Self::Until(until) => now < *until,
            Self::OfAnother(_) => false,
        }
    }

    fn left(&self, now: Duration) -> Left {
        match self {
            Self::Always | Self::OfAnother(_) => Left::Endless,
            Self::Until(until) => match until.checked_sub(now) {
                Some(left) if !left.is_zero() => Left::For(left),
                Some(_) | None => Left::Over,
            },
        }
    }

    fn describe(&self, now: Duration) -> Option<String> {
        match self {
            Self::Always => None,
            Self::Until(_) if self.is_held(now) => Some("leading".to_owned()),
            Self::Until(_) | Self::OfAnother(None) => {
                Some("standing by: it is not known who leads".to_owned())
            }
            Self::OfAnother(Some(leader)) => Some(format!("standing by: {leader} leads")),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    /// On a machine that has just started as on one that has run for years.
    #[test]
    fn a_lead_ends_by_the_clock_and_without_anybody_noticing() {
        for boot in [Duration::ZERO, Duration::from_secs(60), LONG, LONG * 24 * 365 * 10] {
            let mut state = State { terms: 0, lead: Lead::OfAnother(None) };
            assert!(!state.lead.is_held(boot));
            assert!(state.hold(boot + LONG, boot), "gained");
            let last = boot + LONG - Duration::from_nanos(1);
            assert!(state.lead.is_held(boot) && state.lead.is_held(last));
            assert_eq!(
                (state.lead.left(boot), state.lead.left(last)),
                (Left::For(LONG), Left::For(Duration::from_nanos(1)))
            );
            assert_eq!(state.lead.describe(last).as_deref(), Some("leading"));
            assert!(!state.hold(boot + LONG, last), "renewed");
            // As a process finds it that was asleep since it asked.
            for late in [boot + LONG, boot + LONG * 2] {
                assert!(!state.lead.is_held(late));
                assert_eq!(state.lead.left(late), Left::Over);
                assert!(state.lead.describe(late).is_some_and(|role| role.contains("standing by")));
            }
            assert!(state.hold(boot + LONG * 3, boot + LONG), "gained again");
            assert_eq!(state.terms, 2);
        }
    }

    /// No clock is before its own start, so a lead that ended there is over on every machine.
    #[tokio::test]
    async fn who_waits_for_the_end_of_a_lead_learns_of_it() {
        let leadership = Leadership::by_election();
        assert!(!leadership.is_held() && leadership.lapsed().now_or_never().is_none());
        assert!(leadership.hold(since_boot(), LONG));
        assert!(leadership.is_held() && leadership.lapsed().now_or_never().is_none());
        leadership.hold(Duration::ZERO, Duration::ZERO);
        assert!(!leadership.is_held() && leadership.lapsed().now_or_never().is_some());
    }

    #[test]
    fn each_gain_is_reported_once_and_a_renewal_is_no_gain() {
        let leadership = Leadership::by_election();
        let mut gains = Box::pin(leadership.gains());
        let mut told = || gains.next().now_or_never().is_some();
        assert!(!told());
        assert!(leadership.hold(since_boot(), LONG));
        assert!(!leadership.hold(since_boot(), LONG));
        assert!(told() && !told());
        assert!(
            leadership.stand_by(Some("b"))
                && !leadership.stand_by(Some("b"))
                && leadership.stand_by(None)
        );
        assert!(!told());
        assert!(leadership.hold(since_boot(), LONG));
        assert!(told() && !told());
    }

    #[tokio::test]
    async fn without_an_election_it_is_always_held() {
        let leadership = Leadership::without_election();
        assert!(leadership.is_held() && leadership.lapsed().now_or_never().is_none());
        assert_eq!(leadership.describe(), None);
    }
}
