//! Those who are mistaken too often.

use anyhow::{Context, Result};
use jiff::SignedDuration;
use serde_json::Value;
use simulator::{Attempts, Options, Simulator, User, Verdict, example};

use crate::caller::json_of;
use crate::iam::{ask, login, login_of};
use crate::signer::Signer;

const LOCKED: &str = "AK access failed to reach the limit,forbidden";

async fn message(signer: &Signer) -> Result<String> {
    let answer = json_of(signer.send().await?, 401).await?;
    assert_eq!(answer["error_code"], "APIGW.0301");
    Ok(answer["error_msg"].as_str().context("no message")?.to_owned())
}

#[tokio::test]
async fn more_than_five_refused_signatures_in_a_row_lock_a_key_for_five_minutes() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let right = |ahead| Signer { ahead, ..Signer::show(&simulator) };
    let wrong = |ahead| Signer { ahead, ..Signer::show(&simulator) }.key(example::ACCESS_KEY, "no");
    let now = SignedDuration::ZERO;
    for _ in 0..5 {
        assert!(message(&wrong(now)).await?.contains("canonicalRequest"));
    }
    // Five are not more than five, and what succeeds begins a new row.
    assert_eq!(right(now).send().await?.status(), 200);
    for _ in 0..6 {
        assert!(message(&wrong(now)).await?.contains("canonicalRequest"));
    }
    assert!(message(&right(now)).await?.ends_with(LOCKED));
    assert!(message(&wrong(now)).await?.ends_with(LOCKED));
    assert_eq!(
        simulator.signed(example::ACCESS_KEY),
        Attempts { asked: 14, granted: 1, refused: 13 }
    );

    let almost = SignedDuration::from_mins(4);
    simulator.advance_clock(almost);
    assert!(message(&right(almost)).await?.ends_with(LOCKED));
    let after = almost + SignedDuration::from_mins(1) + SignedDuration::from_secs(5);
    simulator.advance_clock(after - almost);
    assert!(message(&wrong(after)).await?.contains("canonicalRequest"), "it begins a new row");
    assert_eq!(right(after).send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn every_refused_signature_of_a_key_counts_and_none_of_another_one() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    for _ in 0..10 {
        let unknown = Signer::show(&simulator).key("AKUNKNOWN", "no");
        assert!(message(&unknown).await?.ends_with("ak not exist"), "what is unknown has no lock");
    }
    for _ in 0..6 {
        let late = Signer { ahead: SignedDuration::from_mins(-20), ..Signer::show(&simulator) };
        assert!(message(&late).await?.ends_with("signature expired"));
    }
    assert!(message(&Signer::show(&simulator)).await?.ends_with(LOCKED));
    simulator.unlock_access_key(example::ACCESS_KEY)?;
    assert_eq!(Signer::show(&simulator).send().await?.status(), 200);
    assert!(simulator.unlock_access_key("AKUNKNOWN").is_err());
    Ok(())
}

async fn refused(simulator: &Simulator, body: &Value) -> Result<String> {
    let answer = json_of(ask(simulator, body).await?, 401).await?;
    Ok(answer["error"]["message"].as_str().context("no message")?.to_owned())
}

#[tokio::test]
async fn wrong_passwords_lock_a_user_and_nobody_else() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_user(User::new(example::DOMAIN, "other", "other", example::PROJECT));
    let (right, wrong) =
        (login(example::PASSWORD, Some(example::PROJECT)), login("wrong", Some(example::PROJECT)));
    for _ in 0..4 {
        assert!(refused(&simulator, &wrong).await?.contains("username or password"));
    }
    assert_eq!(ask(&simulator, &right).await?.status(), 201, "what succeeds begins a new row");
    for _ in 0..5 {
        assert!(refused(&simulator, &wrong).await?.contains("username or password"));
    }
    assert!(refused(&simulator, &right).await?.contains("IAM.0061"));
    let locked = simulator.log(|log| log.calls().last().and_then(|call| call.verdict.clone()));
    assert_eq!(locked, Some(Verdict::Refused { status: 401, code: "IAM.0061".into() }));
    assert_eq!(ask(&simulator, &login_of("other", "other")).await?.status(), 201);
    assert_eq!(simulator.logins(example::USER), Attempts { asked: 11, granted: 1, refused: 10 });
    assert_eq!(simulator.logins("other"), Attempts { asked: 1, granted: 1, refused: 0 });

    simulator.advance_clock(SignedDuration::from_mins(16));
    assert_eq!(ask(&simulator, &right).await?.status(), 201);
    simulator.configure(|behaviour| behaviour.iam.wrong_passwords = 1);
    assert!(refused(&simulator, &wrong).await?.contains("username or password"));
    assert!(refused(&simulator, &right).await?.contains("IAM.0061"));
    simulator.unlock_user(example::USER)?;
    assert_eq!(ask(&simulator, &right).await?.status(), 201);
    assert!(simulator.unlock_user("nobody").is_err());
    Ok(())
}
