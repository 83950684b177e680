use std::time::Duration;

use jiff::SignedDuration;

use crate::cbr::{Backup, BegunBy, LogStatus, OperationLog, Records};
use crate::protocol::decide::Action;
use crate::protocol::facts::call_result::{Acceptance, CallAnswer, CallResult};
use crate::protocol::fixtures::{POLICY, Scene, at, condition};
use crate::protocol::lookup::Lookup;
use crate::protocol::witness::LogReading;
use crate::protocol::witness::tests::entry;
use crate::resource::{AttemptId, OnUnknownOutcome, Origin, Outcome, TrackingEnd};

const MINUTE: Duration = Duration::from_secs(60);

fn lookup(replication_records: Records) -> Lookup {
    Lookup::Backup(Box::new(Backup {
        names_itself: true,
        status: None,
        image_type: None,
        kind: None,
        replication_records,
    }))
}

/// Looks in which the records do not tell.
fn blind() -> [Lookup; 4] {
    [
        Lookup::NotAvailable("404".into()),
        Lookup::NoSuchBackup("6200".into()),
        lookup(Records::NotReported),
        lookup(Records::Reported { records: vec![], unreadable: 0 }),
    ]
}

/// Called; the answer is lost.
fn unknown() -> Scene {
    let mut scene = Scene::new();
    scene.cloud_offset = Some(SignedDuration::ZERO);
    let attempt = scene.claim("a-1");
    scene.end(&attempt, &CallResult::Unknown(CallAnswer::default()));
    scene.lookup = Some(lookup(Records::NotReported));
    scene
}

/// Called and accepted, as this record or as none that is named.
fn accepted(record: Option<&str>) -> Scene {
    let mut scene = unknown();
    scene.status().attempts[0].outcome = None;
    let attempt = scene.status().attempts[0].clone();
    let replication_record_id = record.map(str::to_owned);
    let acceptance = Acceptance { replication_record_id, ..Acceptance::default() };
    scene.end(&attempt, &CallResult::Accepted(acceptance, CallAnswer::default()));
    scene
}

fn logs(entries: Vec<OperationLog>) -> Option<LogReading> {
    Some(LogReading::Entries(entries))
}

fn reads(scene: &Scene) -> Option<Duration> {
    match scene.decide() {
        Action::ReadLogs { since, max_age } => {
            assert_eq!(since, at(-2));
            Some(max_age)
        }
        Action::ReadCredential
        | Action::ListBackups
        | Action::Lookup { .. }
        | Action::Update { .. }
        | Action::Claim { .. } => None,
    }
}

#[test]
fn an_entry_settles_a_lost_answer_wherever_the_records_do_not_tell() {
    for lookup in blind() {
        let mut scene = unknown();
        scene.lookup = Some(lookup.clone());
        assert!(reads(&scene).is_some(), "{lookup:?}");
        scene.logs = logs(vec![entry("l-1", at(1))]);
        let (status, again) = scene.settled();
        assert_eq!(status.attempts[0].outcome, Some(Outcome::Accepted), "{lookup:?}");
        assert_eq!(status.origin, Some(Origin::Called));
        assert_eq!(status.operation_log_id.as_deref(), Some("l-1"));
        assert_eq!((&status.replication_record_id, again), (&None, Some(Duration::ZERO)));
        assert_eq!(condition(&status, "Ready").unwrap().0, "True");
    }
}

#[test]
fn no_entry_proves_nothing_ever() {
    for reading in [
        LogReading::Entries(vec![]),
        LogReading::Entries(vec![OperationLog {
            begun_by: BegunBy::Policy,
            ..entry("l-1", at(1))
        }]),
        LogReading::NotAvailable("403".into()),
        LogReading::Throttled { until: at(9) },
        LogReading::Unauthorized("401".into()),
        LogReading::Failed("503".into()),
    ] {
        for lookup in blind() {
            let mut scene = unknown();
            scene.lookup = Some(lookup);
            scene.logs = Some(reading.clone());
            scene.unchanged_for = MINUTE * 60 * 24 * 365;
            scene.now = at(60 * 60 * 24 * 365);
            let (status, again) = scene.settled();
            assert_eq!(status.attempts[0].outcome, Some(Outcome::Unknown), "{reading:?}");
            assert_eq!(condition(&status, "Stalled").unwrap().1, "OutcomeUnknown");
            assert!(again.is_some(), "it goes on looking");
        }
    }
}

#[test]
fn they_are_read_where_they_can_help_and_ever_more_seldom() {
    let mut scene = unknown();
    scene.unchanged_for = MINUTE * 8;
    scene.history.logs_ago = Some(MINUTE / 2);
    assert_eq!(reads(&scene), None);
    scene.history.logs_ago = Some(MINUTE * 2);
    assert!(reads(&scene).is_some_and(|max_age| !max_age.is_zero()));
    for lookup in [
        Lookup::Unauthorized("401".into()),
        Lookup::Failed("503".into()),
        Lookup::Throttled { until: at(9) },
        Lookup::Deferred { until: at(9) },
    ] {
        scene.lookup = Some(lookup);
        assert_eq!(reads(&scene), None);
    }
    scene.lookup = Some(Lookup::NotAvailable("404".into()));
    scene.target = crate::protocol::TargetReading::Callable { endpoint: "https://other".into() };
    assert_eq!(reads(&scene), None, "only the place of the call has logged it");
    let mut scene = unknown();
    scene.records_known = true;
    scene.lookup = Some(lookup(Records::Reported { records: vec![], unreadable: 0 }));
    assert_eq!(reads(&scene), None, "where absence is proven");
    let mut old = unknown();
    old.status().attempts[0].cloud_time = None;
    assert_eq!(reads(&old), None, "an attempt of an earlier version");
}

#[test]
fn before_anything_that_leads_to_a_call_they_are_read_at_once() {
    let mut scene = unknown();
    scene.resource.spec.on_unknown_outcome = Some(OnUnknownOutcome::CallAgain);
    scene.unchanged_for = MINUTE * 60;
    scene.history.logs_ago = Some(Duration::from_secs(1));
    assert_eq!(reads(&scene), Some(Duration::ZERO));
    let mut decided = unknown();
    decided.annotate("a-1:not-accepted");
    decided.unchanged_for = MINUTE * 2;
    decided.history.logs_ago = Some(Duration::from_secs(1));
    assert_eq!(reads(&decided), Some(Duration::ZERO));
    for mut scene in [scene, decided] {
        scene.logs = logs(vec![entry("l-1", at(1))]);
        assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Accepted));
        scene.logs = Some(LogReading::Throttled { until: at(9) });
        assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::Unknown));
        scene.logs = logs(vec![]);
        assert_eq!(scene.settled().0.attempts[0].outcome, Some(Outcome::NotAccepted));
    }
}

#[test]
fn a_copy_without_a_record_is_followed_to_each_of_its_ends() {
    for record in [Some("r-1"), None] {
        for (status, end, replicated) in [
            (LogStatus::Waiting, None, "False"),
            (LogStatus::Running, None, "False"),
            (LogStatus::Other("odd".into()), None, "False"),
            (LogStatus::Success, Some(TrackingEnd::Replicated), "True"),
            (LogStatus::Failed, Some(TrackingEnd::Failed), "False"),
            (LogStatus::Timeout, Some(TrackingEnd::Failed), "False"),
            (LogStatus::Skipped, Some(TrackingEnd::Skipped), "False"),
        ] {
            let mut scene = accepted(record);
            assert!(reads(&scene).is_some(), "{record:?}");
            let copy = OperationLog {
                progress: Some(40),
                destination_backup_id: Some("copy".into()),
                fail_code: Some("8888".into()),
                status: status.clone(),
                ..entry("l-1", at(1))
            };
            scene.logs = logs(vec![copy]);
            let (now, _) = scene.settled();
            assert_eq!(now.tracking_end, end, "{status}");
            assert_eq!(condition(&now, "Replicated").unwrap().0, replicated, "{status}");
            assert_eq!(now.operation_log_id.as_deref(), Some("l-1"));
            assert_eq!(now.replica_backup_id.as_deref(), Some("copy"));
            assert_eq!(now.replication_record_id.as_deref(), record);
            assert_eq!(
                now.fail_code.is_some(),
                matches!(end, Some(TrackingEnd::Failed | TrackingEnd::Skipped))
            );
            assert_eq!(now.attempts.len(), 1);
        }
    }
}

#[test]
fn once_it_is_found_it_is_followed_without_a_look_up_and_at_the_same_pace() {
    let mut scene = accepted(Some("r-1"));
    scene.logs = logs(vec![entry("l-1", at(1))]);
    scene.resource.status = Some(scene.settled().0);
    (scene.logs, scene.lookup) = (None, None);
    scene.history.logs_ago = Some(Duration::ZERO);
    assert_eq!(reads(&scene), None);
    scene.now = at(120);
    scene.history.logs_ago = Some(MINUTE * 2);
    assert!(reads(&scene).is_some());
    scene.credential = None;
    assert!(matches!(scene.decide(), Action::ReadCredential));
}

#[test]
fn what_is_never_shown_is_given_up_and_what_is_gone_is_told() {
    let end = |scene: &Scene| scene.settled().0.tracking_end;
    let mut scene = accepted(Some("r-1"));
    scene.now = at(30);
    scene.logs = logs(vec![]);
    assert_eq!(end(&scene), None, "it may be late");
    scene.logs = Some(LogReading::NotAvailable("403".into()));
    assert_eq!(end(&scene), None, "one odd answer");
    scene.history.no_logs_for = POLICY.lookup_patience;
    assert_eq!(end(&scene), Some(TrackingEnd::NotReported));
    scene.history.no_logs_for = Duration::ZERO;
    scene.now = at(3000);
    for reading in [LogReading::Entries(vec![]), LogReading::Failed("503".into())] {
        scene.logs = Some(reading);
        assert_eq!(end(&scene), Some(TrackingEnd::NotReported));
        scene.history.known_for = MINUTE;
        assert_eq!(end(&scene), None, "a clock that is ahead ends nothing");
        scene.history.known_for = MINUTE * 60;
    }
    scene.status().operation_log_id = Some("l-1".into());
    assert_eq!(end(&scene), None);
    scene.logs = logs(vec![]);
    scene.history.log_missing_for = POLICY.settling_time;
    assert_eq!(end(&scene), Some(TrackingEnd::RecordGone));
    scene.history.log_missing_for = Duration::ZERO;
    scene.now = at(48 * 60 * 60);
    assert_eq!(end(&scene), Some(TrackingEnd::LimitReached));
}

#[test]
fn while_a_later_reading_may_show_it_nobody_is_asked() {
    let mut scene = unknown();
    scene.lookup = Some(Lookup::NotAvailable("404".into()));
    for (reading, asked) in [
        (LogReading::Entries(vec![]), false),
        (LogReading::Failed("503".into()), false),
        (LogReading::Throttled { until: at(9) }, false),
        (LogReading::Unauthorized("401".into()), false),
        (LogReading::NotAvailable("403".into()), true),
    ] {
        scene.logs = Some(reading);
        assert_eq!(condition(&scene.settled().0, "Stalled").is_some(), asked, "{:?}", scene.logs);
    }
    scene.logs = None;
    scene.history.logs_ago = Some(Duration::from_millis(1));
    assert_eq!(condition(&scene.settled().0, "Stalled"), None, "as the last one said");
    scene.history.no_logs_for = Duration::from_millis(1);
    assert!(condition(&scene.settled().0, "Stalled").is_some());
    scene.history.no_logs_for = Duration::ZERO;
    scene.unchanged_for = MINUTE * 60;
    scene.logs = logs(vec![]);
    assert!(condition(&scene.settled().0, "Stalled").is_some(), "after the settling time");
}

#[test]
fn a_call_that_only_the_logs_show_holds_its_target_for_the_settling_time() {
    let mut scene = accepted(Some("r-1"));
    scene.logs = logs(vec![entry("l-1", at(1))]);
    scene.resource.status = Some(scene.settled().0);
    let held = crate::protocol::locked_target(&scene.resource).expect("it is held");
    assert!(held.is_held(at(1), POLICY.settling_time));
    assert!(!held.is_held(at(601), POLICY.settling_time));
}

#[test]
fn a_refused_credential_is_told_while_the_copy_is_followed_and_ends_nothing() {
    let mut scene = accepted(Some("r-1"));
    scene.logs = logs(vec![entry("l-1", at(1))]);
    scene.resource.status = Some(scene.settled().0);
    scene.logs = Some(LogReading::Unauthorized("401".into()));
    let (status, again) = scene.settled();
    assert_eq!(condition(&status, "Replicated").unwrap().1, "CredentialRejected");
    assert!(status.tracking_end.is_none() && again.is_some());
    scene.resource.status = Some(status);
    scene.logs = logs(vec![entry("l-1", at(1))]);
    assert_eq!(scene.settled().0.tracking_issue, None);
}

/// They are asked because they may help, and may not be there at all.
#[test]
fn a_decision_does_not_wait_without_end_for_logs_that_the_cloud_throttles() {
    for (throttled_for, waits) in
        [(Duration::ZERO, true), (MINUTE / 2, true), (MINUTE, false), (MINUTE * 600, false)]
    {
        let mut scene = unknown();
        scene.resource.spec.on_unknown_outcome = Some(OnUnknownOutcome::CallAgain);
        scene.unchanged_for = MINUTE * 60 * 24;
        scene.now = at(60 * 60 * 24);
        scene.logs = Some(LogReading::Throttled { until: scene.now + MINUTE * 30 });
        scene.history.logs_throttled_for = throttled_for;
        let (status, again) = scene.settled();
        let expected = if waits { Outcome::Unknown } else { Outcome::NotAccepted };
        assert_eq!(status.attempts[0].outcome, Some(expected), "{throttled_for:?}");
        assert!(again.is_some_and(|wait| wait <= MINUTE), "{throttled_for:?}: {again:?}");
    }
}

/// Called twice: the first call was taken as not accepted, the second was accepted.
fn called_twice() -> Scene {
    let mut scene = accepted(None);
    let mut first = scene.status().attempts[0].clone();
    first.outcome = Some(Outcome::NotAccepted);
    first.id = AttemptId::new("a-0");
    scene.status().attempts[0].number = 2;
    scene.status().attempts.push(first);
    scene
}

#[test]
fn a_double_that_only_the_logs_show_is_told() {
    let both = || logs(vec![entry("l-2", at(5)), entry("l-1", at(1))]);
    let mut scene = called_twice();
    scene.logs = both();
    let (status, _) = scene.settled();
    assert_eq!(status.operation_log_id, None, "neither can be told to be its own");
    assert_eq!(status.additional_records, ["operation-log-l-1"]);
    assert_eq!(condition(&status, "Stalled").unwrap().1, "AdditionalRecords");

    let mut followed = called_twice();
    followed.status().operation_log_id = Some("L1".into());
    followed.logs = both();
    assert_eq!(followed.settled().0.additional_records, ["operation-log-l-2"]);

    let mut one_entry = called_twice();
    one_entry.logs = logs(vec![entry("l-1", at(1))]);
    assert!(one_entry.settled().0.additional_records.is_empty());

    let mut one_call = accepted(None);
    one_call.logs = both();
    assert!(one_call.settled().0.additional_records.is_empty(), "one call is no double");
}
