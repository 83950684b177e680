//! Keys for some hours.

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use reqwest::Response;
use serde_json::{Value, json};
use simulator::{
    Agency, Attempts, Backup, Credential, Options, Project, Simulator, Verdict, example,
};

use crate::caller::json_of;
use crate::iam::{ask, login, token};
use crate::signer::Signer;

fn body(seconds: Option<i64>) -> Value {
    let mut token = json!({});
    if let Some(seconds) = seconds {
        token["duration_seconds"] = json!(seconds);
    }
    json!({"auth": {"identity": {"methods": ["token"], "token": token}}})
}

async fn post(simulator: &Simulator, token: Option<&str>, body: &Value) -> Result<Response> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/v3.0/OS-CREDENTIAL/securitytokens", simulator.http_url());
    let request = client.post(url).json(body);
    let request = match token {
        Some(token) => request.header("x-auth-token", token),
        None => request,
    };
    Ok(request.send().await?)
}

/// A request that is signed with the key of an answer.
fn signed_with(signer: Signer, answer: &Value) -> Result<Signer> {
    let text = |key: &str| answer["credential"][key].as_str().context("no credential");
    let signer = signer.key(text("access")?, text("secret")?);
    Ok(signer.signed("x-security-token", text("securitytoken")?))
}

async fn unscoped(simulator: &Simulator) -> Result<String> {
    token(&ask(simulator, &login(example::PASSWORD, None)).await?)
}

#[tokio::test]
async fn a_key_for_a_token_signs_until_its_time_is_over() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let token = unscoped(&simulator).await?;
    let issued = post(&simulator, Some(&token), &body(Some(1800))).await?;
    assert!(!issued.headers().contains_key("x-subject-token"));
    let answer = json_of(issued, 201).await?;
    let expires_at = answer["credential"]["expires_at"].as_str().context("no expiry")?;
    let left = expires_at.parse::<Timestamp>()?.duration_since(Timestamp::now());
    assert!(left > SignedDuration::from_mins(29) && left <= SignedDuration::from_mins(30));
    let signer = signed_with(Signer::replicate(&simulator), &answer)?;
    assert_eq!(signer.send().await?.status(), 200);

    simulator.log(|log| {
        let [_, key, call] = log.calls() else { panic!("not three calls: {log:?}") };
        assert_eq!((&key.verdict, key.body.is_empty()), (&Some(Verdict::KeyIssued), true));
        let authority = call.authority.clone();
        let authority = authority.map(|authority| (authority.credential, authority.user));
        assert_eq!(authority, Some((Credential::TemporaryKey, Some(example::USER.to_owned()))));
        let shown = format!("{log:?} {}", serde_json::to_string(log).unwrap_or_default());
        for secret in ["secret", "securitytoken"] {
            let secret = answer["credential"][secret].as_str().unwrap_or_default();
            assert!(!secret.is_empty() && !shown.contains(secret), "{shown}");
        }
        assert!(!shown.contains(&token), "{shown}");
    });
    assert_eq!(simulator.temporary_keys(), Attempts { asked: 1, granted: 1, refused: 0 });

    let ahead = SignedDuration::from_mins(31);
    simulator.advance_clock(ahead);
    let late = Signer { ahead, ..signer };
    assert_eq!(late.send().await?.status(), 401);
    Ok(())
}

#[tokio::test]
async fn the_token_may_stand_in_the_body_and_the_header_wins() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let token = unscoped(&simulator).await?;
    let with =
        |id: &str| json!({"auth": {"identity": {"methods": ["token"], "token": {"id": id}}}});
    assert_eq!(post(&simulator, None, &with(&token)).await?.status(), 201);
    assert_eq!(post(&simulator, Some(&token), &with("unknown")).await?.status(), 201);
    assert_eq!(post(&simulator, Some("unknown"), &with(&token)).await?.status(), 401);
    // One that is for a project, and nobody's, is good for that project.
    let answer = json_of(post(&simulator, Some(example::TOKEN), &body(None)).await?, 201).await?;
    let signer = signed_with(Signer::show(&simulator), &answer)?;
    assert_eq!(signer.send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn an_agency_has_keys_for_its_own_projects() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_agency(Agency::new("theirs", "replicator", example::DOMAIN, "their-project"));
    simulator.add_project(Project::new("their-project", example::REGION));
    simulator.add_backup(Backup::server("their-backup", "their-project"));
    let body = |name: &str, seconds: i64| {
        json!({"auth": {"identity": {"methods": ["assume_role"], "assume_role": {
            "domain_name": "theirs", "agency_name": name, "duration_seconds": seconds,
            "session_user": {"name": "somebody"}}}}})
    };
    let token = unscoped(&simulator).await?;
    let answer =
        json_of(post(&simulator, Some(&token), &body("replicator", 900)).await?, 201).await?;
    let theirs = Signer {
        uri: "/v3/their-project/backups/their-backup".into(),
        signed: vec![("x-project-id", "their-project".into())],
        ..Signer::show(&simulator)
    };
    assert_eq!(signed_with(theirs, &answer)?.send().await?.status(), 200);
    let own = signed_with(Signer::show(&simulator), &answer)?;
    assert_eq!(own.send().await?.status(), 403);
    assert_eq!(post(&simulator, Some(&token), &body("unknown", 900)).await?.status(), 404);
    assert_eq!(post(&simulator, Some(&token), &body("replicator", 899)).await?.status(), 400);
    Ok(())
}

#[tokio::test]
async fn what_is_not_as_documented_is_refused_in_iam_s_shape() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let token = unscoped(&simulator).await?;
    let password = json!({"auth": {"identity": {"methods": ["password"]}}});
    for (token, body, status) in [
        (None, body(None), 401),
        (Some("unknown"), body(None), 401),
        (Some(token.as_str()), body(Some(899)), 400),
        (Some(token.as_str()), body(Some(86_401)), 400),
        (Some(token.as_str()), json!({}), 400),
        (Some(token.as_str()), password, 400),
    ] {
        let answer = json_of(post(&simulator, token, &body).await?, status).await?;
        assert_eq!(answer["error"]["code"], status, "{body}");
    }
    assert_eq!(simulator.temporary_keys(), Attempts { asked: 6, granted: 0, refused: 2 });
    Ok(())
}
