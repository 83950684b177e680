//! The API server itself refuses what could break the promise: nobody who writes a status, with
//! any right, can take back what was called, and a spec that was called for is frozen. No
//! operator runs here.

use anyhow::{Context, Result, ensure};
use harness::{Scene, attempt, refusal};
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Map, Value, json};

use crate::OPERATOR;

/// `None` is an attempt whose call may be in flight.
const OUTCOMES: [Option<&str>; 6] = [
    None,
    Some("Unknown"),
    Some("Accepted"),
    Some("NotSent"),
    Some("Rejected"),
    Some("NotAccepted"),
];
const NOT_ACCEPTED: [Option<&str>; 3] = [Some("NotSent"), Some("Rejected"), Some("NotAccepted")];

const REMOVED: &str = "attempts cannot be removed";
const GONE: &str = "an attempt cannot be removed";
const FOLLOWS: &str = "a new attempt may follow only one that is known or settled as not accepted, \
    with a higher number";
const CLAIM: &str = "what a claim wrote down never changes";
const FINAL: &str = "an outcome is final";
const NO_FURTHER: &str = "no further attempt once a call was accepted";

/// An attempt with one field set to another value, or without it.
fn altered(mut attempt: Value, field: &str, value: Option<Value>) -> Value {
    match (attempt.as_object_mut(), value) {
        (Some(fields), Some(value)) => drop(fields.insert(field.to_owned(), value)),
        (Some(fields), None) => drop(fields.remove(field)),
        (None, _) => {}
    }
    attempt
}

/// One change of a status, and what is to come of it.
struct Change {
    what: String,
    before: Value,
    after: Value,
    refused: Option<&'static str>,
}

fn change(
    what: impl Into<String>,
    before: Value,
    after: Value,
    refused: Option<&'static str>,
) -> Change {
    Change { what: what.into(), before, after, refused }
}

/// A change of the attempts alone.
fn attempts(
    what: impl Into<String>,
    before: impl Into<Vec<Value>>,
    after: impl Into<Vec<Value>>,
    refused: Option<&'static str>,
) -> Change {
    change(what, json!({"attempts": before.into()}), json!({"attempts": after.into()}), refused)
}

async fn hold(changes: Vec<Change>) -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let mut wrong = Vec::new();
    for (number, Change { what, before, after, refused }) in changes.iter().enumerate() {
        let name = format!("case-{number}");
        let object = with_status(&scene, &name, before).await.with_context(|| what.clone())?;
        for (way, answer) in write_in_each_way(&scene, &object, &name, before, after).await? {
            match (refused, answer) {
                (None, None) => {}
                (Some(words), Some(said)) if said.contains(words) => {}
                (Some(words), answer) => {
                    wrong.push(format!("{what} by {way}: not refused with {words:?}: {answer:?}"))
                }
                (None, Some(said)) => wrong.push(format!("{what} by {way}: {said}")),
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// A fresh object with this status.
async fn with_status(scene: &Scene, name: &str, status: &Value) -> Result<DynamicObject> {
    scene.create(&Scene::manifest(name, "")).await?;
    scene.set_status(name, status).await
}

/// Tries to replace the whole status by a PUT, a merge patch and a JSON patch. Nothing is stored.
async fn write_in_each_way(
    scene: &Scene,
    object: &DynamicObject,
    name: &str,
    before: &Value,
    after: &Value,
) -> Result<[(&'static str, Option<String>); 3]> {
    let api = scene.api();
    let dry_run = PatchParams { dry_run: true, ..PatchParams::default() };
    let mut put = object.clone();
    put.data["status"] = after.clone();
    let put =
        api.replace_status(name, &PostParams { dry_run: true, field_manager: None }, &put).await;

    // A merge patch removes a field by null.
    let removed =
        before.as_object().into_iter().flat_map(Map::keys).map(|key| (key.clone(), Value::Null));
    let mut fields: Map<String, Value> = removed.collect();
    fields.extend(after.as_object().cloned().unwrap_or_default());
    let merge = api.patch_status(name, &dry_run, &Patch::Merge(json!({"status": fields}))).await;

    let operations = json!([{"op": "replace", "path": "/status", "value": after}]);
    let json = Patch::<()>::Json(serde_json::from_value(operations)?);
    let json = api.patch_status(name, &dry_run, &json).await;
    Ok([("PUT", refusal(put)?), ("merge patch", refusal(merge)?), ("JSON patch", refusal(json)?)])
}

#[tokio::test]
async fn attempts_stay() -> Result<()> {
    let mut changes = Vec::new();
    for outcome in OUTCOMES {
        let one = attempt(1, outcome);
        let older = attempt(1, Some("Rejected"));
        let newer = attempt(2, outcome);
        changes.extend([
            attempts(format!("{outcome:?}: the list emptied"), [one.clone()], [], Some(GONE)),
            change(
                format!("{outcome:?}: the list removed"),
                json!({"attempts": [one.clone()]}),
                json!({"phase": "Pending"}),
                Some(REMOVED),
            ),
            attempts(
                format!("{outcome:?}: the newest removed"),
                [newer.clone(), older.clone()],
                [older.clone()],
                Some(GONE),
            ),
            attempts(
                format!("{outcome:?}: the oldest removed"),
                [newer.clone(), older.clone()],
                [newer.clone()],
                Some(GONE),
            ),
            attempts(
                format!("{outcome:?}: another in its place"),
                [one.clone()],
                [attempt(2, None)],
                Some(GONE),
            ),
            attempts(
                format!("{outcome:?}: another id"),
                [one.clone()],
                [altered(one.clone(), "id", Some(json!("other")))],
                Some(GONE),
            ),
            attempts(
                format!("{outcome:?}: the order turned"),
                [newer.clone(), older.clone()],
                [older, newer],
                Some(FOLLOWS),
            ),
        ]);
    }
    hold(changes).await
}

#[tokio::test]
async fn a_further_attempt_follows_only_what_was_not_accepted() -> Result<()> {
    let mut changes = Vec::new();
    for outcome in OUTCOMES {
        let refused = if NOT_ACCEPTED.contains(&outcome) { None } else { Some(FOLLOWS) };
        let (one, next) = (attempt(1, outcome), attempt(2, None));
        changes.push(attempts(
            format!("a further one after {outcome:?}"),
            [one.clone()],
            [next, one],
            refused,
        ));
        let (second, first) = (attempt(2, outcome), attempt(1, None));
        changes.push(attempts(
            "one with a lower number",
            [second.clone()],
            [first, second],
            Some(FOLLOWS),
        ));
        let (second, same) =
            (attempt(2, outcome), altered(attempt(2, None), "id", Some(json!("other"))));
        changes.push(attempts(
            "one with the same number",
            [second.clone()],
            [same, second],
            Some(FOLLOWS),
        ));
    }
    hold(changes).await
}

#[tokio::test]
async fn only_the_oldest_of_more_than_five_may_go() -> Result<()> {
    let five = |oldest: Option<&str>| {
        let newer = (2..=5).rev().map(|number| attempt(number, Some("Rejected")));
        newer.chain([attempt(1, oldest)]).collect::<Vec<_>>()
    };
    let newest = |outcome| attempt(6, outcome);
    let mut changes = vec![attempts(
        "six",
        five(Some("Rejected")),
        [vec![newest(None)], five(Some("Rejected"))].concat(),
        Some("must have at most 5 items"),
    )];
    for oldest in OUTCOMES {
        let refused = if NOT_ACCEPTED.contains(&oldest) { None } else { Some(GONE) };
        let (before, mut after) = (five(oldest), five(oldest));
        after.pop();
        after.insert(0, newest(None));
        changes.push(attempts(
            format!("the oldest of six, {oldest:?}, goes"),
            before.clone(),
            after,
            refused,
        ));
        let mut middle = before.clone();
        middle.remove(2);
        middle.insert(0, newest(None));
        changes.push(attempts("a newer one of six goes", before.clone(), middle, Some(GONE)));
        let shorter = before.iter().take(4).cloned().collect::<Vec<_>>();
        changes.push(attempts(
            format!("the oldest of five, {oldest:?}, goes"),
            before,
            shorter,
            Some(GONE),
        ));
    }
    // One that may have been accepted stays, and the oldest of the others goes.
    let mut after = five(Some("Unknown"));
    after.remove(3);
    after.insert(0, newest(None));
    changes.push(attempts("the oldest but one of six goes", five(Some("Unknown")), after, None));
    hold(changes).await
}

#[tokio::test]
async fn what_a_claim_wrote_down_never_changes() -> Result<()> {
    let full = |outcome| {
        let with_secret = altered(attempt(2, outcome), "secretVersion", Some(json!("17")));
        let with_digest = altered(with_secret, "requestDigest", Some(json!("5e2a4b31")));
        altered(with_digest, "recordsBefore", Some(json!(["record-1"])))
    };
    let others = [
        ("number", json!(1)),
        ("number", json!(3)),
        ("generation", json!(2)),
        ("endpoint", json!("https://cbr.eu-nl.otc.t-systems.com")),
        ("claimedAt", json!("2026-11-23T09:00:00Z")),
        ("claimedBy", json!("operator-2")),
        ("window", json!("1s")),
        ("limit", json!("1s")),
        ("secretVersion", json!("18")),
        ("requestDigest", json!("a1")),
    ];
    const RECORDS: &str = "the records seen before a claim never change";
    let mut changes = Vec::new();
    for outcome in OUTCOMES {
        for (field, other) in &others {
            let after = altered(full(outcome), field, Some(other.clone()));
            changes.push(attempts(
                format!("{field} of {outcome:?}"),
                [full(outcome)],
                [after],
                Some(CLAIM),
            ));
        }
        let optional =
            [("secretVersion", CLAIM), ("requestDigest", CLAIM), ("recordsBefore", RECORDS)];
        for (field, words) in optional {
            let less = altered(full(outcome), field, None);
            changes.push(attempts(
                format!("{field} removed"),
                [full(outcome)],
                [less.clone()],
                Some(words),
            ));
            changes.push(attempts(format!("{field} added"), [less], [full(outcome)], Some(words)));
        }
        let records =
            altered(full(outcome), "recordsBefore", Some(json!(["record-1", "record-2"])));
        changes.push(attempts("recordsBefore", [full(outcome)], [records], Some(RECORDS)));
    }
    hold(changes).await
}

#[tokio::test]
async fn an_outcome_is_final_except_unknown_and_a_late_acceptance() -> Result<()> {
    let mut changes = Vec::new();
    for before in OUTCOMES {
        for after in OUTCOMES {
            let open = before.is_none() || before == after;
            let settled = before == Some("Unknown") && after.is_some();
            let late = NOT_ACCEPTED.contains(&before) && after == Some("Accepted");
            let refused = if open || settled || late { None } else { Some(FINAL) };
            let what = format!("{before:?} becomes {after:?}");
            changes.push(attempts(
                what.clone(),
                [attempt(1, before)],
                [attempt(1, after)],
                refused,
            ));
            let newest = attempt(2, Some("Rejected"));
            changes.push(attempts(
                format!("{what}, behind another"),
                [newest.clone(), attempt(1, before)],
                [newest, attempt(1, after)],
                refused,
            ));
        }
    }
    hold(changes).await
}

#[tokio::test]
async fn an_acceptance_is_written_once() -> Result<()> {
    let facts = [
        ("replicationRecordId", "record-1", "record-2"),
        ("acceptedAt", "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z"),
    ];
    let mut changes = Vec::new();
    for (field, first, other) in facts {
        let words = match field {
            "acceptedAt" => "acceptedAt is written once and never changes",
            _ => "replicationRecordId is written once and never changes",
        };
        let (none, before, after) =
            (json!({"phase": "Pending"}), json!({field: first}), json!({field: other}));
        changes.extend([
            change(format!("{field} written"), none.clone(), before.clone(), None),
            change(format!("{field} changed"), before.clone(), after, Some(words)),
            change(
                format!("{field} emptied"),
                before.clone(),
                json!({field: ""}),
                Some(if field == "acceptedAt" { "date-time" } else { words }),
            ),
            change(format!("{field} removed"), before, none, Some(words)),
        ]);
    }
    let records = "a record cannot be removed from additionalRecords";
    let (one, two) =
        (json!({"additionalRecords": ["a"]}), json!({"additionalRecords": ["a", "b"]}));
    changes.extend([
        change("a further record listed", one.clone(), two.clone(), None),
        change("a further record taken out", two, one.clone(), Some(records)),
        change(
            "a further record replaced",
            one.clone(),
            json!({"additionalRecords": ["b"]}),
            Some(records),
        ),
        change("the further records removed", one, json!({"phase": "Pending"}), Some(records)),
    ]);
    hold(changes).await
}

#[tokio::test]
async fn nothing_follows_an_acceptance_but_another_acceptance() -> Result<()> {
    const AT: &str = "2026-11-23T10:00:00Z";
    let accepted = |attempts: Value| json!({"acceptedAt": AT, "attempts": attempts});
    let known = |attempts: Value| json!({"replicationRecordId": "record-1", "attempts": attempts});
    let (won, lost) = (attempt(1, Some("Accepted")), attempt(1, Some("Rejected")));
    let mut changes = vec![
        change(
            "declared, then accepted after all",
            accepted(json!([lost])),
            accepted(json!([won])),
            None,
        ),
        attempts(
            "a late acceptance behind the one in force",
            [attempt(2, None)],
            [attempt(2, None), won.clone()],
            None,
        ),
        attempts("an acceptance over a rejection", [lost.clone()], [won.clone()], None),
        change(
            "an adopted one gets its own acceptance",
            json!({"acceptedAt": AT}),
            accepted(json!([won])),
            None,
        ),
        change(
            "a known one gets its own acceptance",
            json!({"replicationRecordId": "record-1"}),
            known(json!([won])),
            None,
        ),
    ];
    for further in OUTCOMES.into_iter().filter(|outcome| *outcome != Some("Accepted")) {
        let next = attempt(2, further);
        let following = [next.clone(), lost.clone()];
        let after_won = [next.clone(), won.clone()];
        changes.extend([
            attempts(
                format!("{further:?} after accepted late"),
                [attempt(2, Some("Rejected")), won.clone()],
                [attempt(3, further), attempt(2, Some("Rejected")), won.clone()],
                Some(NO_FURTHER),
            ),
            change(
                format!("{further:?} after accepted"),
                accepted(json!([won])),
                accepted(json!(after_won)),
                Some(NO_FURTHER),
            ),
            change(
                format!("{further:?} after declared"),
                accepted(json!([lost])),
                accepted(json!(following)),
                Some(NO_FURTHER),
            ),
            change(
                format!("{further:?} after adopted"),
                json!({"acceptedAt": AT}),
                accepted(json!([next])),
                Some(NO_FURTHER),
            ),
            change(
                format!("{further:?} after known"),
                json!({"replicationRecordId": "record-1"}),
                known(json!([next])),
                Some(NO_FURTHER),
            ),
        ]);
    }
    hold(changes).await
}

/// The API server puts the default in the place of a removed status, which the guards on its fields
/// then compare with.
#[tokio::test]
async fn a_status_cannot_be_removed() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let rows = [
        (json!({"attempts": [attempt(1, None)]}), REMOVED),
        (json!({"replicationRecordId": "record-1"}), "replicationRecordId is written once"),
        (json!({"acceptedAt": "2026-11-23T10:00:00Z"}), "acceptedAt is written once"),
    ];
    for (number, (status, words)) in rows.into_iter().enumerate() {
        let name = format!("removed-{number}");
        let mut object = with_status(&scene, &name, &status).await?;
        let merge = Patch::Merge(json!({"status": null}));
        let remove = Patch::<()>::Json(serde_json::from_value(
            json!([{"op": "remove", "path": "/status"}]),
        )?);
        let by_merge = scene.api().patch_status(&name, &PatchParams::default(), &merge).await;
        let by_json = scene.api().patch_status(&name, &PatchParams::default(), &remove).await;
        object.data.as_object_mut().context("no fields")?.remove("status");
        let by_put = scene.api().replace_status(&name, &PostParams::default(), &object).await;
        for answer in [refusal(by_merge)?, refusal(by_json)?, refusal(by_put)?] {
            ensure!(
                answer.as_ref().is_some_and(|said| said.contains(words)),
                "{words}: {answer:?}"
            );
        }
        // Through the resource itself a status is not written at all.
        scene.api().replace(&name, &PostParams::default(), &object).await?;
        let left = scene.get(&name).await?;
        for (field, value) in status.as_object().into_iter().flatten() {
            ensure!(left.0["status"][field] == *value, "{field} is lost: {:#}", left.0);
        }
    }
    Ok(())
}

/// As administrators do it by hand.
#[tokio::test]
async fn kubectl_shows_the_words() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    with_status(&scene, "db", &json!({"attempts": [attempt(1, Some("Unknown"))]})).await?;
    let patches = [
        ("merge", r#"{"status": {"attempts": []}}"#, GONE),
        ("merge", r#"{"status": {"attempts": null}}"#, REMOVED),
        ("json", r#"[{"op": "remove", "path": "/status/attempts/0"}]"#, GONE),
        ("json", r#"[{"op": "remove", "path": "/status/attempts/0/outcome"}]"#, FINAL),
        ("json", r#"[{"op": "replace", "path": "/status/attempts/0/number", "value": 9}]"#, CLAIM),
    ];
    for (kind, patch, words) in patches {
        let said = scene.kubectl(&[
            "patch",
            "brep",
            "db",
            "--subresource=status",
            "--type",
            kind,
            "--patch",
            patch,
        ])?;
        ensure!(!said.accepted && said.words.contains(words), "{patch}: {}", said.words);
    }
    Ok(())
}

/// A process that reads it would panic.
#[tokio::test]
async fn a_time_that_cannot_be_counted_is_refused() -> Result<()> {
    let mut changes = Vec::new();
    for field in ["window", "limit"] {
        for (time, refused) in [
            ("10s", None),
            ("1.5s", None),
            ("1h30m", None),
            ("999999999h", None),
            ("9999999999h", Some("should match")),
            ("999999999999999999999h", Some("should match")),
            ("-1s", Some("should match")),
            ("soon", Some("should match")),
        ] {
            let claimed = altered(attempt(1, None), field, Some(json!(time)));
            changes.push(attempts(format!("{field} {time}"), [], [claimed], refused));
        }
    }
    hold(changes).await
}

/// What an attempt was accepted for is kept, whatever the origin says.
#[tokio::test]
async fn an_origin_never_changes() -> Result<()> {
    let origin = "the origin of a call or a decision never changes";
    let mut changes = Vec::new();
    for from in ["Called", "Declared", "Adopted"] {
        let of = |origin: &str| json!({"origin": origin});
        let refused = (from != "Adopted").then_some(origin);
        changes.push(change(
            format!("{from} written"),
            json!({"phase": "Pending"}),
            of(from),
            None,
        ));
        changes.push(change(
            format!("{from} removed"),
            of(from),
            json!({"phase": "Pending"}),
            refused,
        ));
        for to in ["Called", "Declared", "Adopted"].into_iter().filter(|to| *to != from) {
            changes.push(change(format!("{from} to {to}"), of(from), of(to), refused));
        }
    }
    hold(changes).await
}
