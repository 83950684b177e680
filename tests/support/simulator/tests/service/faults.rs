//! Scripts: which calls they meet, and answers of their own.

use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{
    Answer, Body, CallEnding, Counts, ErrorShape, Fault, Options, RetryAfter, Script, Simulator,
    Verdict, example,
};

use crate::caller::{Caller, code_of, json_of};

fn started() -> Result<(Simulator, Caller)> {
    let simulator = Simulator::start(Options::any_backup())?;
    let caller = Caller::plain(&simulator)?;
    Ok((simulator, caller))
}

fn status(status: u16) -> Fault {
    Fault::before_commit().answer(Answer::status(status))
}

#[tokio::test]
async fn scripts_are_met_in_order_and_the_more_special_ones_first() -> Result<()> {
    let (simulator, caller) = started()?;
    let other = "11111111-1111-4111-8111-111111111111";
    simulator.script(Script::always(status(500)).show())?;
    simulator.script(Script::times(2, status(502)))?;
    simulator.script(Script::once(status(503)))?;
    simulator.script(Script::once(status(504)).backup(other))?;
    simulator.script(Script::once(status(505)).backup(other).replicate())?;

    assert_eq!(caller.show(other).await?.status(), 504);
    assert_eq!(caller.show(other).await?.status(), 502);
    assert_eq!(caller.replicate(other).await?.status(), 505);
    assert_eq!(caller.replicate(example::BACKUP).await?.status(), 502);
    assert_eq!(caller.replicate(example::BACKUP).await?.status(), 503);
    assert_eq!(caller.replicate(example::BACKUP).await?.status(), 200);
    assert_eq!(caller.show(example::BACKUP).await?.status(), 500);
    assert_eq!(caller.show(example::BACKUP).await?.status(), 500);
    assert_eq!(simulator.scripts().len(), 1);
    simulator.clear_scripts();
    assert_eq!(caller.show(example::BACKUP).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn an_error_before_the_commit_leaves_nothing_and_after_it_a_record() -> Result<()> {
    let (simulator, caller) = started()?;
    simulator.script(Script::once(status(502)))?;
    simulator.script(Script::once(Fault::after_commit().answer(Answer::status(504))))?;

    assert_eq!(caller.replicate(example::BACKUP).await?.status(), 502);
    assert_eq!(simulator.counts(example::BACKUP), Counts { posts: 1, accepted: 0, gets: 0 });
    assert_eq!(caller.replicate(example::BACKUP).await?.status(), 504);
    assert_eq!(simulator.counts(example::BACKUP), Counts { posts: 2, accepted: 1, gets: 0 });
    let third = caller.replicate(example::BACKUP).await?;
    assert_eq!(code_of(third, StatusCode::BAD_REQUEST).await?, "BackupService.1009");
    let calls = simulator.log(|log| log.calls().to_vec());
    assert_eq!((calls[0].scripted, &calls[0].verdict), (true, &None));
    assert!(matches!(calls[1].verdict, Some(Verdict::Accepted { record_id: _ })));
    assert_eq!(calls[1].ending, Some(CallEnding::Answered { status: 504 }));
    assert!(!calls[2].scripted);
    Ok(())
}

#[tokio::test]
async fn a_commit_in_a_script_is_still_subject_to_the_rules() -> Result<()> {
    let (simulator, caller) = started()?;
    simulator.revoke_token(example::TOKEN)?;
    simulator.script(Script::once(Fault::after_commit().answer(Answer::status(502))))?;
    assert_eq!(caller.replicate(example::BACKUP).await?.status(), 502);
    assert_eq!(simulator.counts(example::BACKUP).accepted, 0);
    let verdict = simulator.log(|log| log.calls()[0].verdict.clone());
    assert_eq!(verdict, Some(Verdict::Refused { status: 401, code: "APIGW.0301".into() }));
    Ok(())
}

#[tokio::test]
async fn throttling_says_when_to_come_back_or_does_not() -> Result<()> {
    let (simulator, caller) = started()?;
    for retry_after in [None, Some(RetryAfter::Seconds(7)), Some(RetryAfter::DateInSeconds(60))] {
        simulator
            .script(Script::once(Fault::before_commit().answer(Answer::throttled(retry_after))))?;
        let response = caller.replicate(example::BACKUP).await?;
        let header =
            response.headers().get("retry-after").map(|value| value.to_str().map(str::to_owned));
        let header = header.transpose()?;
        match retry_after {
            None => assert_eq!(header, None),
            Some(RetryAfter::Seconds(_)) => assert_eq!(header.as_deref(), Some("7")),
            Some(RetryAfter::DateInSeconds(_)) => {
                let text = header.context("no date")?;
                assert!(text.ends_with(" GMT"), "{text}");
                let date = jiff::fmt::rfc2822::parse(&text)?.timestamp();
                assert!(
                    date > Timestamp::now() && date <= Timestamp::now() + Duration::from_secs(60),
                    "{text}"
                );
            }
        }
        assert_eq!(code_of(response, StatusCode::TOO_MANY_REQUESTS).await?, "APIG.0308");
    }
    Ok(())
}

#[tokio::test]
async fn errors_come_in_every_shape() -> Result<()> {
    let (simulator, caller) = started()?;
    for (shape, pointer) in [
        (ErrorShape::Cbr, "/error_code"),
        (ErrorShape::Gateway, "/error_code"),
        (ErrorShape::CamelCase, "/errorCode"),
        (ErrorShape::Short, "/code"),
        (ErrorShape::Nested, "/error/error_code"),
    ] {
        let answer = Answer::status(500).error(shape, "BackupService.9910", "unknown error");
        simulator.script(Script::once(Fault::before_commit().answer(answer)))?;
        let body = json_of(caller.replicate(example::BACKUP).await?, 500).await?;
        assert_eq!(body.pointer(pointer), Some(&json!("BackupService.9910")), "{shape:?}");
    }
    let text = Answer::status(502).error(ErrorShape::Text, "", "Bad Gateway");
    simulator.script(Script::once(Fault::before_commit().answer(text)))?;
    assert_eq!(caller.replicate(example::BACKUP).await?.text().await?, "Bad Gateway");
    Ok(())
}

#[tokio::test]
async fn an_answer_can_have_any_status_headers_and_bytes() -> Result<()> {
    let (simulator, caller) = started()?;
    let answer = Answer::status(299)
        .header("X-Cache", "MISS")
        .header("content-type", "text/html")
        .body(Body::Bytes(vec![0xff, 0x00, 0xfe]))
        .without_request_id();
    simulator.script(Script::once(Fault::before_commit().answer(answer)))?;
    let response = caller.show(example::BACKUP).await?;
    assert_eq!(response.status().as_u16(), 299);
    assert_eq!(response.headers()["x-cache"], "MISS");
    assert_eq!(response.headers()["content-type"], "text/html");
    assert!(!response.headers().contains_key("x-request-id"));
    assert_eq!(response.bytes().await?.as_ref(), [0xff, 0x00, 0xfe]);
    Ok(())
}

#[tokio::test]
async fn a_redirect_points_elsewhere() -> Result<()> {
    let (simulator, caller) = started()?;
    let elsewhere = "https://cbr.example.com/v3";
    simulator
        .script(Script::once(Fault::before_commit().answer(Answer::redirect(307, elsewhere))))?;
    let response = caller.replicate(example::BACKUP).await?;
    assert_eq!(response.status(), 307);
    assert_eq!(response.headers()["location"], elsewhere);
    assert_eq!(simulator.counts(example::BACKUP).accepted, 0);
    Ok(())
}

#[tokio::test]
async fn an_error_can_repeat_the_headers_of_the_request_with_the_token() -> Result<()> {
    let (simulator, caller) = started()?;
    simulator.script(Script::once(Fault::before_commit().answer(Answer::echo(400))))?;
    let body = json_of(caller.replicate(example::BACKUP).await?, 400).await?;
    let message = body["error_msg"].as_str().context("no message")?;
    assert!(message.contains(&format!("x-auth-token: {}", example::TOKEN)), "{message}");
    Ok(())
}

#[tokio::test]
async fn an_ordinary_answer_can_be_given_under_another_status() -> Result<()> {
    let (simulator, caller) = started()?;
    let accepted = Answer::status(202).body(Body::Ordinary { keep: None });
    simulator.script(Script::once(Fault::before_commit().answer(accepted)))?;
    let body: Value = json_of(caller.replicate(example::BACKUP).await?, 202).await?;
    let record = &simulator.records(example::BACKUP)[0];
    assert_eq!(body["replication"]["replication_record_id"], record.id);
    Ok(())
}

#[tokio::test]
async fn a_delay_is_at_least_as_long_as_asked_for() -> Result<()> {
    let (simulator, caller) = started()?;
    let delay = Duration::from_millis(50);
    simulator.script(Script::once(Fault::before_commit().delay(delay).ordinary()))?;
    let start = std::time::Instant::now();
    assert_eq!(caller.replicate(example::BACKUP).await?.status(), 200);
    assert!(start.elapsed() >= delay);
    Ok(())
}

#[test]
fn a_script_that_cannot_be_carried_out_is_refused_at_once() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let answer = |answer| Script::once(Fault::before_commit().answer(answer));
    for script in [
        answer(Answer::status(100)),
        answer(Answer::status(1000)),
        answer(Answer::status(200).header("no header", "x")),
        answer(Answer::status(200).header("x", "a\nb")),
        Script::times(0, Fault::before_commit().reset()),
    ] {
        assert!(simulator.script(script.clone()).is_err(), "{script:?}");
    }
    assert!(simulator.scripts().is_empty());
    Ok(())
}
