//! Who may call, by commands of the admin API.

use anyhow::Result;
use reqwest::StatusCode;
use serde_json::json;
use simulator::example;

use crate::admin::started;
use crate::caller::{code_of, json_of};
use crate::iam::{ask, login_of, token};
use crate::issuer::{AUDIENCE, ISSUER, Issuer, SUBJECT, claims};
use crate::signer::Signer;

#[tokio::test]
async fn users_come_by_commands_and_their_tokens_go() -> Result<()> {
    let (simulator, mut caller, admin) = started()?;
    admin
        .act(json!({"add_user": {"domain": example::DOMAIN, "name": "new", "password": "first",
            "projects": [example::PROJECT]}}))
        .await?;
    for (end, code) in [
        (json!({"expire_tokens_of": {"user": "new"}}), "APIGW.0307"),
        (json!({"revoke_tokens_of": {"user": "new"}}), "APIGW.0301"),
        (json!({"set_password": {"user": "new", "password": {"value": "first"}}}), "APIGW.0301"),
        (json!({"advance_clock": {"seconds": 90_000}}), "APIGW.0307"),
    ] {
        caller.token = token(&ask(&simulator, &login_of("new", "first")).await?)?;
        assert_eq!(caller.show(example::BACKUP).await?.status(), 200, "{end}");
        admin.act(end.clone()).await?;
        let refused = caller.show(example::BACKUP).await?;
        assert_eq!(code_of(refused, StatusCode::UNAUTHORIZED).await?, code, "{end}");
    }
    for _ in 0..5 {
        assert_eq!(ask(&simulator, &login_of("new", "wrong")).await?.status(), 401);
    }
    assert_eq!(ask(&simulator, &login_of("new", "first")).await?.status(), 401);
    admin.act(json!({"unlock_user": {"user": "new"}})).await?;
    assert_eq!(ask(&simulator, &login_of("new", "first")).await?.status(), 201);
    let asked = admin.get("/applicants").await?;
    assert_eq!(asked["logins"]["new"], json!({"asked": 11, "granted": 5, "refused": 6}));
    Ok(())
}

#[tokio::test]
async fn keys_providers_and_agencies_come_by_commands_and_the_clock_is_set() -> Result<()> {
    let (simulator, _, admin) = started()?;
    let signer = || Signer::show(&simulator).key("NEWKEY", "new");
    admin
        .act(json!({"add_access_key":
            {"access": "NEWKEY", "secret": "new", "projects": [example::PROJECT]}}))
        .await?;
    assert_eq!(signer().send().await?.status(), 200);
    for _ in 0..6 {
        assert_eq!(signer().key("NEWKEY", "wrong").send().await?.status(), 401);
    }
    assert_eq!(signer().send().await?.status(), 401);
    admin.act(json!({"unlock_access_key": {"access": "NEWKEY"}})).await?;
    assert_eq!(signer().send().await?.status(), 200);
    admin.act(json!({"set_clock": {"at": "2026-01-01T00:00:00Z"}})).await?;
    let clock = admin.get("/clock").await?;
    assert!(clock["now"].as_str().is_some_and(|now| now.starts_with("2026-01-01T00:0")), "{clock}");
    assert_eq!(signer().send().await?.status(), 401);
    admin.act(json!("reset_clock")).await?;
    assert_eq!(signer().send().await?.status(), 200);
    admin.act(json!({"remove_access_key": {"access": "NEWKEY"}})).await?;
    assert_eq!(signer().send().await?.status(), 401);

    let issuer = Issuer::new()?;
    let provider = json!({"id": "cluster", "issuer": ISSUER, "audience": AUDIENCE,
        "jwks": issuer.jwks()?, "mapping": [{"subject": SUBJECT, "domain": example::DOMAIN,
        "user": "tenant-a", "projects": [example::PROJECT]}]});
    admin.act(json!({"add_identity_provider": provider})).await?;
    let body = json!({"auth": {"id_token": {"id": issuer.token(&claims())?}}});
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/v3.0/OS-AUTH/id-token/tokens", simulator.http_url());
    let issued = client.post(url).header("x-idp-id", "cluster").json(&body).send().await?;
    assert_eq!(issued.status(), 201);
    let bad = json!({"add_identity_provider": {"id": "bad", "issuer": "", "audience": "",
        "jwks": {}}});
    let refused = admin.post("/do", bad, 400).await?;
    assert!(refused["error"].as_str().is_some_and(|error| error.contains("JWKS")), "{refused}");

    admin
        .act(json!({"add_agency": {"domain": "theirs", "name": "replicator",
            "trusted_domain": example::DOMAIN, "projects": ["their-project"]}}))
        .await?;
    let role = json!({"auth": {"identity": {"methods": ["assume_role"],
        "assume_role": {"domain_name": "theirs", "agency_name": "replicator"}}}});
    let own = token(&issued)?;
    let assumed = crate::iam::ask_as(&simulator, &own, &role).await?;
    assert_eq!(json_of(assumed, 201).await?["token"]["user"]["name"], "theirs/replicator");
    Ok(())
}

#[tokio::test]
async fn nothing_that_the_admin_api_shows_is_a_secret() -> Result<()> {
    let (simulator, _, admin) = started()?;
    let user = json!({"domain": example::DOMAIN, "name": "new", "password": "s3cret-password",
        "projects": []});
    let key = json!({"access": "NEWKEY", "secret": "s3cret-key", "security_token": "s3cret-token"});
    for command in [json!({"add_user": user}), json!({"add_access_key": key})] {
        let read: simulator::Command = serde_json::from_value(command.clone())?;
        assert!(!format!("{read:?}").contains("s3cret"), "{read:?}");
        admin.act(command).await?;
    }
    ask(&simulator, &login_of("new", "s3cret-password")).await?;
    Signer::show(&simulator).signed("x-security-token", "s3cret-token").send().await?;
    for path in ["/world", "/log", "/applicants", "/behaviour", "/scripts", "/counts"] {
        let shown = admin.get(path).await?.to_string();
        assert!(!shown.contains("s3cret"), "{path}: {shown}");
    }
    Ok(())
}
