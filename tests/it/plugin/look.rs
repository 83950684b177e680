//! The check of the cloud's records before a decision: a decision that they contradict is refused,
//! and a token goes only to the endpoint of the attempt, if the user allows that endpoint.

use anyhow::{Context, Result};
use control_plane::Exit;
use harness::{Object, Scene};
use serde_json::json;
use simulator::{Fault, LookUp, Options, Records, Script, Simulator, View, example};

use super::{OPERATOR, apply, bare, lost, no_look_up, plugin, short};

/// A call that was accepted, and whose record the operator did not see before it asked and went.
pub(crate) async fn accepted_unseen(scene: &Scene) -> Result<Object> {
    scene.valid_secret()?;
    scene.simulator.set_view(
        example::BACKUP,
        Some(View { records: Records::Late { milliseconds: None }, ..View::default() }),
    );
    scene.simulator.script(Script::once(Fault::after_commit().reset()).replicate())?;
    let operator = short(scene).start_ready()?;
    apply(scene, "db", example::BACKUP)?;
    let object = scene.wait("db", "stalled", |object| object.is("Stalled")).await?;
    assert_eq!(operator.stop()?, Exit::Code(0));
    scene.simulator.reveal(None);
    Ok(object)
}

#[tokio::test]
async fn records_that_speak_against_a_decision_refuse_it_unless_the_user_knows_better() -> Result<()>
{
    let scene = Scene::new(OPERATOR).await?;
    let before = accepted_unseen(&scene).await?;
    let record = scene.simulator.records(example::BACKUP).pop().context("no record")?.id;
    let resolve = |words: &[&str]| plugin(&scene, &[&["resolve", "db", "--yes"], words].concat());

    let said = resolve(&["--not-accepted"])?;
    assert!(said.out.contains("of this attempt") && said.out.contains(&record), "{said:?}");
    assert!(said.line()?.contains(&format!("was accepted, as record {record}")), "{said:?}");
    let said = resolve(&["--accepted", "another-record"])?;
    assert!(said.line()?.contains("another-record is not among them"), "{said:?}");
    assert_eq!(scene.get("db").await?.0, before.0, "nothing was written");

    let said = resolve(&["--accepted", &record])?.well()?;
    assert!(said.contains(&format!("Record {record} shows that it was accepted.")), "{said}");
    let _operator = short(&scene).start_ready()?;
    let object = scene.wait("db", "ready", |object| object.is("Ready")).await?;
    assert_eq!(object.text("/status/replicationRecordId"), Some(record.as_str()));
    assert_eq!(scene.simulator.counts(example::BACKUP).posts, 1);
    Ok(())
}

#[tokio::test]
async fn no_look_leaves_the_check_out_and_reads_no_cloud_and_no_secret() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    accepted_unseen(&scene).await?;
    let gets = scene.simulator.counts(example::BACKUP).gets;
    plugin(&scene, &["resolve", "db", "--accepted", "my-own", "--no-look", "--yes"])?.well()?;
    assert_eq!(scene.simulator.counts(example::BACKUP).gets, gets);
    Ok(())
}

#[tokio::test]
async fn a_token_is_sent_to_no_endpoint_that_the_user_does_not_allow() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let other = Simulator::start(Options::default())?;
    // Somebody who may write a status, but may read no Secret, names an endpoint of their own.
    scene.valid_secret()?;
    scene.create(&Scene::manifest("db", "")).await?;
    let mut attempt = harness::attempt(1, Some("Unknown"));
    attempt["endpoint"] = json!(other.https_url());
    scene.set_status("db", &json!({"phase": "OutcomeUnknown", "attempts": [attempt]})).await?;
    for allowed in
        [scene.simulator.https_url(), "https://cbr.{region}.otc.t-systems.com".to_owned()]
    {
        let arguments = ["resolve", "db", "--accepted", "--allowed-endpoint", &allowed];
        let said = plugin(&scene, &arguments)?;
        assert!(
            said.out.contains("no credential was sent") && said.line()?.contains("--yes"),
            "{said:?}"
        );
    }
    // And by the plugin's own default.
    let kubeconfig = scene.cluster.kubeconfig();
    let arguments = ["resolve", "db", "--accepted", "--namespace", &scene.namespace];
    let output = bare().env("KUBECONFIG", kubeconfig).args(arguments).output()?;
    assert!(String::from_utf8(output.stdout)?.contains("no credential was sent"));
    assert_eq!(other.log(|log| log.calls().len()), 0);
    assert_eq!(scene.simulator.log(|log| log.calls().len()), 0);
    Ok(())
}

#[tokio::test]
async fn a_look_that_shows_nothing_says_why_and_decides_nothing() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let operator = short(&scene).start_ready()?;
    scene.valid_secret()?;
    let (backup, _) = lost(&scene, "db").await?;
    operator.stop()?;
    let look = || Ok::<_, anyhow::Error>(plugin(&scene, &["resolve", "db", "--not-accepted"])?.out);
    assert!(look()?.contains("the endpoint has no look-up"));
    for (records, words) in [
        (Records::Absent, "The cloud reports no records for this backup, which proves nothing."),
        (Records::Empty, "No record shows that the call was accepted."),
    ] {
        let view = View { look_up: LookUp::Available, records, ..View::default() };
        scene.simulator.set_view(&backup, Some(view));
        assert!(look()?.contains(words), "{words}");
    }
    scene.simulator.revoke_token(example::TOKEN)?;
    assert!(look()?.contains("look-up was refused with HTTP 401"));
    for (data, words) in [
        (json!({"other": "x"}), "is missing or empty"),
        (json!({"token": "two\nlines"}), "line break"),
    ] {
        let deleted = scene.kubectl(&["delete", "secret", "cbr-token"])?;
        assert!(deleted.accepted, "{}", deleted.words);
        scene.secret_with("cbr-token", &data)?;
        assert!(look()?.contains(words), "{words}");
    }
    let deleted = scene.kubectl(&["delete", "secret", "cbr-token"])?;
    assert!(deleted.accepted, "{}", deleted.words);
    assert!(look()?.contains("Secret cbr-token (key token) does not exist"));
    Ok(())
}

/// IAM locks users after some wrong passwords.
#[tokio::test]
async fn a_login_that_was_refused_is_not_repeated_unasked() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let user = json!({
        "username": example::USER, "password": "wrong", "domain": example::DOMAIN,
    });
    scene.secret_with("user", &user)?;
    let auth = json!({"passwordSecretRef": {"name": "user"}});
    scene.create(&Scene::manifest_with("db", example::BACKUP, &auth)).await?;
    let mut attempt = harness::attempt(1, Some("Unknown"));
    attempt["endpoint"] = json!(scene.simulator.https_url());
    let refused = json!({
        "phase": "OutcomeUnknown", "attempts": [attempt], "observedGeneration": 1, "conditions": [
            {"type": "Ready", "status": "Unknown", "reason": "LoginRefused", "message": "",
             "observedGeneration": 1, "lastTransitionTime": "2026-11-23T10:00:00Z"},
        ],
    });
    scene.set_status("db", &refused).await?;
    let iam = format!("--allowed-iam-endpoint={}", scene.simulator.https_url());
    let default = format!("--default-iam-endpoint={}", scene.simulator.https_url());
    let resolve = |more: &[&str]| {
        let options = ["resolve", "db", "--accepted", &iam, &default];
        plugin(&scene, &[&options, more].concat())
    };
    let refused = || scene.simulator.logins(example::USER).refused;
    for yes in [&[][..], &["--yes"]] {
        let said = resolve(yes)?;
        assert!(said.line()?.contains("IAM has refused the login with Secret user"), "{said:?}");
        assert!(said.line()?.contains("--log-in"), "{said:?}");
    }
    assert_eq!(refused(), 0);
    assert!(scene.get("db").await?.0["metadata"].get("annotations").is_none());
    resolve(&["--log-in"])?;
    assert_eq!(refused(), 1);
    resolve(&["--no-look", "--yes"])?.well()?;
    assert_eq!(refused(), 1);
    Ok(())
}

#[tokio::test]
async fn a_user_who_logs_in_is_told_so() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let user = json!({
        "username": example::USER, "password": example::PASSWORD, "domain": example::DOMAIN,
    });
    scene.secret_with("user", &user)?;
    let auth = json!({"passwordSecretRef": {"name": "user"}});
    scene.create(&Scene::manifest_with("db", example::BACKUP, &auth)).await?;
    let mut attempt = harness::attempt(1, Some("Unknown"));
    attempt["endpoint"] = json!(scene.simulator.https_url());
    scene.set_status("db", &json!({"phase": "OutcomeUnknown", "attempts": [attempt]})).await?;
    let iam = format!("--allowed-iam-endpoint={}", scene.simulator.https_url());
    let default = format!("--default-iam-endpoint={}", scene.simulator.https_url());
    let said = plugin(&scene, &["resolve", "db", "--accepted", "--yes", &iam, &default])?.well()?;
    assert!(said.contains("you logged in to IAM as the user in Secret user"), "{said}");
    assert!(!said.contains(example::PASSWORD) && !said.contains(example::USER), "{said}");
    Ok(())
}
