//! `new`: what it prints is accepted, whether it is told or asks.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use harness::Scene;
use serde_json::{Value, json};
use simulator::example;

use super::{OPERATOR, Said, bare, command, plugin};

fn told(more: &[&'static str]) -> Vec<&'static str> {
    let options = [
        "new",
        "db",
        "--project",
        example::PROJECT,
        "--backup",
        example::BACKUP,
        "--destination-region",
        example::DESTINATION_REGION,
        "--destination-project",
        example::DESTINATION_PROJECT,
        "--destination-vault",
        example::VAULT,
    ];
    [&options[..], more].concat()
}

/// The plugin with answers, one a line.
fn answered(command: &mut Command, answers: &[&str]) -> Result<Said> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("no input")?.write_all(answers.join("\n").as_bytes())?;
    Said::of(child.wait_with_output()?)
}

#[tokio::test]
async fn every_kind_of_credential_makes_a_manifest_that_the_api_server_accepts() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let account = ["--service-account=a", "--identity-provider=p", "--audience=x"];
    for (kind, spec) in [
        (&["--token-secret=s"][..], json!({"tokenSecretRef": {"name": "s"}})),
        (&["--token-secret=s/k"], json!({"tokenSecretRef": {"name": "s", "key": "k"}})),
        (&["--password-secret=s"], json!({"passwordSecretRef": {"name": "s"}})),
        (&["--access-key-secret=s"], json!({"accessKeySecretRef": {"name": "s"}})),
        (
            &account,
            json!({"serviceAccount": {"name": "a", "identityProvider": "p", "audience": "x"}}),
        ),
    ] {
        let printed = plugin(&scene, &told(kind))?.well()?;
        let applied = scene.kubectl(&["get", "brep", "db"])?;
        ensure!(!applied.accepted, "nothing is applied by it");
        let read: Value = serde_saphyr::from_str(&printed)?;
        assert_eq!(read["spec"]["auth"], spec);
        scene.applied(&printed)?;
        let deleted = scene.kubectl(&["delete", "brep", "db"])?;
        ensure!(deleted.accepted, "{}", deleted.words);
    }
    // Texts that YAML would take for something else.
    let odd = [
        "--token-secret=s",
        "--replica-name=123",
        "--description=yes: # no",
        "--ready-when=replicated",
    ];
    let printed = plugin(&scene, &told(&odd))?.well()?;
    let read: Value = serde_saphyr::from_str(&printed)?;
    assert_eq!(
        (&read["spec"]["name"], &read["spec"]["description"]),
        (&json!("123"), &json!("yes: # no"))
    );
    assert_eq!(read["spec"]["readyWhen"], "Replicated");
    scene.applied(&printed)?;
    Ok(())
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_said_and_nothing_printed() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let said = plugin(&scene, &["new", "db", "--project=p"])?;
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    for option in ["--backup", "--destination-vault", "credential"] {
        ensure!(said.err.contains(option), "{option}: {said:?}");
    }
    let two = plugin(&scene, &told(&["--token-secret=s", "--password-secret=t"]))?;
    assert_eq!(two.code, Some(2), "{two:?}");
    let said = plugin(&scene, &told(&["--token-secret=s", "--replica-name=a b"]))?;
    ensure!(said.out.is_empty() && said.line()?.contains("spec.name"), "{said:?}");
    let said = plugin(&scene, &told(&["--service-account=a"]))?;
    ensure!(said.out.is_empty() && said.line()?.contains("--identity-provider"), "{said:?}");
    // Without a cluster nobody can try it; that is told.
    let said = Said::of(bare().args(told(&["--token-secret=s"])).output()?)?;
    assert_eq!(said.code, Some(0), "{said:?}");
    ensure!(said.err.contains("has not tried it") && said.out.contains("kind: Backup"), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn it_asks_for_what_is_missing_with_what_the_cloud_offers() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.valid_secret()?;
    scene.create(&Scene::manifest("other", "")).await?;
    let endpoint = scene.simulator.https_url();
    let mut command = command(&scene);
    command.args(["new", "--ask", "-n", &scene.namespace]);
    let answers = [
        "db",
        example::PROJECT,
        &endpoint,
        "token",
        "cbr-token",
        example::BACKUP,
        // The first region that is offered, and what the other resource uses there.
        "1",
        "1",
        "1",
        "",
    ];
    let said = answered(&mut command, &answers)?;
    assert_eq!(said.code, Some(0), "{said:?}");
    for words in [
        "1) eu-nl  from eu-de",
        "used by 1 of this namespace",
        "Id of the backup: ",
        "4) token  sends the IAM token",
    ] {
        ensure!(said.err.contains(words), "{words}: {said:?}");
    }
    let read: Value = serde_saphyr::from_str(&said.out)?;
    let spec = &read["spec"];
    assert_eq!(spec["destinationRegion"], example::DESTINATION_REGION);
    assert_eq!(spec["destinationProjectId"], example::DESTINATION_PROJECT);
    assert_eq!(spec["destinationVaultId"], example::VAULT);
    assert_eq!(read["metadata"]["namespace"], scene.namespace);
    scene.applied(&said.out)?;
    assert_eq!(scene.simulator.log(|log| log.total()).posts, 0);

    // A question that stays unanswered prints nothing.
    let mut command = super::command(&scene);
    let said = answered(command.args(["new", "--ask", "-n", &scene.namespace]), &["db", ""])?;
    ensure!(said.code == Some(1) && said.out.is_empty(), "{said:?}");
    Ok(())
}
