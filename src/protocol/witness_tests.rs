use jiff::SignedDuration;

use super::*;
use crate::cbr::{BegunBy, LogStatus, OperationLogId};
use crate::protocol::fixtures::{POLICY, Scene, at};

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

fn claimed() -> (Scene, Attempt) {
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
    let (scene, attempt) = claimed();
    assert_eq!(attempt.cloud_time.as_ref().map(|time| time.0), Some(cloud(0)));
    let last = POLICY.settles_after(&attempt).as_secs() as i64 - 2;
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
        let found = entry_of(&entries, &attempt, &scene.resource, &POLICY, &[]);
        assert!(found.is_some(), "whatever came of it, it was accepted");
    }
    for (entry, expected) in cases {
        let entries = [entry];
        let found = entry_of(&entries, &attempt, &scene.resource, &POLICY, &[]);
        assert_eq!(found.is_some(), expected, "{entries:?}");
        let others = ["L1".to_owned()];
        let known = entry_of(&entries, &attempt, &scene.resource, &POLICY, &others);
        assert_eq!(known, None, "known to be another's, in any spelling");
    }
}

#[test]
fn of_several_entries_the_first_is_the_calls() {
    let (scene, attempt) = claimed();
    let entries = [entry("l-9", cloud(9)), entry("l-1", cloud(1)), entry("l-5", cloud(5))];
    let found = entry_of(&entries, &attempt, &scene.resource, &POLICY, &[]);
    assert_eq!(found.map(|entry| entry.id.as_str()), Some("l-1"));
}

#[test]
fn without_the_clouds_time_no_entry_is_anybodys() {
    let mut scene = Scene::new();
    let attempt = scene.claim("a-1");
    assert_eq!(attempt.cloud_time, None);
    let entries = [entry("l-1", at(1))];
    assert_eq!(entry_of(&entries, &attempt, &scene.resource, &POLICY, &[]), None);
}
