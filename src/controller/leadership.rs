//! Whether this process may begin anything: a lead that is held until an instant, unless it is held anew before.
//!
//! Safety never rests on it: a claim is guarded by itself. It keeps two processes from doing the same work.

use std::time::Duration;

use futures::{Stream, stream};
use tokio::sync::watch;

use super::clocks::since_boot;

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
    /// Time since boot, suspension included: a process that slept past it wakes up without the lead.
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
        self.0.borrow().lead.is_held()
    }

    /// The lead is held for `time` from `asked_at` (since boot), the instant before it was asked for. Returns whether it was not held
    /// just before.
    pub fn hold(&self, asked_at: Duration, time: Duration) -> bool {
        self.0.send_if_modified(|state| {
            let gained = !state.lead.is_held();
            state.lead = Lead::Until(asked_at.saturating_add(time));
            state.terms += u64::from(gained);
            gained
        })
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

    /// Ends when a lead that was held has not been held anew in time. Never ends for one that is not held.
    pub async fn lapsed(&self) {
        loop {
            let until = match &self.0.borrow().lead {
                Lead::Until(until) => Some(*until),
                Lead::Always | Lead::OfAnother(_) => None,
            };
            let Some(until) = until else {
                return std::future::pending().await;
            };
            match until.checked_sub(since_boot()) {
                Some(left) if !left.is_zero() => tokio::time::sleep(left).await,
                Some(_) | None => return,
            }
        }
    }

    /// Says who leads, for people. `None` without an election.
    pub fn describe(&self) -> Option<String> {
        match &self.0.borrow().lead {
            Lead::Always => None,
            lead @ Lead::Until(_) if lead.is_held() => Some("leading".to_owned()),
            Lead::Until(_) | Lead::OfAnother(None) => Some("standing by: nobody is known to lead".to_owned()),
            Lead::OfAnother(Some(leader)) => Some(format!("standing by: {leader} leads")),
        }
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

impl Lead {
    fn is_held(&self) -> bool {
        match self {
            Self::Always => true,
            Self::Until(until) => since_boot() < *until,
            Self::OfAnother(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, StreamExt};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_lead_ends_by_the_clock_and_without_anybody_noticing() {
        let leadership = Leadership::by_election();
        assert!(!leadership.is_held());
        assert!(leadership.hold(since_boot(), LONG));
        assert!(leadership.is_held() && leadership.lapsed().now_or_never().is_none());
        // As a process finds it that was asleep since it asked, however long the machine is up.
        leadership.hold(Duration::ZERO, since_boot());
        assert!(!leadership.is_held() && leadership.lapsed().now_or_never().is_some());
        assert!(leadership.describe().is_some_and(|role| role.contains("standing by")));
    }

    #[test]
    fn each_gain_is_told_once_and_a_renewal_is_none() {
        let leadership = Leadership::by_election();
        let mut gains = Box::pin(leadership.gains());
        let mut told = || gains.next().now_or_never().is_some();
        assert!(!told());
        assert!(leadership.hold(since_boot(), LONG));
        assert!(!leadership.hold(since_boot(), LONG));
        assert!(told() && !told());
        assert!(leadership.stand_by(Some("b")) && !leadership.stand_by(Some("b")) && leadership.stand_by(None));
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
