//! Misbehaviour of IAM, and who is met by it.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use simulator::{
    Answer, Attempts, ErrorShape, Fault, IdentityProvider, Mapping, Operation, Options, Script,
    Simulator, User, example,
};

use crate::caller::{json_of, soon, was_reset};
use crate::iam::{ask, login, login_of};
use crate::issuer::{AUDIENCE, ISSUER, claims, unsigned};
use crate::signer::Signer;

fn started() -> Result<Simulator> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_user(User::new(example::DOMAIN, "other", "other", example::PROJECT));
    let mapping = Mapping::new("*", "tenants", "tenant-a", example::PROJECT);
    let provider = IdentityProvider::new("cluster", ISSUER, AUDIENCE).map(mapping);
    simulator.add_identity_provider(provider)?;
    Ok(simulator)
}

/// One request of each kind that IAM knows: with a token where one is needed.
async fn ask_for(simulator: &Simulator, operation: Operation) -> reqwest::Result<u16> {
    let token = json!({"auth": {"identity": {"methods": ["token"]}}});
    let exchange = json!({"auth": {"id_token": {"id": unsigned(&claims())}}});
    let client = reqwest::Client::builder().no_proxy().build()?;
    let base = simulator.http_url();
    let request = match operation {
        Operation::IssueToken => client
            .post(format!("{base}/v3/auth/tokens"))
            .json(&login(example::PASSWORD, Some(example::PROJECT))),
        Operation::Exchange => client
            .post(format!("{base}/v3.0/OS-AUTH/id-token/tokens"))
            .header("x-idp-id", "cluster")
            .json(&exchange),
        Operation::TemporaryKey => client
            .post(format!("{base}/v3.0/OS-CREDENTIAL/securitytokens"))
            .header("x-auth-token", example::TOKEN)
            .json(&token),
        Operation::ListProjects => {
            client.get(format!("{base}/v3/projects")).header("x-auth-token", example::TOKEN)
        }
        Operation::Replicate
        | Operation::Show
        | Operation::List
        | Operation::ListLogs
        | Operation::Capabilities => client.get(base),
    };
    Ok(request.send().await?.status().as_u16())
}

/// An operation, how a script says that it is for it, and the status of success.
type OfIam = (Operation, fn(Script) -> Script, u16);

const OF_IAM: [OfIam; 4] = [
    (Operation::IssueToken, Script::issue_token, 201),
    (Operation::Exchange, Script::exchange, 201),
    (Operation::TemporaryKey, Script::temporary_key, 201),
    (Operation::ListProjects, Script::list_projects, 200),
];

#[tokio::test]
async fn every_operation_of_iam_is_met_by_its_own_scripts_alone() -> Result<()> {
    let simulator = started()?;
    simulator.script(Script::always(Fault::before_commit().reset()))?;
    for (operation, only, granted) in OF_IAM {
        let scripted = |fault| simulator.script(only(Script::once(fault)));
        scripted(Fault::before_commit().answer(Answer::iam_throttled()))?;
        for (other, _, usual) in OF_IAM {
            let expected = if other == operation { 429 } else { usual };
            assert_eq!(ask_for(&simulator, other).await?, expected, "{operation:?}, {other:?}");
        }
        scripted(Fault::after_commit().reset())?;
        let error = ask_for(&simulator, operation).await.err().context("it was answered")?;
        assert!(was_reset(&error), "{operation:?}: {error:?}");

        let hold = simulator.hold(&format!("{operation:?}"));
        scripted(Fault::before_commit().hold(&hold).delay(Duration::from_millis(1)).ordinary())?;
        let asked = tokio::spawn({
            let simulator = simulator.clone();
            async move { ask_for(&simulator, operation).await }
        });
        soon(hold.arrivals(1)).await?;
        assert!(!asked.is_finished());
        hold.release();
        assert_eq!(soon(asked).await???, granted, "{operation:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_script_for_one_applicant_meets_no_other() -> Result<()> {
    let simulator = started()?;
    let busy = || Fault::before_commit().answer(Answer::iam_throttled());
    simulator.script(Script::always(busy()).issue_token().applicant("other"))?;
    simulator.script(Script::always(busy()).exchange().applicant("another-cluster"))?;
    let message = "verify aksk signature fail";
    let refused = Answer::status(401).error(ErrorShape::Gateway, "APIGW.0301", message);
    let refused = Fault::before_commit().answer(refused);
    simulator.script(Script::always(refused).applicant("OTHERKEY"))?;

    let other = json_of(ask(&simulator, &login_of("other", "other")).await?, 429).await?;
    assert_eq!(other["error"]["title"], "Too Many Requests");
    assert_eq!(ask_for(&simulator, Operation::IssueToken).await?, 201);
    assert_eq!(ask_for(&simulator, Operation::Exchange).await?, 201);
    assert_eq!(Signer::show(&simulator).send().await?.status(), 200);
    let key = simulator::AccessKey::new("OTHERKEY", "other", example::PROJECT);
    simulator.add_access_key(key);
    let signer = Signer::show(&simulator).key("OTHERKEY", "other");
    assert_eq!(signer.send().await?.status(), 401);

    // What was answered counts, no matter who said it.
    assert_eq!(simulator.signed("OTHERKEY"), Attempts { asked: 1, granted: 0, refused: 1 });
    assert_eq!(simulator.logins("other"), Attempts { asked: 1, granted: 0, refused: 0 });
    simulator.log(|log| {
        assert_eq!(log.applicants().logins.len(), 2);
        assert_eq!(log.exchanges("cluster").granted, 1);
        let calls = log.calls().iter().filter(|call| call.scripted);
        let names: Vec<_> = calls.map(|call| (&call.applicant, &call.access_key)).collect();
        let (other, key) = (Some("other".to_owned()), Some("OTHERKEY".to_owned()));
        assert_eq!(names, [(&other, &None), (&None, &key)]);
    });
    Ok(())
}

#[tokio::test]
async fn views_are_for_access_keys_too() -> Result<()> {
    let simulator = started()?;
    let key = simulator::AccessKey::new("OTHERKEY", "other", example::PROJECT);
    simulator.add_access_key(key);
    let look_up = simulator::LookUp::Forbidden;
    let view = simulator::View { look_up, ..simulator::View::default() };
    simulator.set_token_view("OTHERKEY", Some(view));
    let other = Signer::show(&simulator).key("OTHERKEY", "other");
    assert_eq!(other.send().await?.status(), 403);
    assert_eq!(Signer::show(&simulator).send().await?.status(), 200);
    Ok(())
}
