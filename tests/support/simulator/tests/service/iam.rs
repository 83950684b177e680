//! Tokens for a name and a password.

use anyhow::{Context, Result};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use simulator::{Answer, ErrorShape, Fault, Options, Script, Simulator, User, Verdict, example};

use crate::caller::{Caller, json_of};

/// By password, for the project of this id or for none.
pub(crate) fn login(password: &str, project: Option<&str>) -> Value {
    let user =
        json!({"name": example::USER, "password": password, "domain": {"name": example::DOMAIN}});
    let mut auth = json!({"identity": {"methods": ["password"], "password": {"user": user}}});
    if let Some(id) = project {
        auth["scope"] = json!({"project": {"id": id}});
    }
    json!({"auth": auth})
}

/// Of another user, for the project of the example.
pub(crate) fn login_of(name: &str, password: &str) -> Value {
    let mut body = login(password, Some(example::PROJECT));
    body["auth"]["identity"]["password"]["user"]["name"] = json!(name);
    body
}

/// With another scope.
pub(crate) fn login_with(scope: &Value) -> Value {
    let mut body = login(example::PASSWORD, None);
    body["auth"]["scope"] = scope.clone();
    body
}

pub(crate) async fn ask(simulator: &Simulator, body: &Value) -> Result<Response> {
    Ok(request(simulator, body)?.send().await?)
}

/// By one who has a token already.
pub(crate) async fn ask_as(simulator: &Simulator, token: &str, body: &Value) -> Result<Response> {
    Ok(request(simulator, body)?.header("x-auth-token", token).send().await?)
}

fn request(simulator: &Simulator, body: &Value) -> Result<RequestBuilder> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/v3/auth/tokens?nocatalog=true", simulator.http_url());
    Ok(client.post(url).json(body))
}

/// The token of an answer.
pub(crate) fn token(response: &Response) -> Result<String> {
    Ok(response.headers().get("x-subject-token").context("no token")?.to_str()?.to_owned())
}

#[tokio::test]
async fn an_issued_token_is_taken_until_it_expires_and_the_one_before_it_stays_good() -> Result<()>
{
    let simulator = Simulator::start(Options::default())?;
    let mut caller = Caller::plain(&simulator)?;
    let first = ask(&simulator, &login(example::PASSWORD, Some(example::PROJECT))).await?;
    let second = ask(&simulator, &login(example::PASSWORD, Some(example::PROJECT))).await?;
    let tokens = [token(&first)?, token(&second)?];
    assert_ne!(tokens[0], tokens[1]);
    let body = json_of(first, 201).await?;
    assert_eq!(body["token"]["project"]["id"], example::PROJECT);
    assert!(body["token"]["expires_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{body}");
    for token in &tokens {
        caller.token = token.clone();
        assert_eq!(caller.show(example::BACKUP).await?.status(), 200);
    }
    simulator.expire_token(&tokens[1])?;
    assert_eq!(caller.show(example::BACKUP).await?.status(), 401);
    Ok(())
}

#[tokio::test]
async fn a_token_without_a_project_is_good_for_none() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let issued = ask(&simulator, &login(example::PASSWORD, None)).await?;
    let mut caller = Caller::plain(&simulator)?;
    caller.token = token(&issued)?;
    assert_eq!(json_of(issued, 201).await?.pointer("/token/project"), None);
    assert_eq!(caller.show(example::BACKUP).await?.status(), 403);
    Ok(())
}

#[tokio::test]
async fn who_is_not_known_is_refused_in_iam_s_shape() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_user(User::new("elsewhere", example::USER, "other", example::PROJECT));
    for (body, status) in [
        (login("wrong", Some(example::PROJECT)), 401),
        (login("other", Some(example::PROJECT)), 401),
        (login(example::PASSWORD, Some("no-project-of-the-user")), 401),
        (json!({"auth": {}}), 400),
    ] {
        let refused = ask(&simulator, &body).await?;
        assert!(!refused.headers().contains_key("x-subject-token"));
        let refused = json_of(refused, status).await?;
        assert_eq!(refused["error"]["code"], status);
        let title = StatusCode::from_u16(status)?.canonical_reason();
        assert_eq!(refused["error"]["title"].as_str(), title);
    }
    Ok(())
}

#[tokio::test]
async fn scripts_meet_it_by_name_alone_and_the_log_has_no_password() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.script(Script::once(Fault::before_commit().reset()))?;
    let throttled = Answer::status(429).error(ErrorShape::Iam, "", "Too many requests.");
    simulator.script(Script::once(Fault::before_commit().answer(throttled)).issue_token())?;
    let body = login(example::PASSWORD, Some(example::PROJECT));
    assert_eq!(ask(&simulator, &body).await?.status(), 429);
    let issued = ask(&simulator, &body).await?;
    let token = token(&issued)?;
    simulator.log(|log| {
        let calls = log.calls();
        assert_eq!(
            (calls[0].verdict.clone(), calls[1].verdict.clone()),
            (None, Some(Verdict::Issued))
        );
        let shown = format!("{calls:?} {}", serde_json::to_string(calls).unwrap_or_default());
        assert!(shown.contains("/v3/auth/tokens?nocatalog=true"), "{shown}");
        assert!(!shown.contains(example::PASSWORD) && !shown.contains(&token), "{shown}");
    });
    assert!(!serde_json::to_string(&simulator.world())?.contains(example::PASSWORD));
    Ok(())
}
