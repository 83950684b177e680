//! A clock that is not the client's.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::{Response, StatusCode};
use simulator::{Answer, Fault, Options, RetryAfter, Script, Simulator, Token, example};

use crate::caller::{Caller, code_of, json_of};
use crate::signer::Signer;

/// What the clock of an answer is ahead of the real one, in whole minutes.
fn ahead(answer: &Response, header: &str) -> Result<i64> {
    let date = answer.headers().get(header).context("no date")?.to_str()?;
    let date = rfc2822::DateTimeParser::new().parse_timestamp(date)?;
    Ok((date.duration_since(Timestamp::now()).as_secs() + 30).div_euclid(60))
}

#[tokio::test]
async fn a_signature_may_be_a_quarter_of_an_hour_off_either_way() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    // A margin for a machine that is slow or busy.
    for (minutes, taken) in [(0, true), (13, true), (-13, true), (16, false), (-16, false)] {
        let ahead = SignedDuration::from_mins(minutes);
        let answer = Signer { ahead, ..Signer::show(&simulator) }.send().await?;
        let status = if taken { 200 } else { 401 };
        let answer = json_of(answer, status).await.with_context(|| format!("{minutes} minutes"))?;
        let message = answer["error_msg"].as_str().unwrap_or_default();
        assert_eq!(message.ends_with("calc ak sk signature fail:signature expired"), !taken);
    }
    Ok(())
}

#[tokio::test]
async fn answers_have_the_date_of_the_service_s_clock() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    assert_eq!(ahead(&caller.show(example::BACKUP).await?, "date")?, 0);
    simulator.advance_clock(SignedDuration::from_mins(-40));
    let refused = Signer::show(&simulator).send().await?;
    assert_eq!((refused.status(), ahead(&refused, "date")?), (StatusCode::UNAUTHORIZED, -40));
    let busy = Answer::throttled(Some(RetryAfter::DateInSeconds(600)));
    simulator.script(Script::once(Fault::before_commit().answer(busy)))?;
    let busy = caller.show(example::BACKUP).await?;
    assert_eq!((ahead(&busy, "date")?, ahead(&busy, "retry-after")?), (-40, -30));
    let dated = Answer::status(503).header("date", "Thu, 01 Jan 1970 00:00:00 GMT");
    simulator.script(Script::once(Fault::before_commit().answer(dated)))?;
    let dated = caller.show(example::BACKUP).await?;
    assert_eq!(dated.headers()["date"], "Thu, 01 Jan 1970 00:00:00 GMT");

    simulator.reset_clock();
    assert_eq!(ahead(&caller.show(example::BACKUP).await?, "date")?, 0);
    let at: Timestamp = "2020-06-08T02:39:00Z".parse()?;
    simulator.set_clock(at);
    let shown = simulator.clock().duration_since(at);
    assert!(shown >= SignedDuration::ZERO && shown < SignedDuration::from_mins(1), "{shown}");
    Ok(())
}

#[tokio::test]
async fn tokens_expire_by_it() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let expires_at = Timestamp::now() + SignedDuration::from_hours(1);
    simulator.add_token(Token::new("an-hour", example::PROJECT).expires_at(expires_at));
    let mut caller = Caller::plain(&simulator)?;
    caller.token = "an-hour".into();
    assert_eq!(caller.show(example::BACKUP).await?.status(), 200);
    simulator.advance_clock(SignedDuration::from_mins(61));
    let expired = caller.show(example::BACKUP).await?;
    assert_eq!(code_of(expired, StatusCode::UNAUTHORIZED).await?, "APIGW.0307");
    simulator.reset_clock();
    assert_eq!(caller.show(example::BACKUP).await?.status(), 200);
    simulator.expire_token("an-hour")?;
    assert_eq!(caller.show(example::BACKUP).await?.status(), 401);
    Ok(())
}
