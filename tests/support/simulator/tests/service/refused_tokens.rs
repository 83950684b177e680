//! What the gateway says of tokens, and of headers that are too long for it.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use reqwest::Response;
use simulator::{ExpiredToken, HeaderLimits, Options, Simulator, Token, Verdict, Wire, example};

use crate::caller::{Caller, json_of};
use crate::iam::{ask, login, token};

async fn said(answer: Response) -> Result<(String, String)> {
    let answer = json_of(answer, 401).await?;
    let text = |key: &str| answer[key].as_str().map(str::to_owned).context("no text");
    Ok((text("error_code")?, text("error_msg")?))
}

#[tokio::test]
async fn tokens_are_refused_in_the_gateway_s_words() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let mut caller = Caller::plain(&simulator)?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let path = format!("/v3/{}/backups/{}", example::PROJECT, example::BACKUP);
    let none = said(client.get(format!("{}{path}", simulator.http_url())).send().await?).await?;
    let start = "Incorrect IAM authentication information: ";
    let words = |words: &str| ("APIGW.0301".to_owned(), format!("{start}{words}"));
    assert_eq!(none, words("x-auth-token not found"));
    caller.token = "unknown".into();
    let unknown = said(caller.show(example::BACKUP).await?).await?;
    assert_eq!(unknown, words("decrypt token fail"));

    caller.token = "old".into();
    let expires_at: Timestamp = "2026-01-01T00:00:00Z".parse()?;
    simulator.add_token(Token::new("old", example::PROJECT).expires_at(expires_at));
    simulator.set_clock(expires_at + SignedDuration::from_secs(1));
    let (code, _) = said(caller.show(example::BACKUP).await?).await?;
    assert_eq!(code, "APIGW.0307");
    simulator.configure(|behaviour| behaviour.expired_token = ExpiredToken::Expired);
    let expired = said(caller.show(example::BACKUP).await?).await?;
    assert_eq!(expired, words("token expires, expires_at: 2026-01-01T00:00:00Z"));
    Ok(())
}

#[tokio::test]
async fn headers_beyond_the_limit_are_refused_where_there_is_one() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let mut caller = Caller::plain(&simulator)?;
    let name = "x-auth-token".len();
    let limits = HeaderLimits::default();
    assert_eq!((limits.each, limits.total), (32_768, 131_072));
    for (length, fits) in [(limits.each - name, true), (limits.each - name + 1, false)] {
        caller.token = "t".repeat(length);
        simulator.add_token(Token::new(caller.token.clone(), example::PROJECT));
        assert_eq!(caller.show(example::BACKUP).await?.status(), 200, "{length}: no limit yet");
        simulator.configure(|behaviour| behaviour.header_limits = Some(limits));
        let answer = caller.show(example::BACKUP).await?;
        if fits {
            assert_eq!(answer.status(), 200, "{length}");
        } else {
            let answer = json_of(answer, 494).await?;
            assert_eq!(answer["error_code"], "APIG.0201");
            assert!(answer["request_id"].is_string());
        }
        simulator.configure(|behaviour| behaviour.header_limits = None);
    }
    let verdict = simulator.log(|log| log.calls().last().and_then(|call| call.verdict.clone()));
    assert_eq!(verdict, Some(Verdict::Refused { status: 494, code: "APIG.0201".into() }));

    caller.token = example::TOKEN.into();
    simulator.configure(|behaviour| behaviour.header_limits = Some(limits));
    let mut many = caller.request("GET", "/v3/projects")?;
    for number in 0..5 {
        many = many.header(format!("x-filler-{number}"), "f".repeat(30_000));
    }
    assert_eq!(many.send().await?.status().as_u16(), 494, "each is short enough");
    Ok(())
}

#[tokio::test]
async fn a_token_can_be_issued_that_no_header_has_room_for() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let mut caller = Caller::plain(&simulator)?;
    let login = login(example::PASSWORD, Some(example::PROJECT));
    for (length, status) in [(0, 200), (20_000, 200), (40_000, 494)] {
        simulator.configure(|behaviour| {
            behaviour.iam.token_length = length;
            behaviour.header_limits = Some(HeaderLimits::default());
        });
        caller.token = token(&ask(&simulator, &login).await?)?;
        assert!((length..length + 150).contains(&caller.token.len()), "{length}");
        assert_eq!(caller.show(example::BACKUP).await?.status().as_u16(), status, "{length}");
    }
    Ok(())
}

#[tokio::test]
async fn errors_have_the_charset_too() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let mut caller = Caller::plain(&simulator)?;
    let wire = Wire { charset: true, chunked: false };
    simulator.configure(|behaviour| behaviour.wire = wire);
    let charset = "application/json;charset=UTF-8";
    let shown = caller.show(example::BACKUP).await?;
    assert_eq!(
        (shown.status().as_u16(), &shown.headers()["content-type"]),
        (200, &charset.parse()?)
    );
    caller.token = "unknown".into();
    let refused = caller.show(example::BACKUP).await?;
    assert_eq!(refused.headers()["content-type"], charset);
    assert_eq!(said(refused).await?.0, "APIGW.0301");
    Ok(())
}
