use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::cbr::{Backup, BackupStatus, BegunBy, RecordStatus, Records, ReplicationRecord};
use crate::protocol::decide::{Action, is_finished};
use crate::protocol::evidence::{Relation, relation};
use crate::protocol::facts::call_result::{Acceptance, CallAnswer, CallResult};
use crate::protocol::fixtures::cloud::{
    elsewhere, ended, lost, no_longer_in_flight, ours, rejected, reports, shows, until_settled,
};
use crate::protocol::fixtures::{POLICY, Scene, at, condition};
use crate::protocol::lookup::Lookup;
use crate::protocol::observation::TargetReading;
use crate::resource::{OnUnknownOutcome, Origin, Outcome, Phase, RejectionKind, TrackingEnd};

#[test]
fn nothing_is_claimed_before_a_look() {
    let mut scene = Scene::new();
    scene.lookup = None;
    assert_eq!(scene.decide(), Action::Lookup { max_age: Duration::ZERO });
}

#[test]
fn a_live_replication_to_the_same_place_is_adopted_and_not_called_for() {
    for status in [
        RecordStatus::WaitingReplicate,
        RecordStatus::Replicating,
        RecordStatus::Success,
        RecordStatus::Other("new".into()),
    ] {
        let mut scene = Scene::new();
        scene.lookup = shows(vec![elsewhere("r-0"), ours("r-1", status)]);
        let (status, again) = scene.settled();
        assert_eq!(
            (status.origin, status.replication_record_id.as_deref()),
            (Some(Origin::Adopted), Some("r-1"))
        );
        let copied = status.tracking_end == Some(TrackingEnd::Replicated);
        assert_eq!((status.attempts.len(), again.is_none()), (0, copied));
        assert!(condition(&status, "Ready").unwrap().0 == "True");
        scene.resource.status = Some(status);
        assert_eq!(is_finished(&scene.resource), copied);
    }
}

#[test]
fn what_failed_or_went_elsewhere_is_not_adopted() {
    let other_project = ReplicationRecord {
        destination_project_id: Some("other".into()),
        ..ours("r-4", RecordStatus::Success)
    };
    let other_vault = ReplicationRecord {
        destination_vault_id: Some("other".into()),
        ..ours("r-5", RecordStatus::Success)
    };
    let mut scene = Scene::new();
    scene.lookup =
        shows(vec![ours("r-1", RecordStatus::Fail), elsewhere("r-2"), other_project, other_vault]);
    let attempt = scene.claim("a-1");
    // All that the look-up showed, so that it is known later what was there before.
    let before = ["r-1", "r-4", "r-5", "r-2"].map(str::to_owned).to_vec();
    assert_eq!(attempt.records_before, Some(before));
    let Some(status) = &scene.resource.status else { panic!("no status") };
    let message = &status.conditions[0].message;
    assert!(message.contains("r-5") && message.contains("another vault (other)"), "{message}");
}

#[test]
fn a_service_without_look_up_still_gets_its_one_call() {
    let mut scene = Scene::new();
    scene.lookup = Some(Lookup::NotAvailable("404".into()));
    assert_eq!(scene.claim("a-1").records_before, None);
}

#[test]
fn a_service_that_is_down_is_waited_for_and_after_an_hour_the_message_says_so() {
    let mut scene = Scene::new();
    scene.lookup = Some(Lookup::Failed("connection refused".into()));
    scene.history.failing_for = Duration::from_secs(60);
    let (status, again) = scene.settled();
    assert_eq!(
        (condition(&status, "Ready").unwrap().1.as_str(), again),
        ("LookUpFailed", Some(Duration::from_secs(15)))
    );
    assert!(!status.conditions[0].message.contains("more than an hour"));
    scene.history.failing_for = Duration::from_secs(3600);
    assert!(scene.settled().0.conditions[0].message.contains("more than an hour"));
}

#[test]
fn a_source_that_is_still_being_made_is_waited_for() {
    let mut scene = Scene::new();
    scene.lookup = Some(Lookup::Backup(Box::new(Backup {
        names_itself: true,
        status: Some(BackupStatus::Protecting),
        image_type: None,
        kind: None,
        replication_records: Records::NotReported,
    })));
    assert_eq!(condition(&scene.settled().0, "Ready").unwrap().1, "SourceNotReady");
}

#[test]
fn one_call_at_a_time_for_a_target() {
    let mut scene = Scene::new();
    scene.same_target_in_use = Some("backups/other".into());
    let (status, again) = scene.settled();
    assert!(again.is_some() && status.conditions[0].message.contains("backups/other"));
}

#[test]
fn a_new_record_proves_that_an_unknown_call_was_accepted_whether_it_lives_or_failed() {
    for status in
        [RecordStatus::Replicating, RecordStatus::Success, RecordStatus::Fail, RecordStatus::Skip]
    {
        let mut scene = ended(shows(vec![ours("r-old", RecordStatus::Fail)]), lost());
        scene.lookup = shows(vec![ours("r-old", RecordStatus::Fail), ours("r-new", status)]);
        let (status, _) = scene.settled();
        assert_eq!(
            (status.origin, status.replication_record_id.as_deref()),
            (Some(Origin::Called), Some("r-new"))
        );
        assert_eq!(status.attempts[0].outcome, Some(Outcome::Accepted));
    }
}

#[test]
fn an_old_record_is_not_taken_for_the_calls() {
    let before = shows(vec![ours("r-old", RecordStatus::Fail)]);
    let mut scene = ended(before.clone(), lost());
    scene.lookup = before;
    let (status, again) = scene.settled();
    assert_eq!(
        (status.attempts[0].outcome, status.phase),
        (Some(Outcome::Unknown), Some(Phase::OutcomeUnknown))
    );
    assert!(again.is_some() && condition(&status, "Stalled").is_none(), "it is still looked at");
}

#[test]
fn absence_settles_only_where_records_are_reported_and_only_after_the_settling_time() {
    let reporting = || shows(vec![elsewhere("r-0")]);
    let mut scene = ended(reporting(), lost());
    scene.lookup = reporting();
    scene.unchanged_for = until_settled() - Duration::from_millis(1);
    assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Unknown));
    scene.unchanged_for = until_settled();
    scene.settle();
    assert_eq!(scene.claim("a-2").number, 2);
    assert_eq!(scene.status().attempts[1].outcome, Some(Outcome::NotAccepted));

    let unclear =
        ReplicationRecord { destination_vault_id: None, ..ours("r-9", RecordStatus::Success) };
    let odd = ReplicationRecord {
        source_backup_id: Some("other".into()),
        ..ours("r-8", RecordStatus::Success)
    };
    let silent = [
        reports(Records::NotReported),
        shows(vec![]),
        reports(Records::Reported { records: vec![elsewhere("r-0")], unreadable: 1 }),
        shows(vec![elsewhere("r-0"), unclear]),
        shows(vec![elsewhere("r-0"), odd]),
        Some(Lookup::Failed("down".into())),
        Some(Lookup::Unauthorized("401".into())),
        Some(Lookup::NotAvailable("404".into())),
    ];
    for look in silent {
        let mut scene = ended(Some(Lookup::NotAvailable("404".into())), lost());
        scene.lookup = look.clone();
        scene.unchanged_for = until_settled() * 100;
        let (status, _) = scene.settled();
        assert_eq!(status.attempts[0].outcome, Some(Outcome::Unknown), "{look:?}");
        assert_eq!(condition(&status, "Stalled").unwrap().1, "OutcomeUnknown", "{look:?}");
        scene.resource.spec.on_unknown_outcome = Some(OnUnknownOutcome::CallAgain);
        scene.lookup = Some(Lookup::NotAvailable("404".into()));
        scene.settle();
        assert_eq!(scene.claim("a-2").number, 2, "{look:?}");
    }
}

#[test]
fn absence_never_settles_an_answer_of_2xx() {
    let reporting = || shows(vec![elsewhere("r-0")]);
    let mut scene = ended(
        reporting(),
        CallResult::Unknown(CallAnswer { http_status: Some(200), ..CallAnswer::default() }),
    );
    scene.lookup = reporting();
    scene.unchanged_for = until_settled() * 100;
    assert_eq!(condition(&scene.settled().0, "Stalled").unwrap().1, "OutcomeUnknown");
}

#[test]
fn without_anything_seen_before_a_failed_record_proves_nothing() {
    let mut scene = ended(Some(Lookup::NotAvailable("403".into())), lost());
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Fail)]);
    for unchanged_for in [Duration::ZERO, until_settled() * 2] {
        scene.unchanged_for = unchanged_for;
        assert_eq!(
            scene.settled().0.attempts[0].outcome,
            Some(Outcome::Unknown),
            "{unchanged_for:?}"
        );
    }
    scene.lookup = shows(vec![ours("r-2", RecordStatus::Replicating)]);
    assert_eq!(scene.settled().0.replication_record_id.as_deref(), Some("r-2"));
}

#[test]
fn already_replicated_is_evidence_that_leads_to_the_record() {
    let answer = CallAnswer {
        http_status: Some(400),
        code: Some("BackupService.1009".into()),
        ..CallAnswer::default()
    };
    let duplicate =
        CallResult::Rejected { kind: RejectionKind::AlreadyReplicated, answer, retry_after: None };
    let mut scene = ended(shows(vec![]), duplicate);
    scene.lookup = shows(vec![]);
    assert!(scene.settled().1.is_some(), "a record may be late");
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Success)]);
    assert_eq!(scene.settled().0.origin, Some(Origin::Adopted));
    scene.lookup = shows(vec![]);
    scene.unchanged_for = until_settled();
    let (status, again) = scene.settled();
    assert_eq!(condition(&status, "Stalled").unwrap().1, "AlreadyReplicated");
    assert!(again.is_some(), "a late record is still found");
}

#[test]
fn checks_continue_after_a_moment_in_which_nothing_could_be_seen() {
    let mut scene = ended(shows(vec![]), lost());
    scene.credential = Some(crate::protocol::CredentialReading::Problem(
        crate::protocol::CredentialProblem::NotFound,
    ));
    let (status, again) = scene.settled();
    assert_eq!(condition(&status, "Stalled").unwrap().1, "OutcomeUnknown");
    assert!(again.is_some());
}

#[test]
fn a_list_that_was_cut_tells_nothing() {
    let many: Vec<_> = (0..150).map(|n| ours(&format!("r-{n}"), RecordStatus::Fail)).collect();
    let mut scene = ended(shows(many.clone()), lost());
    scene.lookup = shows(many);
    scene.unchanged_for = until_settled() * 2;
    assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Unknown));
}

/// The first attempt was given up as not accepted, a second one was lost; then the first one's
/// acceptance arrived.
fn accepted_behind_an_unknown() -> Scene {
    let mut scene = ended(shows(vec![elsewhere("r-0")]), lost());
    let first = scene.status().attempts[0].clone();
    scene.annotate("a-1:not-accepted");
    scene.lookup = shows(vec![elsewhere("r-0")]);
    scene.unchanged_for = no_longer_in_flight();
    scene.settle();
    let second = scene.claim("a-2");
    scene.end(&second, &lost());
    let acceptance =
        Acceptance { replication_record_id: Some("r-1".into()), ..Acceptance::default() };
    scene.end(&first, &CallResult::Accepted(acceptance, CallAnswer::default()));
    scene
}

#[test]
fn an_acceptance_does_not_hide_another_attempts_unknown_outcome() {
    let mut scene = accepted_behind_an_unknown();
    assert!(!is_finished(&scene.resource));
    scene.lookup = shows(vec![elsewhere("r-0"), ours("r-1", RecordStatus::Success)]);
    assert!(scene.settled().1.is_some());
    scene.lookup =
        shows(vec![ours("r-1", RecordStatus::Success), ours("r-2", RecordStatus::Success)]);
    let (status, _) = scene.settled();
    assert_eq!(status.replication_record_id.as_deref(), Some("r-1"));
    assert_eq!(status.additional_records, ["r-2"]);

    let mut scene = accepted_behind_an_unknown();
    scene.lookup = shows(vec![elsewhere("r-0"), ours("r-1", RecordStatus::Success)]);
    scene.unchanged_for = until_settled();
    assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::NotAccepted));

    let mut scene = accepted_behind_an_unknown();
    scene.lookup = Some(Lookup::NotAvailable("404".into()));
    assert_eq!(condition(&scene.settled().0, "Stalled").unwrap().1, "OutcomeUnknown");
    scene.annotate("a-2:accepted:r-9");
    let (status, _) = scene.settled();
    assert_eq!(
        (status.origin, status.additional_records),
        (Some(Origin::Called), vec!["r-9".to_owned()])
    );
}

#[test]
fn a_record_id_that_the_answer_did_not_name_is_filled_in() {
    let mut scene = ended(
        shows(vec![]),
        CallResult::Accepted(
            Acceptance::default(),
            CallAnswer { http_status: Some(200), ..CallAnswer::default() },
        ),
    );
    assert!(!is_finished(&scene.resource));
    scene.lookup = shows(vec![]);
    let (status, again) = scene.settled();
    assert!(again.is_some() && status.replication_record_id.is_none());
    scene.lookup = shows(vec![ours("r-1", RecordStatus::Replicating)]);
    let (status, again) = scene.settled();
    assert_eq!(
        (status.replication_record_id.as_deref(), again),
        (Some("r-1"), Some(Duration::ZERO))
    );
    assert_eq!(status.origin, Some(Origin::Called));
}

/// A recreated resource must not pay for a gateway's bad moment with a second replica.
#[test]
fn one_odd_answer_licenses_no_call_whatever_the_process_knows() {
    let patience = POLICY.lookup_patience;
    for odd in [Lookup::NotAvailable("404".into()), Lookup::NoSuchBackup("6200".into())] {
        for (same_for, called) in
            [(Duration::ZERO, false), (patience - Duration::from_secs(1), false), (patience, true)]
        {
            let mut scene = Scene::new();
            scene.lookup = Some(odd.clone());
            let other = patience.saturating_mul(2);
            (scene.history.no_lookup_for, scene.history.no_backup_for) = match odd {
                Lookup::NotAvailable(_) => (same_for, other),
                _ => (other, same_for),
            };
            if called {
                scene.claim("a-1");
                continue;
            }
            let (status, again) = scene.settled();
            assert_eq!(condition(&status, "Ready").unwrap().1, "LookUpFailed", "{odd:?}");
            assert!(again.is_some_and(|again| again <= patience - same_for), "{again:?}");
        }
    }
}

/// The call would be refused, too, or be accepted unseen.
#[test]
fn a_refused_look_up_is_never_followed_by_a_call() {
    let mut scene = Scene::new();
    scene.lookup = Some(Lookup::Unauthorized("HTTP 401".into()));
    for failing_for in [0, 60, 24 * 60 * 60] {
        scene.history.failing_for = Duration::from_secs(failing_for);
        let (status, again) = scene.settled();
        assert_eq!(condition(&status, "Ready").unwrap().1, "CredentialRejected");
        assert!(again.is_some_and(|again| again <= Duration::from_secs(10 * 60)));
    }
}

#[test]
fn another_endpoint_than_that_of_the_call_proves_no_absence() {
    let mut scene = ended(shows(vec![elsewhere("r-0")]), lost());
    scene.lookup = shows(vec![elsewhere("r-0")]);
    scene.unchanged_for = until_settled();
    scene.target = TargetReading::Callable { endpoint: "https://other.example".into() };
    assert_eq!(condition(&scene.settled().0, "Stalled").unwrap().1, "OutcomeUnknown");
}

/// Something else's finalizer holds it. Others wait for its outcome, and a human may be asked.
#[test]
fn what_is_being_deleted_is_still_resolved() {
    let mut scene = ended(shows(vec![elsewhere("r-0")]), lost());
    scene.resource.metadata.deletion_timestamp = Some(Time(at(0)));
    scene.annotate("a-1:not-accepted");
    scene.lookup = shows(vec![elsewhere("r-0")]);
    scene.unchanged_for = no_longer_in_flight();
    scene.settle();
    assert_eq!(scene.status().attempts[0].outcome, Some(Outcome::NotAccepted));
    assert_eq!(condition(&scene.settled().0, "Ready").unwrap().1, "BeingDeleted");
}

/// The clock was a year ahead when the call was rejected.
#[test]
fn a_corrected_clock_makes_no_wait_longer() {
    let busy = rejected(RejectionKind::Temporary);
    let mut scene = ended(shows(vec![]), busy);
    scene.lookup = shows(vec![]);
    let attempt = scene.status().attempts[0].clone();
    let wait =
        attempt.retry_at.unwrap().0.duration_since(attempt.ended_at.unwrap().0).unsigned_abs();
    scene.now -= Duration::from_secs(365 * 24 * 3600);
    assert!(scene.settled().1.unwrap() <= wait);
    scene.unchanged_for = wait;
    scene.claim("a-2");
}

#[test]
fn the_message_about_a_record_says_what_it_proves() {
    let old = ours("old", RecordStatus::Success);
    let live = ours("live", RecordStatus::Replicating);
    let failed = ours("failed", RecordStatus::Fail);
    let nowhere = ReplicationRecord { destination_vault_id: None, ..live.clone() };
    let cases = [
        (Some(vec!["old".to_owned()]), &old, Relation::SamePlace),
        (Some(vec!["old".to_owned()]), &failed, Relation::OfAttempt),
        (None, &failed, Relation::SamePlace),
        (None, &live, Relation::OfAttempt),
        (None, &nowhere, Relation::CannotTell),
        (None, &elsewhere("far"), Relation::OtherPlace),
    ];
    for (before, record, wanted) in cases {
        let mut scene = ended(shows(Vec::new()), lost());
        let status = scene.resource.status.as_mut().unwrap();
        status.attempts[0].records_before = before.clone();
        let attempt = status.attempts[0].clone();
        assert_eq!(relation(record, &scene.resource, &attempt), wanted, "{before:?} {record:?}");
        scene.lookup = shows(vec![record.clone()]);
        let proved = scene.settled().0.replication_record_id.as_deref() == Some(record.id.as_str());
        assert_eq!(proved, wanted == Relation::OfAttempt, "{before:?} {record:?}");
    }
}

/// A service that shows an old record late must not have it taken for the call's.
#[test]
fn a_record_from_days_before_the_claim_is_not_the_calls_and_no_double() {
    let old = ReplicationRecord {
        created_at: Some(at(-2 * 24 * 60 * 60)),
        ..ours("old", RecordStatus::Success)
    };
    for before in [shows(vec![]), Some(Lookup::NotAvailable("404".into()))] {
        let mut scene = ended(before.clone(), lost());
        scene.lookup = shows(vec![old.clone()]);
        scene.unchanged_for = until_settled();
        assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Unknown), "{before:?}");

        let accepted =
            Acceptance { replication_record_id: Some("r-1".into()), ..Acceptance::default() };
        let mut scene = ended(before, CallResult::Accepted(accepted, CallAnswer::default()));
        scene.lookup = shows(vec![old.clone(), ours("r-1", RecordStatus::Replicating)]);
        assert_eq!(scene.settled().0.additional_records, Vec::<String>::new());
        scene.lookup =
            shows(vec![ours("r-2", RecordStatus::Success), ours("r-1", RecordStatus::Replicating)]);
        assert_eq!(scene.settled().0.additional_records, ["r-2"]);
    }
}

/// A cached or misrouted answer is of another backup.
#[test]
fn a_look_up_of_another_backup_proves_no_absence() {
    for (names_itself, outcome) in [(false, Outcome::Unknown), (true, Outcome::NotAccepted)] {
        let mut scene = ended(shows(vec![elsewhere("r-0")]), lost());
        scene.lookup = Some(Lookup::Backup(Box::new(Backup {
            names_itself,
            status: Some(BackupStatus::Available),
            image_type: None,
            kind: None,
            replication_records: Records::Reported {
                records: vec![elsewhere("r-0")],
                unreadable: 0,
            },
        })));
        scene.unchanged_for = until_settled();
        assert_eq!(scene.settled().0.attempts[0].outcome, Some(outcome));
    }
}

/// Any user who may write the object can fill it, and then its end would not fit.
#[test]
fn an_object_that_leaves_no_room_for_the_end_is_not_claimed() {
    let mut scene = Scene::new();
    scene.lookup = shows(vec![elsewhere("r-0")]);
    scene.metadata_bytes = 256 * 1024 + 1;
    let (status, _) = scene.settled();
    assert_eq!(condition(&status, "Stalled").unwrap().1, "ObjectTooLarge");
    scene.metadata_bytes = 256 * 1024;
    scene.claim("a-1");
}

/// Only what the cloud itself says to be begun by a call tells that calls are shown.
#[test]
fn what_is_not_said_to_be_begun_by_a_call_does_not_tell_that_calls_are_shown() {
    for (begun_by, outcome) in [
        (BegunBy::Policy, Outcome::Unknown),
        (BegunBy::NotSaid, Outcome::Unknown),
        (BegunBy::Unclear, Outcome::Unknown),
        (BegunBy::Call, Outcome::NotAccepted),
    ] {
        let list = || shows(vec![ReplicationRecord { begun_by, ..elsewhere("r-0") }]);
        let mut scene = ended(list(), lost());
        scene.lookup = list();
        scene.unchanged_for = until_settled();
        assert_eq!(scene.settled().0.attempts[0].outcome, Some(outcome), "{begun_by:?}");
    }
}

/// A policy of the cloud that replicates the same backup to the same place after a lost answer has
/// made no call of ours; and whether ours was accepted cannot be told from then on.
#[test]
fn a_record_that_no_call_began_is_neither_ours_nor_proof_that_there_is_none() {
    for (begun_by, outcome) in [
        (BegunBy::Call, Outcome::Accepted),
        (BegunBy::NotSaid, Outcome::Accepted),
        (BegunBy::Policy, Outcome::Unknown),
        (BegunBy::Unclear, Outcome::Unknown),
    ] {
        let before = || elsewhere("r-0");
        let mut scene = ended(shows(vec![before()]), lost());
        let since = ReplicationRecord { begun_by, ..ours("r-1", RecordStatus::Success) };
        scene.lookup = shows(vec![before(), since]);
        scene.unchanged_for = until_settled();
        let status = scene.settled().0;
        assert_eq!(status.attempts[0].outcome, Some(outcome), "{begun_by:?}");
        assert_eq!(status.is_accepted(), outcome == Outcome::Accepted, "{begun_by:?}");
    }
}
