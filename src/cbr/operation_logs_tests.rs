use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::cbr::Token;

fn credential() -> Credential {
    Credential::Token(Token::from_bytes(b"MIIabcdefghijklmnopqrstuvwxyz").unwrap())
}

fn entry() -> Value {
    json!({
        "id": "8a3d", "operation_type": "replication", "status": "running", "policy_id": null,
        "created_at": "2026-11-23T10:00:00.5", "started_at": "2026-11-23T10:00:03Z",
        "error_info": {"code": "", "message": ""},
        "extra_info": {
            "common": {"progress": 40, "request_id": "req", "task_id": "t"},
            "replication": {
                "source_backup_id": "b", "source_region": "eu-de", "source_project_id": "p",
                "destination_region": "eu-nl", "destination_project_id": "dp",
                "destination_backup_id": null,
            },
        },
    })
}

fn read(entries: Value) -> LogPage {
    LogPage::read(&json!({"operation_logs": entries, "count": 1}), &credential()).unwrap()
}

#[test]
fn an_entry_is_read_with_all_that_it_tells() {
    let page = read(json!([entry()]));
    let [log] = &page.entries[..] else { panic!("{page:?}") };
    assert_eq!((log.id.as_str(), &log.status), ("8a3d", &LogStatus::Running));
    assert_eq!(log.began_at, Some("2026-11-23T10:00:00.5Z".parse().unwrap()));
    assert!(log.begun_by == BegunBy::Call && !page.may_continue);
    assert!(log.source_backup_id.as_ref().is_some_and(|id| id.is("B")));
    assert!(log.destination_region.as_ref().is_some_and(|region| region.is("eu-nl")));
    assert_eq!(
        (log.progress, &log.destination_backup_id, &log.fail_code),
        (Some(40), &None, &None)
    );
}

#[test]
fn what_is_no_replication_or_has_no_usable_id_is_no_entry() {
    for (key, value) in [
        ("operation_type", json!("backup")),
        ("operation_type", json!(null)),
        ("id", json!(null)),
        ("id", json!("a b")),
        ("id", json!("MIIabcdefghijklmnopqrstuvwxyz")),
    ] {
        let mut entry = entry();
        entry[key] = value.clone();
        assert!(read(json!([entry])).entries.is_empty(), "{key} {value}");
    }
}

#[test]
fn a_full_page_may_continue_and_anything_else_is_no_page() {
    assert!(read(json!(vec![entry(); PAGE])).may_continue);
    for body in [json!({}), json!([]), json!({"operation_logs": null}), json!({"logs": []})] {
        assert_eq!(LogPage::read(&body, &credential()), None, "{body}");
    }
}

proptest! {
    #[test]
    fn no_value_of_a_member_is_fatal(key in "[a-z_]{1,16}", text in any::<String>(), number in any::<i64>()) {
        for value in [json!(text), json!(number), json!([text]), json!({"replication": text})] {
            for member in ["status", "created_at", "error_info", "extra_info", key.as_str()] {
                let mut entry = entry();
                entry[member] = value.clone();
                read(json!([entry]));
            }
        }
    }
}
