//! `status` and `explain`, on a resource in each situation.

use anyhow::{Context, Result};
use harness::{Object, Scene};
use serde_json::{Value, json};

use super::plugin;
use super::situations::situations;

fn json_of(scene: &Scene, arguments: &[&str]) -> Result<Value> {
    let said = plugin(scene, &[arguments, &["--output", "json"]].concat())?.well()?;
    serde_json::from_str(&said).context(said)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// What `explain` tells, by name.
fn explained(scene: &Scene, name: &str) -> Result<(String, Value)> {
    Ok((plugin(scene, &["explain", name])?.well()?, json_of(scene, &["explain", name])?))
}

fn commands(report: &Value) -> Vec<&str> {
    report["toType"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["command"].as_str())
        .collect()
}

#[track_caller]
fn assert_tells(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in:\n{text}");
    }
}

#[tokio::test]
async fn each_situation_is_shown_and_explained() -> Result<()> {
    let (scene, _operator) = situations().await?;
    let namespace = &scene.namespace;

    let listed = json_of(&scene, &["status"])?;
    assert_eq!(listed["version"], 1);
    let items = listed["items"].as_array().context("no items")?;
    let place = |item: &Value| {
        (item["createdAt"].as_str().map(str::to_owned), item["name"].as_str().map(str::to_owned))
    };
    let order: Vec<_> = items.iter().map(place).collect();
    assert!(order.is_sorted(), "{order:?}");
    let table = plugin(&scene, &["status"])?.well()?;
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let heading = "NAME PHASE READY REASON DESTINATION PROGRESS AGE";
    assert_eq!(rows.next().context("no heading")?.join(" "), heading);
    let expected = [
        ("waiting", "Pending", "False", "CredentialNotFound", "Operator"),
        ("succeeded", "Succeeded", "True", "Accepted", "Nobody"),
        ("adopted", "Succeeded", "True", "Accepted", "Nobody"),
        ("rejected", "Failed", "False", "Rejected", "Human"),
        ("lost", "OutcomeUnknown", "Unknown", "OutcomeUnknown", "Human"),
    ];
    assert_eq!((items.len(), items[0]["name"].as_str()), (expected.len(), Some("waiting")));
    for (item, row) in items.iter().zip(rows) {
        let object = scene.get(item["name"].as_str().context("no name")?).await?;
        let found = expected.iter().find(|(name, ..)| item["name"] == *name);
        let (name, phase, ready, reason, next) = found.with_context(|| format!("{item}"))?;
        assert_eq!(row[..5], [*name, *phase, *ready, *reason, "eu-nl"]);
        assert_eq!(*item, row_of(&object, namespace, next), "{name}");
    }
    assert_eq!(keys(&listed), ["items", "version"]);

    let (text, report) = explained(&scene, "succeeded")?;
    let object = scene.get("succeeded").await?;
    let attempt = &object.attempts()[0];
    let field = |name: &str| attempt[name].as_str().unwrap_or_default();
    assert_tells(
        &text,
        &[
            "accepted the call, and the copy exists.",
            field("id"),
            field("requestId"),
            field("claimedBy"),
        ],
    );
    assert_tells(
        &text,
        &[
            object.text("/status/replicationRecordId").context("no record")?,
            "the operator's own call",
        ],
    );
    assert_tells(
        &text,
        &["showed no record of a replication to that vault", "no further call is made"],
    );
    assert_eq!(report["attempts"], object.0["status"]["attempts"]);
    assert_eq!(report["call"], object.0["spec"]);
    assert_eq!((&report["next"]["who"], commands(&report).len()), (&json!("Nobody"), 0));

    let (text, report) = explained(&scene, "adopted")?;
    let began = report["evidence"]["recordCreatedAt"].as_str().context("no date")?;
    assert_tells(
        &text,
        &["found in the cloud and adopted", &format!("which began {began}"), "none"],
    );
    assert_eq!(report["evidence"]["origin"], "Adopted");
    assert_eq!(commands(&report), [format!("kubectl brep resolve -n {namespace} adopted --retry")]);

    let (text, report) = explained(&scene, "rejected")?;
    assert_tells(
        &text,
        &["rejected the call permanently", "code BackupService.6120", "Action required: "],
    );
    let edit = format!("kubectl edit brep -n {namespace} rejected");
    assert_eq!(
        commands(&report),
        [edit, format!("kubectl brep resolve -n {namespace} rejected --retry")]
    );

    let (text, report) = explained(&scene, "lost")?;
    assert_tells(&text, &["unknown whether the cloud accepted it", "then decide: if it was not"]);
    assert!(!text.contains("kubectl annotate"), "the commands have a section of their own: {text}");
    assert_eq!(report["evidence"]["recordsBefore"], json!([]));
    let resolve = |word: &str| format!("kubectl brep resolve -n {namespace} lost {word}");
    assert_eq!(
        commands(&report),
        ["--not-accepted", "--accepted RECORD", "--accepted"].map(resolve)
    );

    let (text, report) = explained(&scene, "waiting")?;
    assert_tells(
        &text,
        &[
            "Waiting for Secret not-there-yet (key token) to be created.",
            "Attempts at the call, newest first\n  none",
        ],
    );
    assert_tells(
        &text,
        &["continues automatically, as soon as Secret not-there-yet (key token) holds a token"],
    );
    let make = format!(
        "kubectl create secret generic -n {namespace} not-there-yet --from-file=token=FILE"
    );
    assert_eq!(commands(&report).first(), Some(&make.as_str()));
    Ok(())
}

/// The documented form of a row.
fn row_of(object: &Object, namespace: &str, next: &str) -> Value {
    let needs_me = next == "Human" || object.reason().starts_with("Credential");
    let (ready, reason, message) = object.condition("Ready");
    let status = &object.0["status"];
    json!({
        "namespace": namespace, "name": object.0["metadata"]["name"],
        "createdAt": object.0["metadata"]["creationTimestamp"],
        "phase": object.phase(), "ready": ready, "reason": reason, "message": message, "next": next,
        "needsMe": needs_me, "backupId": object.0["spec"]["backupId"],
        "origin": status["origin"], "destinationRegion": "eu-nl", "progress": status["progress"],
        "replicationRecordId": status["replicationRecordId"], "replicaBackupId": status["replicaBackupId"],
    })
}

/// The fields of a copy that is under way, no matter who fills them in.
#[tokio::test]
async fn progress_and_the_copy_are_shown_where_they_are_known() -> Result<()> {
    let scene = Scene::new(super::OPERATOR).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    let fields = json!({
        "observedGeneration": 1, "phase": "Replicating", "progress": 40, "replicaBackupId": "copy-1",
        "recordStatus": "replicating", "trackingIssue": "CredentialRejected",
        "replicationRecordId": "record-1", "acceptedAt": "2026-11-23T10:00:00Z", "origin": "Called",
        "attempts": [harness::attempt(1, Some("Accepted"))],
        "conditions": [
            condition("Ready", "True", "Accepted"), condition("Replicated", "False", "Replicating"),
        ],
    });
    scene.set_status("db", &fields).await?;
    let table = plugin(&scene, &["status"])?.well()?;
    assert_tells(&table, &["Replicating", "Accepted", "40%"]);
    let (text, report) = explained(&scene, "db")?;
    assert_tells(
        &text,
        &[
            "cannot see the progress",
            "40%",
            "copy-1",
            "blocked, the cloud rejects the credential",
            "Tracking resumes",
        ],
    );
    assert_eq!(report["next"]["who"], "Operator");
    assert_eq!(
        (&report["evidence"]["progress"], &report["replicated"]["status"]),
        (&json!(40), &json!("False"))
    );
    Ok(())
}

fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": "", "observedGeneration": 1,
        "lastTransitionTime": "2026-11-23T10:00:00Z",
    })
}

/// What another wrote must not steer the reader's terminal.
#[tokio::test]
async fn text_of_others_is_shown_without_what_could_steer_a_terminal() -> Result<()> {
    let scene = Scene::new(super::OPERATOR).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    let mut attempt = harness::attempt(1, Some("Unknown"));
    attempt["message"] = json!("\u{1b}]0;owned\u{7} \u{9b}2J nobody knows\nerror: x");
    attempt["claimedBy"] = json!("\u{1b}[31mred");
    scene.set_status("db", &json!({"phase": "OutcomeUnknown", "attempts": [attempt]})).await?;
    for arguments in
        [&["status"][..], &["explain", "db"], &["resolve", "db", "--not-accepted", "--no-look"]]
    {
        let said = plugin(&scene, arguments)?;
        let steers = |c: char| c.is_control() && c != '\n';
        assert!(!said.out.contains(steers) && !said.err.contains(steers), "{said:?}");
        assert!(!said.out.lines().any(|line| line.starts_with("error: x")), "{said:?}");
    }
    Ok(())
}

/// A refused token is tried again in an hour, and a new one at once: the latter is what its reader
/// can do something about.
#[tokio::test]
async fn a_refused_token_is_waited_for_and_no_hour() -> Result<()> {
    let scene = Scene::new(super::OPERATOR).await?;
    scene.secret("a token of nobody")?;
    let _operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest("db", ""))?;
    scene.wait("db", "refused", |object| object.reason() == "CredentialRejected").await?;
    let (text, report) = explained(&scene, "db")?;
    assert_tells(
        &text,
        &["as soon as Secret cbr-token (key token) holds a token that the cloud accepts"],
    );
    assert!(!text.contains("not before") && report["next"]["who"] == "Operator", "{text}");
    Ok(())
}
