use super::*;
use proptest::prelude::*;
use serde_json::json;

fn token() -> Credential {
    Credential::Token(crate::cbr::Token::from_bytes(b"MIIabcdefghijklmnopqrstuvwxyz").unwrap())
}

fn asked() -> BackupId {
    BackupId::parse("b-1").unwrap()
}

fn records(value: Value) -> Records {
    Backup::read(&json!({"backup": {"replication_records": value}}), &asked(), &token())
        .unwrap()
        .replication_records
}

fn only(value: Value) -> ReplicationRecord {
    match records(json!([value])) {
        Records::Reported { mut records, unreadable: 0 } if records.len() == 1 => records.remove(0),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_record_is_read_whole() {
    let record = only(json!({
        "id": "r-1", "status": "replicating", "created_at": "2020-02-05T10:38:34.209782",
        "source_region": "a", "source_project_id": "b", "source_backup_id": "c", "source_checkpoint_id": "d", "vault_id": "e",
        "destination_region": "f", "destination_project_id": "g", "destination_vault_id": "h", "destination_backup_id": "i",
        "destination_checkpoint_id": "j",
        "extra_info": {"progress": 40, "fail_code": "k", "fail_reason": "l", "auto_trigger": true, "destination_vault_id": "m"},
        "new": {"x": []},
    }));
    let text = |text: &str| Some(text.to_owned());
    let value = |text: &str| Some(CloudValue::from(text));
    let expected = ReplicationRecord {
        id: RecordId::parse("r-1").unwrap(),
        status: RecordStatus::Replicating,
        created_at: Some("2020-02-05T10:38:34.209782Z".parse().unwrap()),
        source_region: value("a"),
        source_project_id: value("b"),
        source_backup_id: value("c"),
        destination_region: value("f"),
        destination_project_id: value("g"),
        destination_vault_id: value("h"),
        destination_backup_id: value("i"),
        progress: Some(40),
        fail_code: text("k"),
        fail_reason: text("l"),
        begun_by: BegunBy::Policy,
    };
    assert_eq!(record, expected);
}

#[test]
fn an_id_is_enough_and_nulls_and_odd_types_do_no_harm() {
    for odd in [json!(null), json!([]), json!({}), json!(true), json!("")] {
        let record = only(json!({
            "id": 17, "status": odd, "created_at": odd, "destination_region": odd, "destination_vault_id": odd, "extra_info": odd,
        }));
        assert_eq!(record.id.as_str(), "17");
        assert_eq!(record.status, RecordStatus::Other(String::new()));
        assert_eq!(
            (record.created_at, record.destination_region, record.destination_vault_id),
            (None, None, None)
        );
    }
}

#[test]
fn a_token_that_contains_the_names_changes_no_comparison() {
    let token = Credential::Token(
        crate::cbr::Token::from_bytes(b"svc-ap-southeast-1-replicating-available-0daac4c56707")
            .unwrap(),
    );
    let body = json!({"backup": {"status": "available", "replication_records": [{
        "id": "r-1", "status": "replicating", "destination_region": "AP-SOUTHEAST-1",
        "destination_project_id": "0daac4c56707", "extra_info": {"destination_vault_id": "0daac4c56707"},
    }]}});
    let backup = Backup::read(&body, &asked(), &token).unwrap();
    assert_eq!(backup.status, Some(BackupStatus::Available));
    let Records::Reported { records, unreadable: 0 } = &backup.replication_records else {
        panic!("{backup:?}")
    };
    let record = &records[0];
    assert_eq!(record.status, RecordStatus::Replicating);
    for (value, ours) in [
        (&record.destination_region, "ap-southeast-1"),
        (&record.destination_project_id, "0daac4c56707"),
        (&record.destination_vault_id, "0daac4c5-6707"),
    ] {
        assert!(value.as_ref().is_some_and(|value| value.is(ours)), "{ours}: {record:?}");
    }
    let shown = format!("{backup:?}").to_lowercase();
    assert!(!shown.contains("southeast") && !shown.contains("0daac4c5"), "{shown}");
}

#[test]
fn the_vault_may_stand_in_extra_info() {
    let record = only(
        json!({"id": "r", "destination_vault_id": null, "extra_info": {"destination_vault_id": "v"}}),
    );
    assert_eq!(record.destination_vault_id, Some("v".into()));
}

#[test]
fn progress_is_a_percentage_or_nothing() {
    for (progress, expected) in [
        (json!(0), Some(0)),
        (json!("40"), Some(40)),
        (json!(100), Some(100)),
        (json!(101), None),
        (json!(-1), None),
        (json!(300), None),
        (json!(null), None),
    ] {
        assert_eq!(
            only(json!({"id": "r", "extra_info": {"progress": progress}})).progress,
            expected
        );
    }
    let failed = only(
        json!({"id": "r", "extra_info": {"fail_code": "", "fail_reason": "x\nMIIabcdefghij"}}),
    );
    assert_eq!((failed.fail_code, failed.fail_reason.as_deref()), (None, Some("x [redacted]")));
}

#[test]
fn every_documented_state_is_known_and_others_are_kept() {
    for (text, expected) in [
        ("waiting_replicate", RecordStatus::WaitingReplicate),
        ("replicating", RecordStatus::Replicating),
        ("success", RecordStatus::Success),
        ("SUCCESS", RecordStatus::Success),
        ("fail", RecordStatus::Fail),
        ("skip", RecordStatus::Skip),
        ("paused", RecordStatus::Other("paused".to_owned())),
    ] {
        assert_eq!(only(json!({"id": "r", "status": text})).status, expected);
    }
    let backup =
        |value: Value| Backup::read(&json!({ "backup": value }), &asked(), &token()).unwrap();
    let replica = backup(json!({"status": "waiting_protect", "image_type": "replication"}));
    assert_eq!(
        (replica.status, replica.image_type),
        (Some(BackupStatus::WaitingProtect), Some(ImageType::Replication))
    );
    assert_eq!(backup(json!({"status": null})).status, None);
    for known in [
        "available",
        "protecting",
        "deleting",
        "restoring",
        "error",
        "waiting_protect",
        "waiting_delete",
        "waiting_restore",
    ] {
        let status = backup(json!({"status": known})).status.unwrap();
        assert!(!matches!(status, BackupStatus::Other(_)));
        assert_eq!(status.to_string(), known);
    }
}

#[test]
fn a_missing_list_is_not_an_empty_one() {
    for value in [
        json!({}),
        json!({"replication_records": null}),
        json!({"replication_records": {}}),
        json!({"replication_records": "[]"}),
    ] {
        let backup = Backup::read(&json!({ "backup": value }), &asked(), &token()).unwrap();
        assert_eq!(backup.replication_records, Records::NotReported, "{value}");
    }
    assert_eq!(records(json!([])), Records::Reported { records: vec![], unreadable: 0 });
}

#[test]
fn a_record_that_cannot_be_read_is_counted() {
    let read = records(
        json!([{"id": "r"}, {}, {"id": null}, {"id": "a b"}, null, "r", [], {"id": "MIIabcdefghij"}]),
    );
    let Records::Reported { records, unreadable } = read else { panic!("{read:?}") };
    assert_eq!((records.len(), unreadable), (1, 7));
}

#[test]
fn what_is_no_backup_is_not_taken_for_one() {
    for body in [
        json!({}),
        json!({"backup": null}),
        json!({"backup": []}),
        json!([]),
        json!({"id": "b", "replication_records": []}),
    ] {
        assert_eq!(Backup::read(&body, &asked(), &token()), Err(NotShown::NoBackup), "{body}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "id",
        "status",
        "created_at",
        "extra_info",
        "progress",
        "destination_vault_id",
        "backup",
        "replication_records",
    ]);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_record_is_ever_lost(items in prop::collection::vec(any_json(), 0..8)) {
        let count = items.len();
        let read = records(Value::Array(items));
        let Records::Reported { records, unreadable } = read else { panic!("{read:?}") };
        prop_assert_eq!(records.len() + unreadable, count);
    }
}
