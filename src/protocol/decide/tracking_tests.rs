use std::time::Duration;

use crate::cbr::{RecordStatus, Records, ReplicationRecord};
use crate::protocol::decide::{Action, is_finished};
use crate::protocol::fixtures::cloud::{ours, reports, shows};
use crate::protocol::fixtures::{POLICY, Scene, at, condition};
use crate::protocol::lookup::Lookup;
use crate::protocol::lookup::{LookupHistory, shows_called_record};
use crate::resource::{
    BackupReplicationStatus, Origin, Phase, ReadyWhen, TrackingEnd, TrackingIssue,
};

fn record(status: RecordStatus, progress: u8) -> ReplicationRecord {
    ReplicationRecord { progress: Some(progress), ..ours("r-1", status) }
}

/// Accepted `age` ago, and last looked at so long ago that a look is due.
fn accepted(age: Duration) -> Scene {
    let mut scene = Scene::new();
    scene.claim("a-1");
    let status = scene.status();
    status.attempts[0].outcome = Some(crate::resource::Outcome::Accepted);
    status.origin = Some(Origin::Called);
    status.replication_record_id = Some("r-1".into());
    status.accepted_at = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at(0)));
    scene.now = at(i64::try_from(age.as_secs()).unwrap());
    scene.history = LookupHistory { known_for: age, ago: Some(age), ..LookupHistory::default() };
    scene.lookup = None;
    scene
}

const MINUTE: Duration = Duration::from_secs(60);

fn seen_as(scene: &mut Scene, look: Option<Lookup>) -> (BackupReplicationStatus, Option<Duration>) {
    scene.lookup = look;
    let (status, again) = scene.settled();
    scene.resource.status = Some(status.clone());
    (status, again)
}

#[test]
fn progress_is_followed_to_the_copy() {
    let mut scene = accepted(MINUTE);
    let (status, again) = seen_as(&mut scene, shows(vec![record(RecordStatus::Replicating, 40)]));
    assert_eq!((status.phase, status.progress), (Some(Phase::Replicating), Some(40)));
    assert_eq!(status.record_status.as_deref(), Some("replicating"));
    assert_eq!(condition(&status, "Ready").unwrap().0, "True");
    assert_eq!(condition(&status, "Replicated").unwrap(), ("False".into(), "Replicating".into()));
    assert!(again.is_some() && !is_finished(&scene.resource));

    let copied = ReplicationRecord {
        destination_backup_id: Some("copy".into()),
        ..record(RecordStatus::Success, 100)
    };
    let (status, again) = seen_as(&mut scene, shows(vec![copied]));
    assert_eq!(
        (status.phase, status.replica_backup_id.as_deref()),
        (Some(Phase::Succeeded), Some("copy"))
    );
    assert_eq!(condition(&status, "Replicated").unwrap().0, "True");
    assert!(status.completed_at.is_some() && again.is_none() && is_finished(&scene.resource));
}

/// The cloud's times have fractions of a second, and a status keeps none.
#[test]
fn a_look_that_shows_what_is_stored_already_changes_nothing() {
    let mut scene = accepted(MINUTE);
    let created_at = Some("2026-11-23T10:00:00.209782Z".parse().unwrap());
    let shown =
        || shows(vec![ReplicationRecord { created_at, ..record(RecordStatus::Replicating, 40) }]);
    let (status, _) = seen_as(&mut scene, shown());
    let stored: BackupReplicationStatus =
        serde_json::from_value(serde_json::to_value(status).unwrap()).unwrap();
    scene.resource.status = Some(stored.clone());
    let (status, _) = seen_as(&mut scene, shown());
    assert_eq!(status, stored);
}

#[test]
fn ready_waits_for_the_copy_where_it_is_asked_to() {
    let mut scene = accepted(MINUTE);
    scene.resource.spec.ready_when = Some(ReadyWhen::Replicated);
    let (status, _) = seen_as(&mut scene, shows(vec![record(RecordStatus::WaitingReplicate, 0)]));
    assert_eq!(condition(&status, "Ready").unwrap(), ("False".into(), "Replicating".into()));
    assert_eq!(condition(&status, "Reconciling").unwrap().0, "True");
    let (status, _) = seen_as(&mut scene, shows(vec![record(RecordStatus::Success, 100)]));
    assert_eq!(condition(&status, "Ready").unwrap(), ("True".into(), "Replicated".into()));
    assert_eq!(condition(&status, "Reconciling"), None);
}

#[test]
fn a_failure_takes_ready_back_with_the_clouds_words() {
    for (end, reason) in
        [(RecordStatus::Fail, "ReplicationFailed"), (RecordStatus::Skip, "ReplicationSkipped")]
    {
        let mut scene = accepted(MINUTE);
        let (status, _) = seen_as(&mut scene, shows(vec![record(RecordStatus::Replicating, 40)]));
        assert_eq!(condition(&status, "Ready").unwrap().0, "True");
        let failed = ReplicationRecord {
            fail_code: Some("BackupService.1006".into()),
            fail_reason: Some("import failed".into()),
            ..record(end, 40)
        };
        let (status, again) = seen_as(&mut scene, shows(vec![failed]));
        assert_eq!((status.phase, again), (Some(Phase::Failed), None));
        for kind in ["Ready", "Stalled", "Replicated"] {
            assert_eq!(condition(&status, kind).unwrap().1, reason);
        }
        assert_eq!(condition(&status, "Ready").unwrap().0, "False");
        let message = &status.conditions.iter().find(|c| c.type_ == "Ready").unwrap().message;
        assert!(message.contains("BackupService.1006: import failed."), "{message}");
        assert!(is_finished(&scene.resource));
    }
}

/// How it ends where the look, after others like it for so long, shows the record no more, or never
/// did.
#[test]
fn what_is_not_shown_ends_in_its_own_way() {
    let none = || shows(vec![]);
    let no_list = || reports(Records::NotReported);
    let no_look_up = || Some(Lookup::NotAvailable("405".into()));
    let no_backup = || Some(Lookup::NoSuchBackup("BackupService.6200".into()));
    let long = POLICY.settling_time;
    for (look, was_shown, missing_for, end) in [
        (no_list(), false, Duration::ZERO, Some(TrackingEnd::NotReported)),
        (no_list(), true, Duration::ZERO, None),
        (no_list(), true, long, Some(TrackingEnd::NotReported)),
        (no_look_up(), false, Duration::ZERO, Some(TrackingEnd::NotReported)),
        (no_look_up(), true, Duration::ZERO, None),
        (no_look_up(), true, long, Some(TrackingEnd::NotReported)),
        (none(), false, Duration::ZERO, None),
        (none(), false, long, Some(TrackingEnd::NotReported)),
        (none(), true, Duration::ZERO, None),
        (none(), true, long, Some(TrackingEnd::RecordGone)),
        (no_backup(), false, Duration::ZERO, None),
        (no_backup(), true, long, Some(TrackingEnd::BackupGone)),
    ] {
        let mut scene = accepted(MINUTE);
        if was_shown {
            seen_as(&mut scene, shows(vec![record(RecordStatus::Replicating, 40)]));
        }
        scene.history.not_shown_for = missing_for;
        let case = format!("{look:?} {was_shown} {missing_for:?}");
        let (status, again) = seen_as(&mut scene, look);
        assert_eq!(status.tracking_end, end, "{case}");
        assert_eq!(again.is_none(), end.is_some(), "{case}");
        assert_eq!(condition(&status, "Ready").unwrap().0, "True", "{case}");
        if end.is_some() {
            assert_eq!(condition(&status, "Replicated").unwrap().0, "Unknown", "{case}");
            scene.resource.spec.ready_when = Some(ReadyWhen::Replicated);
            let (status, _) = seen_as(&mut scene, None);
            assert_eq!(condition(&status, "Stalled").unwrap().0, "True", "{case}");
        }
    }
}

#[test]
fn what_hinders_a_look_is_told_and_goes_on_by_itself() {
    let unauthorized = || Some(Lookup::Unauthorized("401".into()));
    let failed = || Some(Lookup::Failed("503".into()));
    let mut scene = accepted(MINUTE);
    let (status, again) = seen_as(&mut scene, unauthorized());
    assert_eq!(
        (status.tracking_issue, again.is_some()),
        (Some(TrackingIssue::CredentialRejected), true)
    );
    assert_eq!(
        condition(&status, "Replicated").unwrap(),
        ("Unknown".into(), "CredentialRejected".into())
    );
    assert_eq!(condition(&status, "Ready").unwrap().0, "True");
    let (status, _) = seen_as(&mut scene, shows(vec![record(RecordStatus::Replicating, 40)]));
    assert_eq!(status.tracking_issue, None);

    let (status, _) = seen_as(&mut scene, failed());
    assert_eq!(status.tracking_issue, None, "a look that fails is no news");
    scene.history.failing_for = MINUTE * 10;
    let (status, _) = seen_as(&mut scene, failed());
    assert_eq!(status.tracking_issue, Some(TrackingIssue::LookUpFailed));

    scene.credential = Some(crate::protocol::CredentialReading::Problem(
        crate::protocol::CredentialProblem::NotFound,
    ));
    let (status, _) = seen_as(&mut scene, None);
    assert_eq!(status.tracking_issue, Some(TrackingIssue::CredentialNotFound));
}

#[test]
fn nobody_is_followed_for_ever() {
    let limit = POLICY.tracking_limit;
    for look in [
        shows(vec![record(RecordStatus::Replicating, 40)]),
        shows(vec![]),
        Some(Lookup::Unauthorized("401".into())),
        Some(Lookup::Failed("503".into())),
        Some(Lookup::Throttled { until: at(i64::MAX / 1_000_000_000_000) }),
    ] {
        let mut scene = accepted(limit);
        let (status, again) = seen_as(&mut scene, look);
        assert_eq!((status.tracking_end, again), (Some(TrackingEnd::LimitReached), None));
        assert_eq!(status.completed_at, None);
    }
    let mut scene = accepted(limit);
    let (status, _) = seen_as(&mut scene, shows(vec![record(RecordStatus::Success, 100)]));
    assert_eq!(
        status.tracking_end,
        Some(TrackingEnd::Replicated),
        "what the last look shows counts"
    );
    // After a restart the first look comes before the limit counts.
    let mut scene = accepted(limit);
    scene.history.ago = None;
    let (status, _) = seen_as(&mut scene, Some(Lookup::Deferred { until: at(90_000) }));
    assert_eq!(status.tracking_end, None);
}

#[test]
fn looks_come_ever_more_seldom_and_can_be_shared() {
    let mut before = Duration::ZERO;
    for age in [0, 8, 60, 600, 3600, 80_000].map(Duration::from_secs) {
        let mut scene = accepted(age);
        scene.history.ago = Some(Duration::ZERO);
        let (_, again) = scene.settled();
        let again = again.unwrap();
        assert!(
            again >= before && again >= Duration::from_millis(1600) && again <= MINUTE * 6,
            "{age:?}: {again:?}"
        );
        before = again;
        scene.history.ago = Some(again);
        scene.now = scene.now.checked_add(again).unwrap();
        let Action::Lookup { max_age } = scene.decide() else { panic!("{age:?}: no look") };
        assert!(max_age >= again / 2 && max_age <= again, "{age:?}: {again:?}, {max_age:?}");
    }
}

#[test]
fn a_process_that_has_just_begun_spreads_its_looks() {
    let waits: Vec<_> = (0..20)
        .map(|number| {
            let mut scene = accepted(MINUTE * 60);
            scene.resource.spec.name_backup(&format!("b-{number}"));
            scene.history = LookupHistory::default();
            scene.settled().1.unwrap()
        })
        .collect();
    let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    assert!(*least < MINUTE && *most > MINUTE * 3, "{waits:?}");
}

#[test]
fn following_leaves_the_attempt_and_its_record_alone() {
    let mut scene = accepted(MINUTE);
    let before = scene.status().clone();
    let (after, _) = seen_as(&mut scene, shows(vec![record(RecordStatus::Success, 100)]));
    assert_eq!(after.attempts, before.attempts);
    assert_eq!(after.replication_record_id, before.replication_record_id);
    assert_eq!(after.accepted_at, before.accepted_at);
}

#[test]
fn only_the_record_of_a_call_of_its_own_shows_that_records_are_reported() {
    let shown = shows(vec![record(RecordStatus::Fail, 0)]).unwrap();
    let not_shown = shows(vec![]).unwrap();
    let failed = Lookup::Failed("503".into());
    for (origin, reported) in
        [(Origin::Called, true), (Origin::Adopted, false), (Origin::Declared, false)]
    {
        let mut scene = accepted(MINUTE);
        let record = scene.status().replication_record_id.clone();
        scene.status().origin = Some(origin);
        assert!(!shows_called_record(&scene.resource, &shown), "no answer named it");
        scene.status().attempts[0].record_id = Some("another".to_owned());
        assert!(!shows_called_record(&scene.resource, &shown), "an answer named another");
        scene.status().attempts[0].record_id = record;
        assert_eq!(shows_called_record(&scene.resource, &shown), reported, "{origin:?}");
        assert!(!shows_called_record(&scene.resource, &not_shown));
        assert!(!shows_called_record(&scene.resource, &failed));
    }
    assert!(!shows_called_record(&Scene::new().resource, &shown), "nothing was called for");
}

#[test]
fn absence_counts_where_a_record_of_a_call_was_shown_elsewhere() {
    for (records_known, expected) in [(false, "OutcomeUnknown"), (true, "NotAccepted")] {
        let mut scene = Scene::new();
        scene.lookup = shows(vec![]);
        scene.claim("a-1");
        scene.status().attempts[0].outcome = Some(crate::resource::Outcome::Unknown);
        scene.records_known = records_known;
        scene.unchanged_for = POLICY.settling_time + Duration::from_secs(75);
        let (status, _) = scene.settled();
        assert_eq!(condition(&status, "Ready").unwrap().1, expected);
    }
}
