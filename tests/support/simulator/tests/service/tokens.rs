//! Who may call.

use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::json;
use simulator::{AuthErrors, Counts, Options, Simulator, Token, example};

use crate::caller::{Caller, body, code_of, json_of};

#[tokio::test]
async fn tokens_are_unknown_expired_or_of_another_project() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let mut caller = Caller::plain(&simulator)?;

    caller.token = "never issued".into();
    let unknown = caller.replicate(example::BACKUP).await?;
    assert_eq!(code_of(unknown, StatusCode::UNAUTHORIZED).await?, "APIGW.0301");

    caller.token = "elsewhere".into();
    simulator.add_token(Token::new("elsewhere", example::DESTINATION_PROJECT));
    let foreign = caller.replicate(example::BACKUP).await?;
    assert_eq!(code_of(foreign, StatusCode::FORBIDDEN).await?, "APIGW.0310");

    caller.token = "old".into();
    simulator.add_token(
        Token::new("old", example::PROJECT).expires_at(Timestamp::now() - Duration::from_secs(1)),
    );
    let expired = caller.show(example::BACKUP).await?;
    assert_eq!(code_of(expired, StatusCode::UNAUTHORIZED).await?, "APIGW.0307");

    caller.token = "fresh".into();
    simulator.add_token(
        Token::new("fresh", example::PROJECT)
            .expires_at(Timestamp::now() + Duration::from_secs(3600)),
    );
    assert_eq!(caller.show(example::BACKUP).await?.status(), 200);
    simulator.expire_token("fresh")?;
    let expired = caller.show(example::BACKUP).await?;
    assert_eq!(code_of(expired, StatusCode::UNAUTHORIZED).await?, "APIGW.0307");
    simulator.revoke_token("fresh")?;
    let revoked = caller.show(example::BACKUP).await?;
    assert_eq!(code_of(revoked, StatusCode::UNAUTHORIZED).await?, "APIGW.0301");

    assert_eq!(simulator.counts(example::BACKUP), Counts { posts: 2, accepted: 0, gets: 4 });
    Ok(())
}

#[tokio::test]
async fn a_call_without_a_token_is_refused() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let url = format!(
        "{}/v3/{}/backups/{}/replicate",
        simulator.http_url(),
        example::PROJECT,
        example::BACKUP
    );
    let client = reqwest::Client::builder().no_proxy().build()?;
    let response = client.post(url).json(&body()).send().await?;
    assert_eq!(code_of(response, StatusCode::UNAUTHORIZED).await?, "APIGW.0301");
    Ok(())
}

#[tokio::test]
async fn iam_has_a_shape_of_its_own() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.configure(|behaviour| behaviour.auth_errors = AuthErrors::Iam);
    let mut caller = Caller::plain(&simulator)?;
    simulator.add_token(Token::new("elsewhere", example::DESTINATION_PROJECT));
    for (token, status, title) in
        [("unknown", 401, "Unauthorized"), ("elsewhere", 403, "Forbidden")]
    {
        caller.token = token.into();
        let answer = json_of(caller.show(example::BACKUP).await?, status).await?;
        assert_eq!(answer["error"]["code"], json!(status));
        assert_eq!(answer["error"]["title"], title);
        assert!(answer["error"]["message"].is_string());
    }
    Ok(())
}

#[test]
fn a_token_is_not_in_debug_output_or_errors() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let token = Token::new("s3cret", example::PROJECT);
    let error = simulator.revoke_token("s3cret").expect_err("it is not known yet");
    for text in
        [format!("{token:?}"), format!("{error:?}"), serde_json::to_string(&simulator.world())?]
    {
        assert!(!text.contains("s3cret") && !text.contains(example::TOKEN), "{text}");
    }
    Ok(())
}
