//! Knowledge belongs to the one who looks.

use std::time::Duration;

use crate::cbr::RecordStatus;
use crate::protocol::decide::Action;
use crate::protocol::decide::round::{Facts, Round, Viewer};
use crate::protocol::fixtures::cloud::{ended, lost, ours, shows, until_settled};
use crate::protocol::fixtures::{POLICY, Scene, at, usable};
use crate::protocol::lookup::{Lookup, LookupMemory, ViewerMemory};
use crate::protocol::observation::{FreshAttempt, TargetReading};
use crate::resource::{AttemptId, BackupReplicationStatus, Origin, Outcome};

const NOW: Duration = Duration::from_secs(60 * 60);

/// Drives a round to its end, as one viewer, whose memory it leaves changed.
fn round(
    scene: &Scene,
    memory: &mut ViewerMemory,
    lookup: Option<Lookup>,
) -> BackupReplicationStatus {
    let fresh = FreshAttempt { id: AttemptId::new("a-2"), claimant: "me".into() };
    let facts = Facts {
        resource: &scene.resource,
        unchanged_for: scene.unchanged_for,
        never_called: false,
        target: TargetReading::Callable { endpoint: "https://cbr.example".into() },
        refused_claim: None,
        metadata_bytes: 0,
        fresh: &fresh,
    };
    let mut own = LookupMemory::new(Duration::ZERO);
    let mut round = Round::new(facts, &own, NOW, &POLICY);
    let mut lookup = lookup;
    loop {
        match round.next(at(60 * 60), None) {
            Action::ReadCredential => {
                let viewer = Viewer { memory: *memory, throttled_until: None };
                round.credential_read(usable("s1"), &viewer, &own, NOW);
            }
            Action::Lookup { .. } => {
                round.looked_up(lookup.take().expect("one look-up"), &mut own, memory, NOW);
            }
            Action::ReadLogs { .. } => panic!("no time of the cloud is known"),
            Action::ListBackups => panic!("the backup is named"),
            Action::Update { status, .. } | Action::Claim { status, .. } => return *status,
        }
    }
}

fn outcome(status: &BackupReplicationStatus) -> Option<Outcome> {
    status.attempts[0].outcome
}

#[test]
fn absence_counts_for_the_viewer_that_was_shown_a_called_record_and_for_no_other() {
    let mut accepted = ended(shows(vec![]), lost());
    let status = accepted.status();
    status.attempts[0].outcome = Some(Outcome::Accepted);
    status.origin = Some(Origin::Called);
    status.replication_record_id = Some("r-1".into());
    status.attempts[0].record_id = Some("r-1".into());

    let (mut shown, mut other) = (ViewerMemory::default(), ViewerMemory::default());
    round(&accepted, &mut shown, shows(vec![ours("r-1", RecordStatus::Success)]));
    round(&accepted, &mut other, shows(vec![]));
    assert!(shown.records_shown && !other.records_shown);

    let mut unknown = ended(shows(vec![]), lost());
    unknown.unchanged_for = until_settled();
    assert_eq!(outcome(&round(&unknown, &mut other, shows(vec![]))), Some(Outcome::Unknown));
    assert_eq!(outcome(&round(&unknown, &mut shown, shows(vec![]))), Some(Outcome::NotAccepted));
}

#[test]
fn who_was_shown_the_record_of_a_call_is_kept_in_the_status() {
    for (origin, answered, kept) in [
        (Origin::Called, Some("R-1"), true),
        (Origin::Called, Some("r-2"), false),
        (Origin::Called, None, false),
        (Origin::Adopted, Some("r-1"), false),
        (Origin::Declared, Some("r-1"), false),
    ] {
        let mut scene = ended(shows(vec![]), lost());
        let status = scene.status();
        status.attempts[0].outcome = Some(Outcome::Accepted);
        status.origin = Some(origin);
        status.replication_record_id = Some("r-1".into());
        status.attempts[0].record_id = answered.map(str::to_owned);
        let lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
        let status = round(&scene, &mut ViewerMemory::default(), lookup);
        let viewer = kept.then(|| "cbr-token/token@s1".to_owned());
        assert_eq!(status.record_shown_to, viewer, "{origin:?} {answered:?}");
    }
}

/// The answer that has just come counts for its own patience.
#[test]
fn an_odd_answer_is_remembered_by_its_viewer() {
    let mut memory = ViewerMemory::default();
    let status = round(&Scene::new(), &mut memory, Some(Lookup::NotAvailable("404".into())));
    assert_eq!((memory.no_lookup_since, status.attempts.len()), (Some(NOW), 0));
    memory.no_lookup_since = Some(NOW - POLICY.lookup_patience);
    let status = round(&Scene::new(), &mut memory, Some(Lookup::NotAvailable("404".into())));
    assert_eq!(status.attempts.len(), 1);
}
