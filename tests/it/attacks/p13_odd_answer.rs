//! P13. One odd answer licenses nothing.

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene};
use serde_json::json;
use simulator::{Answer, ErrorShape, Fault, LookUp, Operation, Script, Token, View, example};

use super::{
    Findings, OPERATOR, PATIENCE_WITH_LOOKS, apply, careless, counts, decided, operations,
    operator, origin, ready,
};

/// A page of something in between, with a number that differs each time.
fn page(status: u16) -> Answer {
    Answer::status(status).page(format!("<html>{status}, ref. {{request_id}}</html>"))
}

/// What says that there is no look-up, or no such backup, or that this user may not look.
fn odd() -> Vec<(&'static str, Answer)> {
    let gateway = |status, code| {
        Answer::status(status).error(ErrorShape::Gateway, code, "So says the gateway.")
    };
    vec![
        ("http-404", page(404)),
        ("http-403", page(403)),
        ("http-405", page(405)),
        ("http-410", page(410)),
        ("http-418", page(418)),
        ("http-501", page(501)),
        ("http-302", Answer::redirect(302, "https://portal.example.com/maintenance")),
        ("no-api", gateway(404, "APIG.0101")),
        ("no-right", gateway(403, "APIGW.0302")),
        (
            "no-backup",
            Answer::status(404).error(
                ErrorShape::Cbr,
                "BackupService.6200",
                "The backup does not exist.",
            ),
        ),
    ]
}

/// All of these once, and one kind after another.
fn rows() -> Vec<(&'static str, Vec<Answer>)> {
    let refused =
        Answer::status(401).error(ErrorShape::Gateway, "APIGW.0301", "decrypt token fail");
    let mut rows: Vec<_> = odd().into_iter().map(|(name, answer)| (name, vec![answer])).collect();
    rows.push(("no-token", vec![refused.clone()]));
    rows.push(("three-kinds", vec![page(404), page(403), refused]));
    rows
}

/// Replications that were accepted and are recorded, of resources that are made again. Their first
/// looks are answered oddly.
async fn made_again(in_a_new_process: bool) -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let earlier = operator(&scene).start_ready()?;
    let rows: Vec<_> =
        rows().into_iter().map(|(name, answers)| (name, answers, scene.new_backup())).collect();
    for (name, _, backup) in &rows {
        apply(&scene, name, backup, &json!({}))?;
    }
    scene.wait_for_all(rows.len(), |object| object.phase() == "Succeeded").await?;
    let (mut kept, mut later) = (Some(earlier), None);
    if in_a_new_process {
        kept.take().context("it runs")?.stop()?;
    }
    let deleted = scene.kubectl(&["delete", "brep", "--all", "--timeout=60s"])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    for (name, answers, backup) in &rows {
        for answer in answers {
            let fault = Fault::before_commit().answer(answer.clone());
            scene.simulator.script(Script::once(fault).show().backup(backup))?;
        }
        apply(&scene, name, backup, &json!({}))?;
    }
    if in_a_new_process {
        later = Some(operator(&scene).start_ready()?);
    }
    let mut findings = Findings::default();
    for (name, _, backup) in &rows {
        let object = scene.wait(name, "decided", decided).await?;
        let adopted = ready(&object) && origin(&object).0 == Some("Adopted");
        findings.check(name, adopted, || format!("{:?}: {}", origin(&object), object.message()));
        findings.counts(&scene, name, backup, (1, 1));
    }
    drop((kept, later));
    findings.none()
}

#[tokio::test]
async fn one_odd_answer_to_a_new_process_makes_no_second_call() -> Result<()> {
    made_again(true).await
}

#[tokio::test]
async fn one_odd_answer_to_a_process_that_knows_better_makes_no_second_call() -> Result<()> {
    made_again(false).await
}

#[tokio::test]
async fn what_is_answered_again_and_again_is_believed_after_a_while_and_gets_its_one_call()
-> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let _operator = operator(&scene).start_ready()?;
    let rows: Vec<_> =
        odd().into_iter().map(|(name, answer)| (name, answer, scene.new_backup())).collect();
    for (name, answer, backup) in &rows {
        let fault = Fault::before_commit().answer(answer.clone());
        scene.simulator.script(Script::always(fault).show().backup(backup))?;
        // To each its own credential: what one was told is nothing to the other.
        let token = format!("MIItoken-of-{name}");
        scene.simulator.add_token(Token::new(&token, example::PROJECT));
        scene.secret_with(name, &json!({"token": token}))?;
        apply(&scene, name, backup, &json!({"auth": {"tokenSecretRef": {"name": name}}}))?;
    }
    let mut findings = Findings::default();
    for (name, _, backup) in &rows {
        let object = scene
            .wait(name, "accepted", |object| object.text("/status/acceptedAt").is_some())
            .await?;
        findings
            .check(name, origin(&object).0 == Some("Called"), || format!("{:?}", origin(&object)));
        findings.counts(&scene, name, backup, (1, 1));
        let time_of = |wanted| {
            let calls = |log: &simulator::Log| {
                log.calls_of(backup).find(|c| c.operation == Some(wanted)).map(|c| c.at)
            };
            scene.simulator.log(calls).with_context(|| format!("{name}: {wanted:?} never came"))
        };
        let waited =
            time_of(Operation::Replicate)?.duration_since(time_of(Operation::Show)?).unsigned_abs();
        findings
            .check(name, waited >= PATIENCE_WITH_LOOKS, || format!("believed after {waited:?}"));
        let looks =
            operations(&scene, backup).iter().take_while(|o| **o == Operation::Show).count();
        findings.check(name, looks > 1, || format!("believed after {looks} look-up"));
    }
    findings.none()
}

#[tokio::test]
async fn after_a_refused_look_no_call_is_made_and_another_token_gets_it() -> Result<()> {
    let refused = "MIItoken-that-is-refused-for-looks";
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.simulator.add_token(Token::new(refused, example::PROJECT));
    scene
        .simulator
        .set_token_view(refused, Some(View { look_up: LookUp::Refused, ..View::default() }));
    scene.secret(refused)?;
    let _operator = operator(&scene).start_ready()?;
    apply(&scene, "db", example::BACKUP, &json!({}))?;
    let waits =
        |object: &Object| object.reason() == "CredentialRejected" || !object.attempts().is_empty();
    let object = scene.wait("db", "waiting for another token", waits).await?;
    assert_eq!(counts(&scene, example::BACKUP), (0, 0), "{}", object.message());
    assert!(
        object.message().contains("cbr-token"),
        "the Secret is not named: {}",
        object.message()
    );
    scene.valid_secret()?;
    scene.wait("db", "ready", ready).await?;
    assert_eq!(counts(&scene, example::BACKUP), (1, 1));
    Ok(())
}
