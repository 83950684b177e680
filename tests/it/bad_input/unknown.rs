//! Calls of unknown outcome: there is never a second one without evidence or somebody's
//! word.

use std::time::Duration;

use anyhow::Result;
use control_plane::Exit;
use harness::{Object, Scene};
use jiff::SignedDuration;
use serde_json::{Value, json};
use simulator::{Answer, Body, Cut, ErrorShape, Fault, Script};

use super::{OPERATOR, apply, assert_says, counts, no_look_up, ready};

/// What happens to the call, and whether the cloud accepted it.
fn faults() -> Vec<(&'static str, Fault, bool)> {
    let before = Fault::before_commit;
    let after = Fault::after_commit;
    let cbr = |status: u16, code| {
        Answer::status(status).error(ErrorShape::Cbr, code, "So says the cloud.")
    };
    let gateway = |status: u16, code| {
        Answer::status(status).error(ErrorShape::Gateway, code, "So says the gateway.")
    };
    let cut = |then| Answer::status(200).body(Body::Ordinary { keep: None }).cut_off(30, then);
    let huge = |chunked| Answer::status(200).body(Body::Filler { bytes: 2 << 20, chunked });
    vec![
        ("reset-before", before().reset(), false),
        ("reset-after", after().reset(), true),
        ("closed-before", before().close(), false),
        ("closed-after", after().close(), true),
        ("timeout-before", before().hang(), false),
        ("timeout-after", after().hang(), true),
        ("http-408", before().answer(Answer::status(408)), false),
        ("http-500", after().answer(Answer::status(500).text("Internal Server Error")), true),
        ("http-502", before().answer(gateway(502, "APIG.0202")), false),
        (
            "http-502-page",
            after().answer(Answer::status(502).text("<html>Bad Gateway</html>")),
            true,
        ),
        ("http-503-bare", before().answer(Answer::status(503)), false),
        ("http-504", after().answer(gateway(504, "APIG.0203")), true),
        ("import-failed", after().answer(cbr(500, "BackupService.1006")), true),
        ("unknown-error", before().answer(cbr(500, "BackupService.9910")), false),
        ("empty-200", after().answer(Answer::status(200)), true),
        ("text-200", after().answer(Answer::status(200).text("OK")), true),
        ("null-200", after().answer(Answer::status(200).json(json!({"replication": null}))), true),
        ("other-200", after().answer(Answer::status(200).json(json!({"ok": true}))), true),
        ("error-200", before().answer(cbr(200, "BackupService.6120")), false),
        ("empty-202", after().answer(Answer::status(202)), true),
        ("empty-204", after().answer(Answer::status(204)), true),
        (
            "half-200",
            after().answer(Answer::status(200).body(Body::Ordinary { keep: Some(30) })),
            true,
        ),
        ("cut-200-closed", after().answer(cut(Cut::Close)), true),
        ("cut-200-reset", after().answer(cut(Cut::Reset)), true),
        ("cut-200-hung", after().answer(cut(Cut::Hang)), true),
        ("huge-200", after().answer(huge(false)), true),
        ("endless-200", after().answer(huge(true)), true),
    ]
}

#[tokio::test]
async fn an_unknown_outcome_is_held_through_all_that_happens_then() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let options = scene.operator().arg("--request-timeout=3s");
    let operator = options.start_ready()?;
    scene.valid_secret()?;
    let faults = faults();
    let backups: Vec<String> = faults.iter().map(|_| scene.new_backup()).collect();
    for ((_, fault, _), backup) in faults.iter().zip(&backups) {
        scene.simulator.script(Script::once(fault.clone()).replicate().backup(backup))?;
    }
    let all = |changes: &Value| -> Result<()> {
        let resources = faults.iter().zip(&backups);
        apply(
            &scene,
            resources
                .map(|((name, ..), backup)| Scene::manifest_but(name, backup, changes))
                .collect(),
        )
    };
    let held = |generation: u64| {
        move |object: &Object| {
            let observed = object.0["status"]["observedGeneration"] == generation;
            observed && object.phase() == "OutcomeUnknown" && object.is("Stalled")
        }
    };
    all(&json!({}))?;
    for object in scene.wait_for_all(faults.len(), held(1)).await? {
        assert_eq!((object.condition("Ready").0, object.reason()), ("Unknown", "OutcomeUnknown"));
        assert_says(
            &object,
            &[
                "It is unknown whether the cloud accepted attempt 1",
                "The operator will not call again unless you decide",
                object.attempt_id(),
            ],
        );
        assert_eq!(object.commands().len(), 3, "{}", object.message());
    }

    // Looked at again, by this process and by another.
    all(&json!({"suspend": false}))?;
    scene.wait_for_all(faults.len(), held(2)).await?;
    assert_eq!(operator.stop()?, Exit::Code(0));
    let _operator = options.start_ready()?;
    all(&json!({"suspend": false, "onUnknownOutcome": "Hold"}))?;
    scene.wait_for_all(faults.len(), held(3)).await?;
    for ((name, _, committed), backup) in faults.iter().zip(&backups) {
        assert_eq!(counts(&scene, backup), (1, u64::from(*committed)), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn call_again_calls_after_the_settling_time_and_never_after_an_unreadable_success()
-> Result<()> {
    let (settling, window, limit) =
        (Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(3));
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let _operator = scene
        .operator()
        .arg(format!("--settling-time={}s", settling.as_secs()))
        .arg(format!("--claim-window={}s", window.as_secs()))
        .arg(format!("--request-timeout={}s", limit.as_secs()))
        .start_ready()?;
    scene.valid_secret()?;
    let cases = [
        ("unreadable", Fault::after_commit().answer(Answer::status(200).text("OK"))),
        ("lost", Fault::before_commit().reset()),
        ("answer-lost", Fault::after_commit().reset()),
    ];
    let mut backups = Vec::new();
    for (name, fault) in cases {
        let backup = scene.new_backup();
        scene.simulator.script(Script::once(fault).replicate().backup(&backup))?;
        scene.applied(
            &Scene::manifest_but(name, &backup, &json!({"onUnknownOutcome": "CallAgain"}))
                .to_string(),
        )?;
        let (who_acts, words) = match name {
            "unreadable" => ("Stalled", "The operator will not call again unless you decide"),
            _ => ("Reconciling", "If the records still show no replication"),
        };
        let told = |object: &Object| {
            object.phase() == "OutcomeUnknown" && object.message().contains(words)
        };
        let object = scene.wait(name, who_acts, told).await?;
        assert!(object.is(who_acts) && object.is("Stalled") != object.is("Reconciling"), "{name}");
        backups.push(backup);
    }

    scene.wait("lost", "ready", ready).await?;
    let last = scene.wait_for_phase("answer-lost", "Failed").await?;
    assert_eq!(
        last.reason(),
        "AlreadyReplicated",
        "the cloud's own refusal is what CallAgain trusts"
    );
    assert_eq!(
        backups.iter().map(|backup| counts(&scene, backup)).collect::<Vec<_>>(),
        [(1, 1), (2, 1), (2, 1)]
    );
    for backup in &backups[1..] {
        let posts = scene.posts(backup);
        let waited = posts[1].at.duration_since(posts[0].at);
        assert!(waited >= SignedDuration::try_from(settling + window + limit)?, "only {waited:?}");
    }
    // It was unknown before the others were, so its time would have come before theirs.
    let unreadable = scene.get("unreadable").await?;
    assert!(
        unreadable.phase() == "OutcomeUnknown" && unreadable.is("Stalled"),
        "{:#}",
        unreadable.0
    );
    Ok(())
}
