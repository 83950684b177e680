//! Requests that are signed with an access key.

use anyhow::{Context, Result};
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::Value;
use simulator::{
    AccessKey, Attempts, AuthErrors, Credential, Options, Simulator, example, signature,
};

use crate::caller::{code_of, json_of};
use crate::signer::Signer;

fn started() -> Result<Simulator> {
    Simulator::start(Options::default())
}

async fn refused(signer: &Signer, headers: HeaderMap) -> Result<String> {
    let answer = json_of(signer.send_with(headers).await?, 401).await?;
    assert_eq!(answer["error_code"], "APIGW.0301");
    let message = answer["error_msg"].as_str().context("no message")?;
    assert!(message.starts_with("Incorrect IAM authentication information: "), "{message}");
    Ok(message.to_owned())
}

#[tokio::test]
async fn both_calls_are_taken_with_a_signature_and_the_log_says_so() -> Result<()> {
    let simulator = started()?;
    assert_eq!(Signer::show(&simulator).send().await?.status(), 200);
    let accepted = json_of(Signer::replicate(&simulator).send().await?, 200).await?;
    assert!(accepted["replication"]["replication_record_id"].is_string());
    let asked = Attempts { asked: 2, granted: 2, refused: 0 };
    assert_eq!(simulator.signed(example::ACCESS_KEY), asked);
    simulator.log(|log| {
        for call in log.calls() {
            let authority = call.authority.clone().context("no authority")?;
            assert_eq!(authority.credential, Credential::AccessKey);
            assert_eq!(authority.user.as_deref(), Some(example::USER));
            assert_eq!(call.access_key.as_deref(), Some(example::ACCESS_KEY));
        }
        let shown = format!("{log:?} {}", serde_json::to_string(log)?);
        assert!(!shown.contains(example::SECRET_KEY) && !shown.contains("Signature="), "{shown}");
        Ok(())
    })
}

#[tokio::test]
async fn whatever_is_altered_on_the_way_is_refused_and_the_request_is_repeated() -> Result<()> {
    let simulator = started()?;
    let original = Signer::replicate(&simulator).signed("x-security-token", "s3cret-session");
    let key = AccessKey::new(example::ACCESS_KEY, example::SECRET_KEY, example::PROJECT);
    simulator.add_access_key(key.temporary("s3cret-session", Timestamp::MAX));
    assert_eq!(original.send().await?.status(), 200);
    let headers = original.headers()?;

    let with = |name: &'static str, value: &str| -> Result<HeaderMap> {
        let mut headers = headers.clone();
        headers.insert(name, HeaderValue::from_str(value)?);
        Ok(headers)
    };
    let authorization = headers["authorization"].to_str()?;
    let (before, signature) = authorization.split_once("Signature=").context("no signature")?;
    let other = |signer: &Signer| Signer {
        base: signer.base.clone(),
        access: signer.access.clone(),
        secret: signer.secret.clone(),
        uri: signer.uri.clone(),
        signed: signer.signed.clone(),
        unsigned: Vec::new(),
        body: signer.body.clone(),
        ..*signer
    };
    let unlock = || simulator.unlock_access_key(example::ACCESS_KEY);
    for (what, signer, headers) in [
        ("host", other(&original), with("host", "elsewhere.example")?),
        ("content type", other(&original), with("content-type", "application/json;charset=x")?),
        ("project", other(&original), with("x-project-id", example::DESTINATION_PROJECT)?),
        ("method", Signer { method: "GET", ..other(&original) }, headers.clone()),
        ("path", Signer { uri: Signer::show(&simulator).uri, ..other(&original) }, headers.clone()),
        (
            "query",
            Signer { uri: format!("{}?a=b", original.uri), ..other(&original) },
            headers.clone(),
        ),
        ("body", Signer { body: b"{}".to_vec(), ..other(&original) }, headers.clone()),
        (
            "case",
            other(&original),
            with("authorization", &format!("{before}Signature={}", signature.to_uppercase()))?,
        ),
        (
            "order",
            other(&original),
            with(
                "authorization",
                &authorization.replace("content-type;host", "host;content-type"),
            )?,
        ),
    ] {
        // A look-up of another path is the only one that is a route of its own.
        let known = !matches!(what, "method" | "path");
        if known {
            let message = refused(&signer, headers).await.context(what)?;
            let (_, repeated) = message.split_once("canonicalRequest:").context(what)?;
            let start =
                format!("{}|{}", signer.method, signer.uri.split('?').next().unwrap_or_default());
            assert!(repeated.starts_with(&start) && !repeated.contains('\n'), "{what}: {message}");
            assert!(repeated.contains("|x-security-token:s3cret-session|"), "{what}: {message}");
        } else {
            let status = signer.send_with(headers).await?.status();
            assert!(status == 401 || status == 404, "{what}: {status}");
        }
        unlock()?;
    }
    assert_eq!(simulator.counts(example::BACKUP).accepted, 1);
    Ok(())
}

#[tokio::test]
async fn a_signature_needs_a_key_a_signed_date_and_the_documented_form() -> Result<()> {
    let simulator = started()?;
    let signer = Signer::show(&simulator);
    let unknown = Signer::show(&simulator).key("AKUNKNOWN", example::SECRET_KEY);
    let message = refused(&unknown, unknown.headers()?).await?;
    assert!(message.ends_with("ak:AKUNKNOWN,err:ak not exist"), "{message}");
    let wrong = Signer::show(&simulator).key(example::ACCESS_KEY, "wrong");
    let message = refused(&wrong, wrong.headers()?).await?;
    assert!(message.contains("verify aksk signature fail, canonicalRequest:GET|/v3/"), "{message}");
    assert!(!message.contains("wrong") && !message.contains(example::SECRET_KEY), "{message}");

    let mut undated = signer.headers()?;
    undated.remove("x-sdk-date");
    assert!(refused(&signer, undated).await?.contains("x-sdk-date"));
    let mut unsigned = signer.headers()?;
    let names = unsigned["authorization"].to_str()?.replace(";x-sdk-date", "");
    unsigned.insert("authorization", HeaderValue::from_str(&names)?);
    assert!(refused(&signer, unsigned).await?.contains("x-sdk-date"));

    for form in [
        "Bearer abc",
        "SDK-HMAC-SHA256",
        "SDK-HMAC-SHA256 Access=, SignedHeaders=host, Signature=00",
        "SDK-HMAC-SHA256 Credential=AK/20261126///sdk_request, SignedHeaders=host, Signature=00",
    ] {
        let mut headers = signer.headers()?;
        headers.insert("authorization", HeaderValue::from_static(form));
        refused(&signer, headers).await.context(form)?;
    }
    assert_eq!(simulator.signed("AKUNKNOWN"), Attempts { asked: 1, granted: 0, refused: 1 });
    assert_eq!(
        simulator.signed(example::ACCESS_KEY),
        Attempts { asked: 3, granted: 0, refused: 3 }
    );
    simulator.remove_access_key(example::ACCESS_KEY)?;
    assert!(refused(&signer, signer.headers()?).await?.contains("ak not exist"));
    assert!(simulator.remove_access_key(example::ACCESS_KEY).is_err());
    Ok(())
}

#[tokio::test]
async fn names_that_are_signed_out_of_order_or_in_upper_case_are_refused() -> Result<()> {
    let simulator = started()?;
    let signer = Signer::show(&simulator);
    for names in [
        ["host", "x-project-id", "x-sdk-date"],
        ["x-sdk-date", "x-project-id", "host"],
        ["Host", "x-project-id", "x-sdk-date"],
        ["host", "host", "x-sdk-date"],
    ] {
        let names = names.map(str::to_owned);
        let mut headers = signer.headers()?;
        let date = headers["x-sdk-date"].to_str()?.to_owned();
        let canonical =
            signature::canonical_request(signer.method, &signer.uri, &headers, &names, b"");
        let signature = signature::signature(&signer.secret, &date, &canonical);
        let value = signature::authorization(&signer.access, &names, &signature);
        headers.insert("authorization", HeaderValue::from_str(&value)?);
        if names[0] == "host" && names[1] != "host" {
            assert_eq!(signer.send_with(headers).await?.status(), 200);
        } else {
            refused(&signer, headers).await.with_context(|| format!("{names:?}"))?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_token_together_with_a_signature_is_no_request() -> Result<()> {
    let simulator = started()?;
    for token in [example::TOKEN, "unknown"] {
        let both = Signer::replicate(&simulator).unsigned("x-auth-token", token);
        assert_eq!(code_of(both.send().await?, StatusCode::BAD_REQUEST).await?, "APIG.0201");
    }
    assert_eq!(simulator.counts(example::BACKUP).accepted, 0);
    Ok(())
}

#[tokio::test]
async fn a_signature_is_good_for_the_projects_of_its_key_alone() -> Result<()> {
    let simulator = started()?;
    let foreign = Signer {
        signed: vec![("x-project-id", example::DESTINATION_PROJECT.into())],
        ..Signer::show(&simulator)
    };
    assert_eq!(code_of(foreign.send().await?, StatusCode::FORBIDDEN).await?, "APIGW.0310");
    let elsewhere = example::DESTINATION_PROJECT;
    let foreign = Signer {
        uri: format!("/v3/{elsewhere}/backups/{}", example::BACKUP),
        signed: vec![("x-project-id", elsewhere.into())],
        ..Signer::show(&simulator)
    };
    assert_eq!(code_of(foreign.send().await?, StatusCode::FORBIDDEN).await?, "APIGW.0310");
    let both = Signer::show(&simulator).signed("x-domain-id", "a-domain");
    assert_eq!(code_of(both.send().await?, StatusCode::BAD_REQUEST).await?, "APIG.0201");
    let unnamed = Signer { signed: Vec::new(), ..Signer::show(&simulator) };
    assert_eq!(unnamed.send().await?.status(), 200, "it is not mandatory for a main project");
    simulator.configure(|behaviour| behaviour.auth_errors = AuthErrors::Iam);
    let wrong = Signer::show(&simulator).key("AKUNKNOWN", "");
    let answer: Value = json_of(wrong.send().await?, 401).await?;
    assert_eq!(answer["error"]["code"], 401);
    Ok(())
}

#[tokio::test]
async fn a_temporary_key_comes_with_its_own_token_until_it_expires() -> Result<()> {
    let simulator = started()?;
    let expires_at = Timestamp::now() + SignedDuration::from_hours(1);
    let key = AccessKey::new("TEMPORARY", "temporary", example::PROJECT);
    simulator.add_access_key(key.temporary("session", expires_at));
    let signer = || Signer::show(&simulator).key("TEMPORARY", "temporary");
    assert_eq!(signer().signed("x-security-token", "session").send().await?.status(), 200);
    let added_later = signer().unsigned("x-security-token", "session");
    assert_eq!(added_later.send().await?.status(), 200, "not every client signs it");
    for wrong in [signer(), signer().signed("x-security-token", "another")] {
        assert!(refused(&wrong, wrong.headers()?).await?.contains("security token"));
    }
    let permanent = Signer::show(&simulator).signed("x-security-token", "session");
    refused(&permanent, permanent.headers()?).await?;
    let call = simulator.log(|log| log.calls().first().cloned()).context("no call")?;
    let credential = call.authority.map(|authority| authority.credential);
    assert_eq!(credential, Some(Credential::TemporaryKey));

    let ahead = SignedDuration::from_mins(61);
    simulator.advance_clock(ahead);
    let late = Signer { ahead, ..signer().signed("x-security-token", "session") };
    assert!(refused(&late, late.headers()?).await?.contains("ak not exist"));
    Ok(())
}
