//! Decides what to do about the Lease as it was read. Pure: the time is passed in.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::ObjectMeta;

use super::Election;

/// What to do about the Lease.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LeaseStep {
    /// Write it for the first time.
    Create(Box<Lease>),
    /// Write it over the version that was read: it is ours, or free, or expired.
    Replace(Box<Lease>),
    /// Leave it to its holder.
    Wait { holder: String },
}

/// One who wants the Lease.
#[derive(Debug)]
pub(super) struct Candidate {
    election: Election,
    /// The Lease of another as it was last seen, and when it was first seen so.
    seen: Option<(LeaseSpec, Duration)>,
}

impl Candidate {
    pub(super) fn new(election: Election) -> Self {
        Self { election, seen: None }
    }

    /// Decides. `boot` is the time since boot, `now` is only written down for people.
    pub(super) fn judge(
        &mut self,
        read: Option<Lease>,
        boot: Duration,
        now: Timestamp,
    ) -> LeaseStep {
        let Some(lease) = read else {
            self.seen = None;
            return LeaseStep::Create(Box::new(self.held(None, now)));
        };
        let spec = lease.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.clone().unwrap_or_default();
        if !holder.is_empty() && holder != self.election.identity {
            let lasts = spec
                .lease_duration_seconds
                .and_then(|seconds| u64::try_from(seconds).ok())
                .map_or(self.election.duration(), Duration::from_secs);
            let first_seen = match &self.seen {
                Some((before, first_seen)) if *before == spec => *first_seen,
                Some(_) | None => boot,
            };
            self.seen = Some((spec, first_seen));
            if boot.saturating_sub(first_seen) < lasts {
                return LeaseStep::Wait { holder };
            }
        }
        self.seen = None;
        LeaseStep::Replace(Box::new(self.held(Some(lease), now)))
    }

    /// The Lease with nobody holding it, if it is ours.
    pub(super) fn released(&self, lease: Lease, now: Timestamp) -> Option<Lease> {
        let spec = lease.spec?;
        let ours = spec.holder_identity.as_ref() == Some(&self.election.identity);
        let spec = LeaseSpec { holder_identity: None, renew_time: Some(MicroTime(now)), ..spec };
        ours.then_some(Lease { metadata: lease.metadata, spec: Some(spec) })
    }

    /// The Lease with this candidate as its holder. Other fields that others wrote stay.
    fn held(&self, before: Option<Lease>, now: Timestamp) -> Lease {
        let identity = &self.election.identity;
        let name =
            || ObjectMeta { name: Some(self.election.name.clone()), ..ObjectMeta::default() };
        let new = before.is_none();
        let (metadata, before) = before.map_or_else(
            || (name(), LeaseSpec::default()),
            |l| (l.metadata, l.spec.unwrap_or_default()),
        );
        let ours = before.holder_identity.as_ref() == Some(identity);
        let transitions = before.lease_transitions.unwrap_or_default();
        let spec = LeaseSpec {
            acquire_time: before.acquire_time.filter(|_| ours).or(Some(MicroTime(now))),
            holder_identity: Some(identity.clone()),
            lease_duration_seconds: Some(self.election.duration_seconds.into()),
            lease_transitions: Some(if ours || new {
                transitions
            } else {
                transitions.saturating_add(1)
            }),
            renew_time: Some(MicroTime(now)),
            preferred_holder: before.preferred_holder,
            strategy: before.strategy,
        };
        Lease { metadata, spec: Some(spec) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DURATION: Duration = Duration::from_secs(15);

    fn candidate(identity: &str, duration: Duration) -> Candidate {
        Candidate::new(Election {
            name: "lease".to_owned(),
            namespace: None,
            duration_seconds: u16::try_from(duration.as_secs()).unwrap(),
            identity: identity.to_owned(),
        })
    }

    fn at(seconds: u64) -> (Duration, Timestamp) {
        (
            Duration::from_secs(seconds),
            Timestamp::from_second(1_000_000 + i64::try_from(seconds).unwrap()).unwrap(),
        )
    }

    fn judge(candidate: &mut Candidate, read: Option<&Lease>, seconds: u64) -> LeaseStep {
        let (boot, now) = at(seconds);
        candidate.judge(read.cloned(), boot, now)
    }

    fn lease_of(identity: &str, duration: Duration, seconds: u64) -> Lease {
        match judge(&mut candidate(identity, duration), None, seconds) {
            LeaseStep::Create(lease) => *lease,
            LeaseStep::Replace(_) | LeaseStep::Wait { .. } => panic!("there is none yet"),
        }
    }

    fn holder(step: &LeaseStep) -> Option<&str> {
        match step {
            LeaseStep::Create(lease) | LeaseStep::Replace(lease) => {
                lease.spec.as_ref()?.holder_identity.as_deref()
            }
            LeaseStep::Wait { .. } => None,
        }
    }

    #[test]
    fn the_lease_of_another_is_taken_when_it_has_not_changed_for_its_own_duration() {
        let first = lease_of("a", DURATION, 0);
        // Whatever its own option says, and however old the times in the Lease look.
        let mut b = candidate("b", Duration::from_secs(3));
        assert_eq!(judge(&mut b, Some(&first), 100), LeaseStep::Wait { holder: "a".to_owned() });
        assert_eq!(judge(&mut b, Some(&first), 114), LeaseStep::Wait { holder: "a".to_owned() });
        let renewed = lease_of("a", DURATION, 10);
        assert_eq!(judge(&mut b, Some(&renewed), 115), LeaseStep::Wait { holder: "a".to_owned() });
        assert_eq!(judge(&mut b, Some(&renewed), 129), LeaseStep::Wait { holder: "a".to_owned() });
        let taken = judge(&mut b, Some(&renewed), 130);
        assert_eq!(holder(&taken), Some("b"));
        let LeaseStep::Replace(taken) = taken else { panic!("{taken:?}") };
        assert_eq!(taken.spec.unwrap().lease_transitions, Some(1));
    }

    #[test]
    fn other_fields_that_others_edit_prolong_nothing_and_stay() {
        let mut lease = lease_of("a", DURATION, 0);
        let mut b = candidate("b", DURATION);
        assert_eq!(judge(&mut b, Some(&lease), 100), LeaseStep::Wait { holder: "a".to_owned() });
        lease.metadata.resource_version = Some("2".to_owned());
        lease.metadata.labels = Some([("of".to_owned(), "them".to_owned())].into());
        let LeaseStep::Replace(taken) = judge(&mut b, Some(&lease), 115) else {
            panic!("it has expired")
        };
        assert_eq!(taken.metadata, lease.metadata);
    }

    #[test]
    fn its_own_lease_is_renewed_and_a_free_one_taken_at_once() {
        let mut a = candidate("a", DURATION);
        let ours = lease_of("a", DURATION, 0);
        let LeaseStep::Replace(renewed) = judge(&mut a, Some(&ours), 5) else {
            panic!("it is ours")
        };
        let (before, after) = (ours.spec.clone().unwrap(), renewed.spec.clone().unwrap());
        assert_eq!((after.acquire_time, after.lease_transitions), (before.acquire_time, Some(0)));
        assert_eq!(after.renew_time, Some(MicroTime(at(5).1)));

        let free = a.released(ours, at(6).1).unwrap();
        assert_eq!(holder(&judge(&mut candidate("b", DURATION), Some(&free), 7)), Some("b"));
        assert_eq!(a.released(free, at(8).1), None, "nothing to release");
        assert_eq!(a.released(lease_of("b", DURATION, 0), at(8).1), None, "another's");
    }

    #[test]
    fn a_lease_without_a_readable_duration_lasts_as_long_as_ours() {
        let mut lease = lease_of("a", DURATION, 0);
        for nonsense in [None, Some(-5)] {
            lease.spec.as_mut().unwrap().lease_duration_seconds = nonsense;
            let mut b = candidate("b", DURATION);
            assert_eq!(
                judge(&mut b, Some(&lease), 100),
                LeaseStep::Wait { holder: "a".to_owned() }
            );
            assert_eq!(
                judge(&mut b, Some(&lease), 114),
                LeaseStep::Wait { holder: "a".to_owned() }
            );
            assert_eq!(holder(&judge(&mut b, Some(&lease), 115)), Some("b"));
        }
    }
}
