//! What `kubectl describe` shows of each of the demo's failures stands in the runbook as it is, and
//! with that and the runbook's commands alone each of them is ended.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::{Object, Operator, PATIENCE, Scene};
use simulator::{Answer, Fault, LookUp, Options, Pace, RetryAfter, Script, View, example};

use super::masks::masked;
use super::{RUNBOOK, read};
use crate::OPERATOR;
use crate::generated::{block_like, is_written, presentable};

/// The operator, a cloud that takes any backup, and the namespace that the examples call `backups`.
async fn scene() -> Result<(Scene, Operator)> {
    let mut options = Options::any_backup();
    options.behaviour.pace = Pace::takes(Duration::ZERO);
    let scene = Scene::with(OPERATOR, options).await?;
    let operator = scene.operator().start_ready()?;
    Ok((scene, operator))
}

fn example(scene: &Scene, file: &str) -> Result<String> {
    let yaml = read(&format!("docs/examples/{file}"))?;
    Ok(yaml.replace("namespace: backups", &format!("namespace: {}", scene.namespace)))
}

/// The runbook's block of output that begins with this line.
fn shown(first: &str) -> Result<String> {
    let page = read(RUNBOOK)?;
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let shown = blocks.filter_map(|block| block.strip_prefix(first)).next();
    Ok(shown.with_context(|| format!("the runbook does not show: {first}"))?.to_owned())
}

/// The runbook's commands below a comment, for this namespace.
fn commands(scene: &Scene, comment: &str) -> Result<String> {
    let page = read(RUNBOOK)?;
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let found = blocks.filter_map(|block| block.strip_prefix(&format!("# {comment}\n"))).next();
    let found = found.with_context(|| format!("the runbook has no commands under: # {comment}"))?;
    Ok(found.replace("-n backups", &format!("-n {}", scene.namespace)))
}

/// Describes the resource, which is as in the runbook once its Events are there. Returns what
/// `kubectl` said.
async fn described(scene: &Scene, name: &str) -> Result<String> {
    let first = format!("$ kubectl describe brep -n backups {name}");
    let shown = masked(&shown(&format!("{first}\n"))?)?;
    let started = Instant::now();
    loop {
        let said = scene.kubectl(&["describe", "brep", name])?.words;
        if masked(&said)? == shown {
            return Ok(said);
        }
        // Events may still come.
        if is_written() && started.elapsed() > Duration::from_secs(5) {
            block_like(RUNBOOK, &first, &presentable(&said, &scene.namespace)?, masked)?;
            return Ok(said);
        }
        if started.elapsed() > PATIENCE {
            assert_eq!(shown, masked(&said)?, "the runbook shows another {name} than:\n{said}");
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn pasted(scene: &Scene, commands: &str, name: &str) -> Result<()> {
    let done = scene.paste(commands)?;
    ensure!(done.accepted, "{commands}: {}", done.words);
    scene.wait(name, "accepted", |object: &Object| object.is("Ready")).await?;
    let calls =
        scene.simulator.counts(scene.get(name).await?.text("/spec/backupId").unwrap_or_default());
    assert_eq!(calls.accepted, 1);
    Ok(())
}

#[tokio::test]
async fn a_refused_token_is_replaced() -> Result<()> {
    let (scene, _operator) = scene().await?;
    scene.applied(&example(&scene, "wrong-token.yaml")?)?;
    scene.wait("wrong-token", "refused", |object| object.reason() == "CredentialRejected").await?;
    described(&scene, "wrong-token").await?;
    let commands = commands(&scene, "a new token, read from the terminal")?;
    pasted(
        &scene,
        &format!("printf '%s\\n' '{}' | {{ {commands} }}", example::TOKEN),
        "wrong-token",
    )
    .await
}

#[tokio::test]
async fn a_wrong_vault_is_corrected() -> Result<()> {
    let (scene, _operator) = scene().await?;
    scene.applied(&example(&scene, "secret.yaml")?)?;
    scene.applied(&example(&scene, "wrong-vault.yaml")?)?;
    scene.wait("wrong-vault", "rejected", |object| object.is("Stalled")).await?;
    described(&scene, "wrong-vault").await?;
    pasted(&scene, &commands(&scene, "a vault that exists")?, "wrong-vault").await
}

#[tokio::test]
async fn a_throttled_call_says_when_it_continues() -> Result<()> {
    let (scene, _operator) = scene().await?;
    let throttled = Answer::throttled(Some(RetryAfter::Seconds(3600)));
    scene.simulator.script(Script::once(Fault::before_commit().answer(throttled)).replicate())?;
    scene.applied(&example(&scene, "secret.yaml")?)?;
    scene.applied(&example(&scene, "minimal.yaml")?)?;
    scene.wait("db-to-eu-nl", "throttled", |object| object.reason() == "Throttled").await?;
    described(&scene, "db-to-eu-nl").await?;
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_is_decided_about() -> Result<()> {
    let (scene, _operator) = scene().await?;
    scene.simulator.script(Script::once(Fault::after_commit().reset()).replicate())?;
    let blind = View { look_up: LookUp::Forbidden, ..View::default() };
    scene.simulator.configure(|behaviour| behaviour.view = blind);
    scene.applied(&example(&scene, "secret.yaml")?)?;
    scene.applied(&example(&scene, "options.yaml")?)?;
    scene.wait("options", "stalled", |object| object.is("Stalled")).await?;
    let said = described(&scene, "options").await?;
    let command = said
        .split("kubectl ")
        .skip(1)
        .find(|command| command.contains("RECORD_ID"))
        .context("no command")?;
    let command = command.split([';', '\n']).next().unwrap_or_default();
    let records = scene.simulator.all_records();
    let record = records.first().context("the cloud has no record")?;
    pasted(&scene, &format!("kubectl {}", command.replace("<RECORD_ID>", &record.id)), "options")
        .await
}

#[tokio::test]
async fn a_manifest_against_the_limits_is_refused_in_these_words() -> Result<()> {
    let (scene, _operator) = scene().await?;
    let refused = scene.apply(&example(&scene, "refused.yaml")?)?;
    assert!(!refused.accepted);
    let shown = shown("$ kubectl apply -f docs/examples/refused.yaml\n")?;
    let said = refused.words.replace("STDIN", "docs/examples/refused.yaml");
    // The API server names the fields in no order.
    let lines =
        |text: &str| text.lines().map(str::trim_end).map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(lines(&shown), lines(&said), "{said}");
    Ok(())
}
