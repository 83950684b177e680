use serde_json::{Value, json};

use super::*;
use crate::cbr::CloudError;
use crate::plugin::check::finding::Finding;
use crate::plugin::fixtures::resource;

fn answer(backup: Value) -> Result<Backup, LookUpError> {
    Ok(Backup::of_json(&json!({ "backup": backup })))
}

fn found(answer: &Result<Backup, LookUpError>, item: Item) -> Checked {
    let all = look_up(&resource(json!({})), answer);
    let mut of_item = all.into_iter().filter(|checked| checked.check == item);
    let found = of_item.next().unwrap();
    assert!(of_item.next().is_none(), "{item:?} twice");
    found
}

fn error(http_status: u16, code: &str) -> CloudError {
    let code = Some(code.to_owned()).filter(|code| !code.is_empty());
    CloudError { http_status, code, message: None, request_id: None, clock: None }
}

#[test]
fn every_answer_says_something_of_everything_once() {
    let errors = [
        LookUpError::NotAvailable(error(403, "APIGW.0302")),
        LookUpError::NotAvailable(error(403, "APIGW.0310")),
        LookUpError::NotAvailable(error(404, "APIG.0101")),
        LookUpError::Unauthorized(error(401, "")),
        LookUpError::Throttled { error: error(429, ""), retry_after: None },
        LookUpError::NoSuchBackup(error(404, "BackupService.6200")),
        LookUpError::Unavailable { text: "x".into(), retry_after: None },
        LookUpError::Unreadable { text: "x".into(), error: None },
    ];
    let answers = errors.into_iter().map(Err).chain([answer(json!({"id": "b"}))]);
    let looked_up = [Item::Credential, Item::Project, Item::LookUp];
    for answer in answers {
        for item in looked_up.into_iter().chain(OF_THE_BACKUP) {
            let checked = found(&answer, item);
            assert!(checked.detail.ends_with('.'), "{checked:?}");
            // Where no backup was seen, nothing is said to be well with it.
            let seen = answer.is_ok() || !OF_THE_BACKUP.contains(&item);
            assert!(seen || checked.result != Finding::Ok, "{answer:?}: {checked:?}");
        }
    }
}

#[test]
fn each_refusal_is_blamed_on_what_it_is_about() {
    for (why, item) in [
        (LookUpError::Unauthorized(error(401, "APIGW.0301")), Item::Credential),
        (LookUpError::NotAvailable(error(403, "APIGW.0310")), Item::Project),
        (LookUpError::NotAvailable(error(403, "APIGW.0302")), Item::LookUp),
        (LookUpError::NoSuchBackup(error(404, "BackupService.6200")), Item::Backup),
    ] {
        let all = look_up(&resource(json!({})), &Err(why));
        let blamed: Vec<_> = all.iter().filter(|one| one.result == Finding::Not).collect();
        assert_eq!(blamed.iter().map(|one| one.check).collect::<Vec<_>>(), [item], "{blamed:?}");
    }
}

#[test]
fn a_backup_that_cannot_be_replicated_is_named() {
    let server = "0daac4c5-6707-4851-97ba-169e36266b66";
    let disk = "d1603440-187d-4516-af25-121250c7cc97";
    for (status, expected) in [
        (json!("available"), Finding::Ok),
        (json!("protecting"), Finding::Not),
        (json!("error"), Finding::Not),
        (json!("new-state"), Finding::CannotTell),
        (json!(null), Finding::CannotTell),
    ] {
        let complete = found(&answer(json!({"status": status})), Item::Complete);
        assert_eq!(complete.result, expected, "{complete:?}");
    }
    for (image_type, provider, expected) in [
        ("backup", server, Finding::Ok),
        ("replication", server, Finding::Not),
        ("backup", disk, Finding::Not),
        ("backup", "another", Finding::CannotTell),
        ("", server, Finding::CannotTell),
    ] {
        let backup = json!({"image_type": image_type, "provider_id": provider});
        let kind = found(&answer(backup), Item::Kind);
        assert_eq!(kind.result, expected, "{image_type} {provider}: {kind:?}");
    }
}

#[test]
fn a_replica_in_the_way_is_named_before_the_1009() {
    let record = |region: &str, vault: Value, status: &str| {
        json!([{
            "id": "r1", "status": status, "destination_region": region,
            "destination_project_id": "d", "destination_vault_id": vault,
            "extra_info": {"auto_trigger": true},
        }])
    };
    for (records, expected, words) in [
        (json!(null), Finding::CannotTell, "does not report"),
        (json!([]), Finding::Ok, "no other"),
        (json!([{"status": "success"}]), Finding::CannotTell, "cannot be read"),
        (record("eu-nl", json!("V"), "success"), Finding::Ok, "adopts it"),
        (record("eu-nl", json!("w"), "replicating"), Finding::Not, "BackupService.1009"),
        (record("eu-nl", json!("w"), "replicating"), Finding::Not, "a policy of the cloud"),
        (record("eu-nl", json!("w"), "fail"), Finding::Ok, "no other"),
        (record("eu-nl", json!(null), "success"), Finding::CannotTell, "not shown"),
        (record("other", json!("w"), "success"), Finding::Ok, "no other"),
    ] {
        let replica = found(&answer(json!({"replication_records": records})), Item::Replica);
        assert_eq!(replica.result, expected, "{replica:?}");
        assert!(replica.detail.contains(words), "{replica:?}");
    }
}

#[test]
fn a_destination_is_judged_from_where_the_endpoint_is() {
    let regions = |value: Value| Ok(SourceRegion::of_json(&json!({ "regions": value })));
    let both = json!([
        {"name": "eu-de", "replication_destinations": ["eu-nl"]},
        {"name": "eu-nl", "replication_destinations": ["eu-de"]},
    ]);
    let only = json!([{"name": "eu-de", "replication_destinations": ["eu-nl", "x"]}]);
    let none = json!([{"name": "eu-de", "replication_destinations": []}]);
    for (endpoint, answer, expected) in [
        ("https://cbr.eu-de.example", regions(both.clone()), Finding::Ok),
        ("https://cbr.eu-nl.example", regions(both.clone()), Finding::Not),
        ("https://cbr.example", regions(both), Finding::CannotTell),
        ("https://cbr.example", regions(only), Finding::Ok),
        ("https://cbr.example", regions(none), Finding::Not),
        ("https://cbr.eu-de.example", regions(json!([])), Finding::CannotTell),
        ("https://cbr.eu-de.example", Err("HTTP 403".to_owned()), Finding::CannotTell),
    ] {
        let checked = destination(endpoint, "eu-nl", answer);
        assert_eq!(checked.result, expected, "{endpoint}: {checked:?}");
    }
}
