//! A double is never silent: every record of the destination that is not older than the first
//! attempt, not declined and not the resource's own is told.

use std::time::Duration;

use crate::cbr::{RecordStatus, ReplicationRecord};
use crate::protocol::facts::call_result::{Acceptance, CallAnswer, CallResult};
use crate::protocol::fixtures::cloud::{
    elsewhere, ended, lost, no_longer_in_flight, ours, rejected, shows,
};
use crate::protocol::fixtures::{Scene, at, condition};
use crate::protocol::lookup::{Lookup, LookupHistory};
use crate::resource::{BackupReplicationStatus, Origin, RejectionKind};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn due() -> LookupHistory {
    LookupHistory { known_for: HOUR, ago: Some(HOUR), ..LookupHistory::default() }
}

/// A call was given up as not accepted, and a second one was made.
fn second_after(before: Option<Lookup>, ending: &CallResult) -> Scene {
    let mut scene = ended(before.clone(), lost());
    scene.annotate("a-1:not-accepted");
    scene.unchanged_for = no_longer_in_flight();
    scene.lookup = before;
    scene.settle();
    let second = scene.claim("a-2");
    scene.end(&second, ending);
    scene.history = due();
    scene
}

fn accepted(record: Option<&str>) -> CallResult {
    let replication_record_id = record.map(str::to_owned);
    CallResult::Accepted(
        Acceptance { replication_record_id, ..Acceptance::default() },
        CallAnswer::default(),
    )
}

fn both(status: &RecordStatus) -> Option<Lookup> {
    shows(vec![ours("r-1", status.clone()), ours("r-2", status.clone())])
}

fn told(status: &BackupReplicationStatus) -> (Option<&str>, Vec<&str>) {
    (
        status.replication_record_id.as_deref(),
        status.additional_records.iter().map(String::as_str).collect(),
    )
}

#[test]
fn a_second_record_in_the_look_up_that_shows_the_acceptance_is_reported() {
    for record in [RecordStatus::Replicating, RecordStatus::Success, RecordStatus::Fail] {
        for ending in [accepted(Some("r-2")), accepted(None), lost()] {
            let mut scene = second_after(shows(vec![elsewhere("r-0")]), &ending);
            scene.lookup = both(&record);
            let (status, _) = scene.settled();
            assert_eq!(told(&status), (Some("r-2"), vec!["r-1"]), "{record:?} {ending:?}");
            scene.resource.status = Some(status);
            let (status, _) = scene.settled();
            assert_eq!(
                condition(&status, "Stalled").unwrap().1,
                "AdditionalRecords",
                "{record:?} {ending:?}"
            );
        }
    }
}

#[test]
fn what_is_adopted_after_a_call_hides_no_second_record() {
    let mut scene =
        ended(shows(vec![elsewhere("r-0")]), rejected(RejectionKind::AlreadyReplicated));
    scene.lookup = both(&RecordStatus::Success);
    let (status, _) = scene.settled();
    assert_eq!((status.origin, told(&status)), (Some(Origin::Adopted), (Some("r-2"), vec!["r-1"])));

    let mut scene = ended(shows(vec![elsewhere("r-0")]), rejected(RejectionKind::Temporary));
    scene.now = at(24 * 60 * 60);
    scene.lookup = both(&RecordStatus::Success);
    let (status, _) = scene.settled();
    assert_eq!((status.origin, told(&status)), (Some(Origin::Adopted), (Some("r-2"), vec!["r-1"])));
}

#[test]
fn a_record_from_before_or_declined_or_elsewhere_or_reported_already_is_no_double() {
    let old = ours("old", RecordStatus::Success);
    let declined = ours("declined", RecordStatus::Success);
    let vault = ReplicationRecord {
        destination_vault_id: Some("w".into()),
        ..ours("vault", RecordStatus::Success)
    };
    let mut scene = ended(shows(vec![ours("old", RecordStatus::Fail)]), accepted(Some("r-1")));
    scene.status().declined_records = vec!["DECLINED".into()];
    scene.status().additional_records = vec!["r-2".into()];
    scene.history = due();
    let own = ours("R-1", RecordStatus::Replicating);
    scene.lookup =
        shows(vec![own, ours("R2", RecordStatus::Success), old, declined, vault, elsewhere("far")]);
    assert_eq!(told(&scene.settled().0), (Some("r-1"), vec!["r-2"]));
}

/// Without a look-up before the first claim, the cloud's own clock tells what is older.
#[test]
fn where_nothing_was_seen_before_the_records_own_time_tells() {
    for (seconds, told_of) in [(-3600, 0), (-30, 1), (0, 1), (3600, 1)] {
        let mut scene = ended(Some(Lookup::NotAvailable("404".into())), accepted(Some("r-1")));
        scene.history = due();
        let other = ReplicationRecord {
            created_at: Some(at(seconds)),
            ..ours("r-2", RecordStatus::Success)
        };
        scene.lookup = shows(vec![ours("r-1", RecordStatus::Replicating), other.clone()]);
        assert_eq!(scene.settled().0.additional_records.len(), told_of, "{seconds}");
        let timeless = ReplicationRecord { created_at: None, ..other };
        scene.lookup = shows(vec![ours("r-1", RecordStatus::Replicating), timeless]);
        assert!(scene.settled().0.additional_records.is_empty());
    }
}

/// A nameless acceptance is not given up for one odd answer, where look-ups were possible before.
#[test]
fn a_record_is_not_given_up_for_one_odd_answer() {
    for odd in [Lookup::NotAvailable("404".into()), Lookup::NoSuchBackup("6200".into())] {
        for (before, given_up) in
            [(shows(vec![]), false), (Some(Lookup::NotAvailable("404".into())), true)]
        {
            let mut scene = ended(before.clone(), accepted(None));
            scene.lookup = Some(odd.clone());
            let (status, again) = scene.settled();
            assert_eq!(
                (status.tracking_end.is_some(), again.is_none()),
                (given_up, given_up),
                "{odd:?} {before:?}"
            );
        }
    }
}
