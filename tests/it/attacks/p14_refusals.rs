//! P14. Only what is documented is a refusal.

use anyhow::{Result, ensure};
use harness::{Object, Scene};
use serde_json::{Value, json};
use simulator::{Answer, ErrorShape, Fault, LookUp, Records, Script, View, example};

use super::{
    Findings, OPERATOR, apply, calls, careless, careless_showing, counts, decided, only_record,
    operator, origin,
};
use super::{outcome, ready};

/// Statuses of firewalls, gateways, proxies and caches that block or replace an answer, the call
/// being committed.
const CODELESS: [u16; 15] =
    [301, 302, 303, 307, 308, 400, 403, 404, 405, 409, 410, 418, 422, 451, 499];

/// The answer to a call that was accepted.
fn blocked(status: u16) -> Fault {
    let page = Answer::status(status).page(format!("<html>{status}, ref. {{request_id}}</html>"));
    let elsewhere = "https://portal.example.com/";
    Fault::after_commit().answer(if status < 400 {
        page.header("location", elsewhere)
    } else {
        page
    })
}

#[tokio::test]
async fn an_answer_without_a_code_is_settled_by_a_look_where_looks_work() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let mut rows = Vec::new();
    for status in CODELESS {
        let (name, backup) = (format!("http-{status}"), scene.new_backup());
        scene.simulator.script(Script::once(blocked(status)).replicate().backup(&backup))?;
        apply(&scene, &name, &backup, &json!({}))?;
        rows.push((name, backup));
    }
    let mut findings = Findings::default();
    for (name, backup) in &rows {
        let object = outcome(&scene, name).await?;
        let own = only_record(&scene, backup)?;
        let found = ready(&object) && origin(&object) == (Some("Called"), Some(own.as_str()));
        findings.check(name, found, || format!("{} {}", object.phase(), object.reason()));
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}

/// Makes edits that change nothing of the call, one after another, and waits each time until the
/// operator has seen it.
async fn edited(scene: &Scene, name: &str, edits: &[Value]) -> Result<Object> {
    let mut object = scene.get(name).await?;
    let before = calls(&object);
    for edit in edits {
        scene.patched(name, &json!({"spec": edit}))?;
        let suspended = edit["suspend"] == json!(true);
        let over = |object: &Object| decided(object) || calls(object) > before;
        let seen = |object: &Object| {
            object.is_observed() && object.phase() != "Submitting" && (suspended || over(object))
        };
        object = scene.wait(name, "observed", seen).await?;
    }
    Ok(object)
}

#[tokio::test]
async fn an_answer_without_a_code_followed_by_any_edit_makes_no_second_call_where_nothing_shows()
-> Result<()> {
    let no_look_up = View { look_up: LookUp::NotFound, ..View::default() };
    let records = |records| View { records, ..View::default() };
    let views = [
        ("no-look-up", no_look_up),
        ("null", records(Records::Null)),
        ("empty", records(Records::Empty)),
    ];
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let mut rows = Vec::new();
    for (view_name, view) in &views {
        for status in [302, 303, 403, 404, 409, 418, 499] {
            let (name, backup) = (format!("{view_name}-{status}"), scene.new_backup());
            scene.simulator.set_view(&backup, Some(view.clone()));
            scene.simulator.script(Script::once(blocked(status)).replicate().backup(&backup))?;
            apply(&scene, &name, &backup, &json!({}))?;
            rows.push((name, backup));
        }
    }
    let edits =
        [json!({"readyWhen": "Replicated"}), json!({"suspend": true}), json!({"suspend": false})];
    let mut findings = Findings::default();
    for (name, backup) in &rows {
        let object = outcome(&scene, name).await?;
        findings.check(name, object.is("Stalled"), || {
            format!("{} {}", object.phase(), object.reason())
        });
        let object = edited(&scene, name, &edits).await?;
        findings.check(name, calls(&object) == 1, || format!("{} calls", calls(&object)));
        findings.counts(&scene, name, backup, (1, 1));
    }
    findings.none()
}

#[tokio::test]
async fn after_a_1009_neither_an_edit_nor_a_secret_leads_to_a_call() -> Result<()> {
    let no_look_up = View { look_up: LookUp::NotFound, ..View::default() };
    let scene = Scene::with(OPERATOR, careless_showing(no_look_up)).await?;
    scene.valid_secret()?;
    let already = "The backup is being replicated or has been replicated to region eu-nl.";
    let already = Answer::status(400).error(ErrorShape::Cbr, "BackupService.1009", already);
    let _operator = operator(&scene).start_ready()?;
    let edits = [
        ("suspended", vec![json!({"suspend": true}), json!({"suspend": false})]),
        ("ready-when", vec![json!({"readyWhen": "Replicated"})]),
        ("policy", vec![json!({"onUnknownOutcome": "Hold"})]),
        (
            "credential",
            vec![json!({"auth": {"tokenSecretRef": {"name": "cbr-token", "key": "token"}}})],
        ),
        ("name", vec![json!({"name": "another-name"})]),
    ];
    let mut rows = Vec::new();
    for (name, edits) in edits {
        let backup = scene.new_backup();
        scene
            .simulator
            .script(Script::once(Fault::after_commit().reset()).replicate().backup(&backup))?;
        let refused = Fault::before_commit().answer(already.clone());
        scene.simulator.script(Script::once(refused).replicate().backup(&backup))?;
        apply(&scene, name, &backup, &json!({"onUnknownOutcome": "CallAgain"}))?;
        rows.push((name, backup, edits));
    }
    for (name, backup, _) in &rows {
        let refused =
            |object: &Object| object.is("Stalled") && object.reason() == "AlreadyReplicated";
        let object = scene.wait(name, "refused", refused).await?;
        ensure!(
            counts(&scene, backup) == (2, 1),
            "{name}: {:?} {}",
            counts(&scene, backup),
            object.message()
        );
    }
    scene.secret_with("cbr-token", &json!({"token": example::TOKEN, "note": "written again"}))?;
    let mut findings = Findings::default();
    for (name, backup, edits) in &rows {
        let object = edited(&scene, name, edits).await?;
        let asked = object.is("Stalled")
            && object.reason() == "AlreadyReplicated"
            && !object.commands().is_empty();
        findings.check(name, asked, || format!("{} {}", object.phase(), object.reason()));
        findings.counts(&scene, name, backup, (2, 1));
        // A human's word leads on.
        let accepted = object.commands().into_iter().find(|command| command.ends_with(":accepted"));
        if let Some(command) = accepted {
            ensure!(scene.paste(&command)?.accepted, "{command}");
            let object = scene
                .wait(name, "ready", |object| object.text("/status/acceptedAt").is_some())
                .await?;
            findings.check(name, origin(&object).0 == Some("Declared"), || {
                format!("{:?}", origin(&object))
            });
        }
        findings.counts(&scene, name, backup, (2, 1));
    }
    findings.none()
}
