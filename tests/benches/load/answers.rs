//! Look-ups that are answered with what asks for rest: how often it is asked nevertheless.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use simulator::{Answer, ErrorShape, Fault, Options, RetryAfter, Script, Token, example};

use crate::Figures;
use crate::subject::{Subject, looks, writes};
use harness::Scene;

const OBSERVED: Duration = Duration::from_secs(30);

fn answers() -> [(&'static str, &'static str, Answer); 5] {
    let varying = r#"{"error_code":"BackupService.9998","error_msg":"Failed, see {request_id}."}"#;
    let gateway =
        |status, code| Answer::status(status).error(ErrorShape::Gateway, code, "Refused.");
    [
        ("page", "404 with a request id", Answer::status(404).page("Ref. {request_id}")),
        ("refused", "401 with a request id", gateway(401, "APIGW.0301")),
        (
            "varying",
            "500 `BackupService.9998` with varying text",
            Answer::status(500).page(varying),
        ),
        ("zero", "429 with `Retry-After: 0`", Answer::throttled(Some(RetryAfter::Seconds(0)))),
        (
            "past",
            "429 with a date that has passed",
            Answer::throttled(Some(RetryAfter::DateInSeconds(-30))),
        ),
    ]
}

pub(crate) async fn measure(subject: &Subject) -> Result<Figures> {
    let scene = subject.scene(Options::default()).await?;
    let options = scene.operator().env("KUBECONFIG", scene.operator_account()?);
    let mut backups = Vec::new();
    for (name, _, answer) in answers() {
        let token = format!("gAAAAABtoken-of-{name}");
        scene.simulator.add_token(Token::new(&token, example::PROJECT));
        scene.secret_with(name, &json!({"token": token}))?;
        let backup = scene.new_backup();
        let fault = Fault::before_commit().answer(answer);
        scene.simulator.script(Script::always(fault).show().backup(&backup))?;
        let auth = json!({"tokenSecretRef": {"name": name}});
        scene.create(&Scene::manifest_with(name, &backup, &auth)).await?;
        backups.push(backup);
    }
    // As it is by default: the answer stays what it means.
    let _operator = options.env("BREP_LOOK_UP_PATIENCE", "60s").start_ready()?;
    tokio::time::sleep(OBSERVED).await;
    let mut figures = Vec::new();
    for ((name, what, _), backup) in answers().into_iter().zip(&backups) {
        let (looks, writes) = (looks(&scene, backup), writes(&scene, Some(name)).await?);
        figures.push((
            format!("look-ups answered {what}, {} s", OBSERVED.as_secs()),
            format!("{looks} look-ups, {writes} status writes"),
        ));
    }
    Ok(figures)
}
