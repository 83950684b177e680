//! C4 and C5. A token is on show in no form, and one that was refused is not sent again.

use anyhow::{Result, ensure};
use harness::{Object, PATIENCE, Scene};
use serde_json::json;
use simulator::{Answer, ErrorShape, Fault, Operation, Script, Token, example};

use super::{Findings, OPERATOR, apply, careless, counts, decided, operator, ready};

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 without padding.
fn base64(bytes: &[u8], letters: &[u8; 64]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..=chunk.len() {
            text.push(char::from(letters[(group >> (18 - 6 * position) & 63) as usize]));
        }
    }
    text
}

/// The token as a cloud's error text may hold it.
fn encoded(token: &str) -> Vec<(String, String)> {
    let hex = |upper: bool| {
        let digits = token
            .bytes()
            .map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        digits.collect::<String>()
    };
    let mut forms = vec![("hex".to_owned(), hex(false)), ("hex-upper".to_owned(), hex(true))];
    for (name, letters) in [("base64", STANDARD), ("base64url", URL_SAFE)] {
        // A word before it shifts the letters.
        for before in ["", "t", "t:"] {
            let text = base64(format!("{before}{token}").as_bytes(), letters);
            forms.push((format!("{name}-{}", before.len()), text));
        }
        forms.push((
            format!("{name}-header"),
            base64(format!("X-Auth-Token: {token}\r\n").as_bytes(), letters),
        ));
    }
    forms
}

/// Whether a text holds a piece of the form that is long enough to be of use.
fn shows(text: &str, form: &str) -> bool {
    let letters = form.get(24..).unwrap_or_default().as_bytes();
    letters.windows(12).any(|piece| text.contains(String::from_utf8_lossy(piece).as_ref()))
}

#[test]
fn the_forms_are_what_they_are_called() {
    assert_eq!(base64(b"Many hands", STANDARD), "TWFueSBoYW5kcw");
    assert_eq!(base64(&[0xfb, 0xff], URL_SAFE), "-_8");
    let token = "gAAAAAB-0123456789-0123456789-0123456789";
    for (name, form) in encoded(token) {
        assert!(shows(&format!("so says {form}."), &form), "{name}");
        assert!(!shows("so says [redacted].", &form), "{name}");
    }
}

#[tokio::test]
async fn a_token_that_the_cloud_repeats_in_another_form_is_on_show_nowhere() -> Result<()> {
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.valid_secret()?;
    let operator = operator(&scene).env("RUST_LOG", "debug").start_ready()?;
    let mut rows = Vec::new();
    for (form_name, form) in encoded(example::TOKEN) {
        for operation in [Operation::Replicate, Operation::Show] {
            let (name, backup) =
                (format!("{form_name}-{operation:?}").to_lowercase(), scene.new_backup());
            let words = format!("Parameter verification failed for {form} of the request.");
            let (answer, script): (_, fn(Script) -> Script) = match operation {
                Operation::Show => (
                    Answer::status(500).error(ErrorShape::Cbr, "BackupService.9910", words),
                    Script::show,
                ),
                Operation::Replicate
                | Operation::ListLogs
                | Operation::List
                | Operation::IssueToken
                | Operation::Exchange
                | Operation::TemporaryKey
                | Operation::ListProjects
                | Operation::Capabilities => (
                    Answer::status(400).error(ErrorShape::Cbr, "BackupService.9900", words),
                    Script::replicate,
                ),
            };
            let fault = Fault::before_commit().answer(answer);
            scene.simulator.script(script(Script::always(fault)).backup(&backup))?;
            apply(&scene, &name, &backup, &json!({}))?;
            rows.push((name, form.clone()));
        }
    }
    let mut findings = Findings::default();
    let told = |object: &Object| decided(object) || object.reason() == "LookUpFailed";
    for (name, form) in &rows {
        let object = scene.wait(name, "told", told).await?;
        findings.check(name, !shows(&object.0["status"].to_string(), form), || {
            format!("status: {}", object.message())
        });
    }
    let events = scene.kubectl(&["get", "events", "-o", "json"])?.words;
    let log = operator.log.text();
    for (name, form) in &rows {
        findings.check(name, !shows(&events, form), || "it is in an Event".into());
        findings.check(name, !shows(&log, form), || "it is in the log".into());
    }
    findings.none()
}

/// Waits until the operator has read a Secret after that time, and says when.
fn secret_read_after(scene: &Scene, since: &str) -> Result<String> {
    let read = scene.cluster.wait_for_audit_event(PATIENCE, |event| {
        (event.resource.as_str(), event.verb.as_str()) == ("secrets", "get")
            && event.namespace == scene.namespace
            && !event.user_agent.starts_with("kubectl")
            && event.received_at.as_str() > since
    })?;
    Ok(read.received_at)
}

#[tokio::test]
async fn a_refused_token_is_not_sent_again_because_its_secret_was_labelled() -> Result<()> {
    let refused = "MIItoken-that-is-refused-for-calls";
    let scene = Scene::with(OPERATOR, careless()).await?;
    scene.simulator.add_token(Token::new(refused, example::PROJECT));
    let answer = Answer::status(401).error(ErrorShape::Gateway, "APIGW.0301", "decrypt token fail");
    let fault = Fault::before_commit().answer(answer);
    scene.simulator.script(Script::always(fault).replicate().token(refused))?;
    scene.secret(refused)?;
    let _operator = operator(&scene).start_ready()?;
    apply(&scene, "db", example::BACKUP, &json!({}))?;
    scene.wait("db", "refused", |object| object.reason() == "CredentialRejected").await?;
    ensure!(counts(&scene, example::BACKUP) == (1, 0), "{:?}", counts(&scene, example::BACKUP));

    let mut read = scene
        .cluster
        .audit_events()?
        .last()
        .map(|event| event.received_at.clone())
        .unwrap_or_default();
    for label in ["touched=once", "touched=twice"] {
        let labelled = scene.kubectl(&["label", "--overwrite", "secret", "cbr-token", label])?;
        ensure!(labelled.accepted, "{}", labelled.words);
        read = secret_read_after(&scene, &read)?;
        read = secret_read_after(&scene, &read)?;
    }
    assert_eq!(counts(&scene, example::BACKUP), (1, 0), "the refused token was sent again");
    scene.valid_secret()?;
    scene.wait("db", "ready", ready).await?;
    assert_eq!(counts(&scene, example::BACKUP), (2, 1));
    Ok(())
}
