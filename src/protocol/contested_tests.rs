use serde_json::{Value, json};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn says(message: &str) -> BackupReplicationStatus {
    serde_json::from_value(json!({
        "observedGeneration": 1,
        "phase": "Pending",
        "conditions": [{
            "type": "Ready", "status": "False", "reason": "EndpointRefused", "message": message,
            "observedGeneration": 1, "lastTransitionTime": "2026-11-23T10:00:00Z",
        }],
    }))
    .unwrap()
}

/// Each field of a status with a value that differs from an absent one.
fn filled() -> Value {
    json!({
        "observedGeneration": 7, "phase": "Failed", "origin": "Called",
        "replicationRecordId": "r", "sourceRegion": "s", "backupId": "b", "projectId": "p",
        "providerId": "q", "destinationProjectId": "dp", "destinationRegion": "eu-nl",
        "destinationVaultId": "v", "additionalRecords": ["r-2"], "declinedRecords": ["r-3"],
        "attempts": [{
            "id": "a-1", "number": 1, "generation": 1, "endpoint": "https://cbr.example",
            "claimedAt": "2026-11-23T10:00:00Z", "claimedBy": "other", "window": "10s",
            "limit": "60s",
        }],
        "decision": "a-1:not-accepted", "decisionAttempt": "a-1",
        "acceptedAt": "2026-11-23T10:00:00Z", "recordCreatedAt": "2026-11-23T10:00:00Z",
        "recordStatus": "replicating", "recordShownTo": "t@1", "progress": 10,
        "replicaBackupId": "c", "failCode": "f", "failReason": "g",
        "completedAt": "2026-11-23T10:00:00Z", "trackingEnd": "Replicated",
        "trackingIssue": "EndpointRefused",
        "conditions": says("m").conditions,
    })
}

#[test]
fn every_field_but_words_conditions_and_phase_is_a_fact() {
    let Value::Object(all) = filled() else { panic!("no object") };
    let known: BackupReplicationStatus = serde_json::from_value(filled()).unwrap();
    let fields = serde_json::to_value(&known).unwrap();
    assert_eq!(fields.as_object().unwrap().len(), all.len(), "each field is filled");
    let words = ["observedGeneration", "phase", "conditions", "trackingIssue"];
    for (field, value) in all {
        let only: BackupReplicationStatus =
            serde_json::from_value(json!({field.as_str(): value})).unwrap();
        let is_fact = !words.contains(&field.as_str());
        assert_eq!(has_new_facts(None, &only), is_fact, "{field}");
        assert_eq!(has_new_facts(Some(&only), &Default::default()), is_fact, "{field} goes");
    }
}

#[test]
fn who_is_written_over_waits_longer_each_time() {
    let (own, theirs) = (says("own"), says("theirs"));
    let mut memory = OwnStatus::default();
    let mut now = Duration::ZERO;
    assert_eq!(memory.may_write(Some(&theirs), &own, now), MayWrite::Now, "the first word");
    let mut waits = Vec::new();
    for _ in 0..9 {
        memory.wrote(Some(&own));
        assert_eq!(memory.may_write(Some(&own), &says("new"), now), MayWrite::Now, "its own");
        let MayWrite::After { wait, is_news: true } = memory.may_write(Some(&theirs), &own, now)
        else {
            panic!("it does not wait");
        };
        let again = memory.may_write(Some(&says("other words")), &own, now + wait / 2);
        assert_eq!(again, MayWrite::After { wait: wait - wait / 2, is_news: false });
        now += wait;
        assert_eq!(memory.may_write(Some(&theirs), &own, now), MayWrite::Now);
        waits.push(wait.as_secs() / 60);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60], "minutes");
}

#[test]
fn facts_and_another_generation_never_wait() {
    let (own, theirs) = (says("own"), says("theirs"));
    let mut memory = OwnStatus::default();
    memory.wrote(Some(&own));
    let claimed = BackupReplicationStatus {
        attempts: serde_json::from_value(filled()["attempts"].clone()).unwrap(),
        ..says("claimed")
    };
    assert_eq!(memory.may_write(Some(&theirs), &claimed, Duration::ZERO), MayWrite::Now);
    // What another has added is to be told at once.
    let told = BackupReplicationStatus { conditions: own.conditions.clone(), ..claimed.clone() };
    assert_eq!(memory.may_write(Some(&claimed), &told, Duration::ZERO), MayWrite::Now);
    assert_ne!(memory.may_write(Some(&theirs), &own, Duration::ZERO), MayWrite::Now);
    let edited = BackupReplicationStatus { observed_generation: Some(2), ..says("edited") };
    assert_eq!(memory.may_write(Some(&theirs), &edited, Duration::ZERO), MayWrite::Now);
    // That was a new beginning.
    memory.wrote(Some(&own));
    let first = MayWrite::After { wait: MINUTE, is_news: true };
    assert_eq!(memory.may_write(Some(&theirs), &own, Duration::ZERO), first);
}

#[test]
fn the_other_is_named_where_the_status_names_it() {
    let claimed: BackupReplicationStatus = serde_json::from_value(filled()).unwrap();
    assert_eq!(another_writer(Some(&claimed), "me"), Some("other"));
    assert_eq!(another_writer(Some(&claimed), "other"), None);
    assert_eq!(another_writer(Some(&says("m")), "me"), None);
}
