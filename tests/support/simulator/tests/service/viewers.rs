//! What depends on who asks.

use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Answer, Fault, LookUp, Options, Records, Script, Simulator, Token, View, example};

use crate::caller::{Caller, code_of};

const OTHER: &str = "a-second-token-of-the-project";

/// A simulator, and a caller with each of two tokens.
fn two() -> Result<(Simulator, Caller, Caller)> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_token(Token::new(OTHER, example::PROJECT));
    let (first, mut second) = (Caller::plain(&simulator)?, Caller::plain(&simulator)?);
    second.token = OTHER.into();
    Ok((simulator, first, second))
}

fn number(records: Option<Value>) -> Option<usize> {
    records.and_then(|records| records.as_array().map(Vec::len))
}

#[tokio::test]
async fn a_token_is_shown_what_is_for_it_whatever_the_backup() -> Result<()> {
    let (simulator, first, second) = two()?;
    first.accepted(example::BACKUP).await?;
    simulator.set_view(example::BACKUP, Some(View { records: Records::Null, ..View::default() }));
    simulator.set_token_view(OTHER, Some(View { records: Records::Empty, ..View::default() }));
    assert_eq!(first.records(example::BACKUP).await?, Some(Value::Null));
    assert_eq!(second.records(example::BACKUP).await?, Some(json!([])));
    simulator.set_token_view(OTHER, None);
    assert_eq!(second.records(example::BACKUP).await?, Some(Value::Null));
    simulator.set_view(example::BACKUP, None);
    assert_eq!(number(second.records(example::BACKUP).await?), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_token_may_have_no_look_up_and_be_good_for_replications() -> Result<()> {
    let (simulator, first, second) = two()?;
    simulator.configure(|behaviour| behaviour.accept_duplicates = true);
    for (look_up, status, code) in [
        (LookUp::Refused, StatusCode::UNAUTHORIZED, "APIGW.0301"),
        (LookUp::NoSuchBackup, StatusCode::NOT_FOUND, "BackupService.6200"),
        (LookUp::Forbidden, StatusCode::FORBIDDEN, "APIGW.0302"),
        (LookUp::NotFound, StatusCode::NOT_FOUND, "APIG.0101"),
    ] {
        simulator.set_token_view(OTHER, Some(View { look_up, ..View::default() }));
        assert_eq!(code_of(second.show(example::BACKUP).await?, status).await?, code);
        assert_eq!(first.show(example::BACKUP).await?.status(), 200, "{look_up:?}");
        second.accepted(example::BACKUP).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_script_can_be_for_one_token_and_does_not_show_it() -> Result<()> {
    let (simulator, first, second) = two()?;
    let status = |status| Fault::before_commit().answer(Answer::status(status));
    simulator.script(Script::once(status(503)).backup(example::BACKUP))?;
    simulator.script(Script::times(2, status(418)).token(OTHER))?;
    assert!(
        !format!("{:?}{}", simulator.scripts(), serde_json::to_string(&simulator.scripts())?)
            .contains(OTHER)
    );
    assert_eq!(second.show(example::BACKUP).await?.status(), 418);
    assert_eq!(first.replicate(example::BACKUP).await?.status(), 503);
    assert_eq!(first.replicate(example::BACKUP).await?.status(), 200);
    assert_eq!(second.replicate(example::BACKUP).await?.status(), 418);
    assert_eq!(second.show(example::BACKUP).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_page_has_a_number_that_differs_in_each_answer() -> Result<()> {
    let (simulator, first, _) = two()?;
    let page = Answer::status(404)
        .page("<html>Not Found, ref. {request_id}</html>")
        .header("retry-after", "7");
    simulator.script(Script::times(2, Fault::before_commit().answer(page)).show())?;
    let mut texts = Vec::new();
    for _ in 0..2 {
        let response = first.show(example::BACKUP).await?;
        assert_eq!(response.headers()["retry-after"], "7");
        assert_eq!(response.headers()["content-type"], "text/html;charset=utf-8");
        let request_id = response.headers()["x-request-id"].to_str()?.to_owned();
        let text = response.text().await?;
        assert_eq!(text, format!("<html>Not Found, ref. {request_id}</html>"));
        texts.push(text);
    }
    assert_ne!(texts[0], texts[1]);
    Ok(())
}
