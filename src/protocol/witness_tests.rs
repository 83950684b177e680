use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::*;
use crate::cbr::{BegunBy, LogStatus, OperationLogId};
use crate::protocol::fixtures::{Scene, at};
use crate::protocol::logged_calls::logged_calls;
use crate::protocol::policy::shortest_claim_lifetime;
use crate::protocol::target::CallTarget;
use crate::resource::Outcome;

/// An entry of a call for the resource of the fixtures.
pub(crate) fn entry(id: &str, began: Timestamp) -> OperationLog {
    OperationLog {
        id: OperationLogId::parse(id).unwrap(),
        status: LogStatus::Running,
        began_at: Some(began),
        begun_by: BegunBy::Call,
        source_backup_id: Some("B".into()),
        destination_region: Some("EU-NL".into()),
        destination_project_id: Some("dp".into()),
        destination_backup_id: None,
        progress: None,
        fail_code: None,
        fail_reason: None,
    }
}

fn claimed_one() -> (Scene, Attempt) {
    let mut scene = Scene::new();
    scene.cloud_offset = Some(SignedDuration::from_hours(5));
    let attempt = scene.claim("a-1");
    (scene, attempt)
}

fn cloud(second: i64) -> Timestamp {
    at(second) + SignedDuration::from_hours(5)
}

#[test]
fn an_entry_is_the_calls_only_if_all_of_it_fits() {
    let (scene, attempt) = claimed_one();
    assert_eq!(attempt.cloud_time.as_ref().map(|time| time.0), Some(cloud(0)));
    let last = shortest_claim_lifetime(&attempt).as_secs() as i64 + 2;
    let base = || entry("l-1", cloud(1));
    let cases = [
        (base(), true),
        (OperationLog { begun_by: BegunBy::Policy, ..base() }, false),
        (OperationLog { source_backup_id: None, ..base() }, false),
        (OperationLog { source_backup_id: Some("other".into()), ..base() }, false),
        (OperationLog { destination_region: None, ..base() }, false),
        (OperationLog { destination_region: Some("eu-de".into()), ..base() }, false),
        (OperationLog { destination_project_id: None, ..base() }, true),
        (OperationLog { destination_project_id: Some("other".into()), ..base() }, false),
        (OperationLog { began_at: None, ..base() }, false),
        (entry("l-1", cloud(-2)), true),
        (entry("l-1", cloud(-3)), false),
        (entry("l-1", at(1)), false),
        (entry("l-1", cloud(last)), true),
        (entry("l-1", cloud(last + 1)), false),
    ];
    for status in [
        LogStatus::Waiting,
        LogStatus::Running,
        LogStatus::Success,
        LogStatus::Failed,
        LogStatus::Skipped,
        LogStatus::Timeout,
        LogStatus::Other("odd".into()),
    ] {
        let entries = [OperationLog { status, ..base() }];
        let found = entry_of(&entries, &attempt, &scene.resource, &[]);
        assert!(found.is_some(), "whatever came of it, it was accepted");
    }
    for (entry, expected) in cases {
        let entries = [entry];
        let found = entry_of(&entries, &attempt, &scene.resource, &[]);
        assert_eq!(found.is_some(), expected, "{entries:?}");
        let taken = [LoggedCalls { entry: Some("L1".to_owned()), ..another(cloud(900)) }];
        let known = entry_of(&entries, &attempt, &scene.resource, &taken);
        assert_eq!(known, None, "known to be another's, in any spelling");
    }
}

/// Another resource's call for the same target, claimed then.
fn another(claimed: Timestamp) -> LoggedCalls {
    let (scene, mut attempt) = claimed_one();
    attempt.cloud_time = Some(Time(claimed));
    let target = CallTarget::of(&scene.resource).unwrap();
    LoggedCalls { target, times: vec![CallTime::of(&attempt).unwrap()], entry: None }
}

#[test]
fn of_several_entries_none_can_be_told_to_be_the_calls() {
    let (scene, attempt) = claimed_one();
    let entries = [entry("l-9", cloud(9)), entry("l-1", cloud(1))];
    assert_eq!(entry_of(&entries, &attempt, &scene.resource, &[]), None);
    let taken = [LoggedCalls { entry: Some("l-1".to_owned()), ..another(cloud(900)) }];
    let found = entry_of(&entries, &attempt, &scene.resource, &taken);
    assert_eq!(found.map(|entry| entry.id.as_str()), Some("l-9"));
}

#[test]
fn an_entry_that_several_pages_show_is_one() {
    let (scene, attempt) = claimed_one();
    let entries = [entry("l-1", cloud(1)), entry("L1", cloud(1)), entry("l-1", cloud(1))];
    let found = entry_of(&entries, &attempt, &scene.resource, &[]);
    assert_eq!(found.map(|entry| entry.id.as_str()), Some("l-1"));
}

#[test]
fn an_entry_that_anothers_call_may_have_made_is_nobodys() {
    let (scene, attempt) = claimed_one();
    let entries = [entry("l-1", cloud(5))];
    let lifetime = shortest_claim_lifetime(&attempt).as_secs() as i64;
    for (claimed, found) in [(5, false), (-60, false), (7, false), (8, true), (2 - lifetime, true)]
    {
        let others = [another(cloud(claimed))];
        let entry = entry_of(&entries, &attempt, &scene.resource, &others);
        assert_eq!(entry.is_some(), found, "{claimed}");
    }
}

#[test]
fn what_can_have_been_accepted_is_told_to_others() {
    for (outcome, told) in [
        (None, true),
        (Some(Outcome::Unknown), true),
        (Some(Outcome::Accepted), true),
        (Some(Outcome::NotAccepted), true),
        (Some(Outcome::NotSent), false),
        (Some(Outcome::Rejected), false),
    ] {
        let (mut scene, _) = claimed_one();
        scene.status().attempts[0].outcome = outcome;
        assert_eq!(logged_calls(&scene.resource).is_some(), told, "{outcome:?}");
        scene.status().record_status = Some("success".to_owned());
        assert_eq!(logged_calls(&scene.resource), None, "its record is shown");
        scene.status().operation_log_id = Some("l-1".to_owned());
        assert_eq!(logged_calls(&scene.resource).is_some(), told, "by the logs alone");
    }
}

#[test]
fn without_the_clouds_time_no_entry_is_anybodys() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    assert_eq!(attempt.cloud_time, None);
    let entries = [entry("l-1", at(1))];
    assert_eq!(entry_of(&entries, &attempt, &scene.resource, &[]), None);
}
