//! Tokens of an identity provider for tokens of IAM.

use anyhow::Result;
use jiff::SignedDuration;
use reqwest::Response;
use serde_json::{Value, json};
use simulator::{
    Attempts, Credential, IdentityProvider, Mapping, Options, Simulator, Verdict, example,
};

use crate::caller::{Caller, json_of};
use crate::iam::token;
use crate::issuer::{AUDIENCE, ISSUER, Issuer, SUBJECT, claims, claims_with, encode, unsigned};

const PROVIDER: &str = "cluster";

fn provider() -> IdentityProvider {
    let mapping =
        Mapping::new("system:serviceaccount:tenant-a:*", "tenants", "tenant-a", example::PROJECT);
    let other = Mapping::new("*:tenant-b:*", "tenants", "tenant-b", example::DESTINATION_PROJECT);
    IdentityProvider::new(PROVIDER, ISSUER, AUDIENCE).map(mapping).map(other)
}

fn started(issuer: &Issuer) -> Result<Simulator> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_identity_provider(provider().jwks(issuer.jwks()?))?;
    Ok(simulator)
}

fn body(token: &str, project: &str) -> Value {
    json!({"auth": {"id_token": {"id": token}, "scope": {"project": {"id": project}}}})
}

async fn post(simulator: &Simulator, provider: &str, body: &Value) -> Result<Response> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/v3.0/OS-AUTH/id-token/tokens", simulator.http_url());
    Ok(client.post(url).header("X-Idp-Id", provider).json(body).send().await?)
}

async fn exchange(simulator: &Simulator, token: &str) -> Result<Response> {
    post(simulator, PROVIDER, &body(token, example::PROJECT)).await
}

async fn refused(answer: Response, status: u16, code: &str) -> Result<String> {
    let answer = json_of(answer, status).await?;
    let keys: Vec<_> = answer.as_object().into_iter().flatten().map(|(key, _)| key).collect();
    assert_eq!(keys, ["error_code", "error_msg"], "{answer}");
    assert_eq!(answer["error_code"], code, "{answer}");
    Ok(answer["error_msg"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_service_account_s_token_becomes_one_for_the_project() -> Result<()> {
    let issuer = Issuer::new()?;
    let simulator = started(&issuer)?;
    let issued = exchange(&simulator, &issuer.token(&claims())?).await?;
    let mut caller = Caller::plain(&simulator)?;
    caller.token = token(&issued)?;
    let answer = json_of(issued, 201).await?;
    assert_eq!(answer["token"]["methods"], json!(["mapped"]));
    assert_eq!(answer["token"]["project"]["id"], example::PROJECT);
    assert_eq!(answer["token"]["user"]["name"], "tenant-a");
    let federation = &answer["token"]["user"]["OS-FEDERATION"];
    assert_eq!(federation["identity_provider"]["id"], PROVIDER);
    assert!(answer["token"]["expires_at"].as_str().is_some_and(|at| at.ends_with('Z')));
    caller.accepted(example::BACKUP).await?;

    simulator.log(|log| {
        let [exchanged, replicated] = log.calls() else { panic!("not two calls: {log:?}") };
        assert_eq!(exchanged.verdict, Some(Verdict::Issued));
        assert_eq!(exchanged.applicant.as_deref(), Some(PROVIDER));
        assert!(exchanged.body.is_empty(), "a token is in it");
        let authority = replicated.authority.clone();
        let authority = authority.map(|authority| (authority.credential, authority.user));
        assert_eq!(authority, Some((Credential::FederatedToken, Some("tenant-a".into()))));
    });
    assert_eq!(simulator.exchanges(PROVIDER), Attempts { asked: 1, granted: 1, refused: 0 });

    simulator.configure(|behaviour| behaviour.iam.exchange_names_project = false);
    let unnamed = exchange(&simulator, &issuer.token(&claims())?).await?;
    caller.token = token(&unnamed)?;
    assert_eq!(json_of(unnamed, 201).await?.pointer("/token/project"), None);
    assert_eq!(caller.show(example::BACKUP).await?.status(), 200, "it is for the project");
    Ok(())
}

#[tokio::test]
async fn a_token_that_is_not_as_the_provider_has_it_is_refused() -> Result<()> {
    let (issuer, stranger) = (Issuer::new()?, Issuer::new()?);
    let simulator = started(&issuer)?;
    let now = jiff::Timestamp::now().as_second();
    let rs256 = json!({"alg": "RS256", "kid": "rsa"});
    let token = issuer.token(&claims())?;
    let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
    let (header, _) = signed.split_once('.').unwrap_or_default();
    let raised = encode(
        claims_with(json!({"sub": "system:serviceaccount:tenant-a:x"})).to_string().as_bytes(),
    );
    for (what, token, why) in [
        ("audience", issuer.token(&claims_with(json!({"aud": ["another"]})))?, "another audience"),
        ("no audience", issuer.token(&claims_with(json!({"aud": null})))?, "no JWT"),
        ("issuer", issuer.token(&claims_with(json!({"iss": "https://elsewhere"})))?, "issuer"),
        ("expired", issuer.token(&claims_with(json!({"exp": now - 1})))?, "expired"),
        ("no expiry", issuer.token(&claims_with(json!({"exp": null})))?, "no JWT"),
        ("no subject", issuer.token(&claims_with(json!({"sub": null})))?, "no JWT"),
        ("too early", issuer.token(&claims_with(json!({"nbf": now + 600})))?, "not valid yet"),
        ("another's signature", stranger.token(&claims())?, "no key"),
        ("another's ES256", stranger.sign("ec", &json!({"alg": "ES256"}), &claims())?, "no key"),
        (
            "wrong kid",
            issuer.sign("rsa", &json!({"alg": "RS256", "kid": "ec"}), &claims())?,
            "no key",
        ),
        ("wrong alg", issuer.sign("ec", &rs256, &claims())?, "no key"),
        ("alg none", issuer.sign("rsa", &json!({"alg": "none"}), &claims())?, "no key"),
        ("altered", format!("{header}.{raised}.{signature}"), "no key"),
        ("without a signature", format!("{signed}."), "no JWT"),
        ("two parts", signed.to_owned(), "no JWT"),
        ("no token", "opaque".to_owned(), "no JWT"),
        ("padded", format!("{token}="), "no JWT"),
    ] {
        let answer = exchange(&simulator, &token).await?;
        assert!(!answer.headers().contains_key("x-subject-token"));
        let message = refused(answer, 401, "IAM.0001").await?;
        assert!(message.contains(why) && !message.contains(signature), "{what}: {message}");
    }
    assert_eq!(simulator.exchanges(PROVIDER).refused, 17);
    Ok(())
}

#[tokio::test]
async fn what_else_can_be_wrong_has_codes_of_its_own() -> Result<()> {
    let issuer = Issuer::new()?;
    let simulator = started(&issuer)?;
    let good = issuer.token(&claims())?;
    let foreign = issuer.token(&claims_with(json!({"sub": "system:serviceaccount:tenant-c:x"})))?;
    let unknown = post(&simulator, "unknown", &body(&good, example::PROJECT)).await?;
    refused(unknown, 404, "IAM.0004").await?;
    let project = post(&simulator, PROVIDER, &body(&good, "no-such-project")).await?;
    refused(project, 404, "IAM.0004").await?;
    let rights = post(&simulator, PROVIDER, &body(&good, example::DESTINATION_PROJECT)).await?;
    refused(rights, 403, "IAM.0003").await?;
    refused(exchange(&simulator, &foreign).await?, 403, "IAM.0003").await?;
    refused(post(&simulator, PROVIDER, &json!({"auth": {}})).await?, 400, "IAM.0011").await?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/v3.0/OS-AUTH/id-token/tokens", simulator.http_url());
    let nobody = client.post(url).json(&body(&good, example::PROJECT)).send().await?;
    refused(nobody, 400, "IAM.0011").await?;

    let unscoped = post(&simulator, PROVIDER, &json!({"auth": {"id_token": {"id": good}}})).await?;
    let mut caller = Caller::plain(&simulator)?;
    caller.token = token(&unscoped)?;
    assert_eq!(caller.show(example::BACKUP).await?.status(), 403, "it is for no project");
    Ok(())
}

#[tokio::test]
async fn both_kinds_of_keys_and_of_audiences_are_taken_and_expiry_is_by_the_clock() -> Result<()> {
    let issuer = Issuer::new()?;
    let simulator = started(&issuer)?;
    for token in [
        issuer.sign("ec", &json!({"alg": "ES256", "kid": "ec"}), &claims())?,
        issuer.sign("ec", &json!({"alg": "ES256"}), &claims())?,
        issuer.sign("rsa", &json!({"alg": "RS256"}), &claims())?,
        issuer.token(&claims_with(json!({"aud": AUDIENCE, "nbf": null})))?,
        issuer.token(&claims_with(json!({"aud": ["https://kubernetes", AUDIENCE]})))?,
    ] {
        assert_eq!(exchange(&simulator, &token).await?.status(), 201, "{token}");
    }
    let other = issuer.token(&claims_with(json!({"sub": "system:serviceaccount:tenant-b:x"})))?;
    let other = post(&simulator, PROVIDER, &body(&other, example::DESTINATION_PROJECT)).await?;
    assert_eq!(json_of(other, 201).await?["token"]["user"]["name"], "tenant-b");
    simulator.advance_clock(SignedDuration::from_mins(61));
    let late = exchange(&simulator, &issuer.token(&claims())?).await?;
    refused(late, 401, "IAM.0001").await?;
    Ok(())
}

#[tokio::test]
async fn without_keys_nobody_checks_the_signature_and_useless_keys_are_not_taken() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_identity_provider(provider())?;
    let stranger = Issuer::new()?;
    assert_eq!(exchange(&simulator, &stranger.token(&claims())?).await?.status(), 201);
    let other = stranger.token(&claims_with(json!({"aud": "another"})))?;
    refused(exchange(&simulator, &other).await?, 401, "IAM.0001").await?;
    for jwks in [json!([]), json!({"keys": []}), json!({"keys": [{"kty": "oct", "k": "AA"}]})] {
        assert!(simulator.add_identity_provider(provider().jwks(jwks)).is_err());
    }
    // Keys that come later count from then on.
    simulator.add_identity_provider(provider().jwks(Issuer::new()?.jwks()?))?;
    refused(exchange(&simulator, &stranger.token(&claims())?).await?, 401, "IAM.0001").await?;
    Ok(())
}

#[tokio::test]
async fn a_pattern_fits_as_a_whole() -> Result<()> {
    for (pattern, fits) in [
        (SUBJECT, true),
        ("*", true),
        ("system:*:replicator", true),
        ("system:*:tenant-a:*", true),
        ("*replicator*", true),
        ("system:serviceaccount:tenant-a", false),
        ("serviceaccount:*", false),
        ("*:replicato", false),
        ("", false),
        (&format!("{SUBJECT}*{SUBJECT}"), false),
    ] {
        let simulator = Simulator::start(Options::default())?;
        let mapping = Mapping::new(pattern, "tenants", "tenant-a", example::PROJECT);
        let provider = IdentityProvider::new(PROVIDER, ISSUER, AUDIENCE).map(mapping);
        simulator.add_identity_provider(provider)?;
        let status = exchange(&simulator, &unsigned(&claims())).await?.status();
        assert_eq!(status, if fits { 201 } else { 403 }, "{pattern}");
    }
    Ok(())
}
