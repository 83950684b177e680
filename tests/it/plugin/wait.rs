//! `wait`: what ends it, with which exit code, and that nothing else does.

use anyhow::{Context, Result, ensure};
use harness::{Cluster, Scene, install_crd};
use serde_json::json;
use simulator::{Advance, Options, example};

use super::running::Running;
use super::situations::situations;
use super::{OPERATOR, Said, apply, plugin, short};

const DONE: Option<i32> = Some(0);
const USAGE: Option<i32> = Some(2);
const NEEDS_PERSON: Option<i32> = Some(3);
const REFUSED: Option<i32> = Some(4);
const TIMED_OUT: Option<i32> = Some(5);
const NOT_FOUND: Option<i32> = Some(super::NOT_FOUND);

fn wait(scene: &Scene, arguments: &[&str]) -> Result<Said> {
    plugin(scene, &[&["wait", "--timeout=240s"], arguments].concat())
}

#[tokio::test]
async fn each_end_has_its_exit_code_at_once() -> Result<()> {
    let (scene, _operator) = situations().await?;
    for goal in ["accepted", "replicated"] {
        for (names, code) in [
            (&["succeeded"][..], DONE),
            (&["succeeded", "adopted", "succeeded"], DONE),
            (&["rejected"], REFUSED),
            (&["lost"], NEEDS_PERSON),
            (&["succeeded", "lost"], NEEDS_PERSON),
            (&["waiting", "rejected"], REFUSED),
            (&["succeeded", "no-such"], NOT_FOUND),
        ] {
            let said = wait(&scene, &[&["--for", goal][..], names].concat())?;
            assert_eq!(said.code, code, "{goal} {names:?}: {said:?}");
            ensure!(said.err.is_empty() == (code == DONE), "{said:?}");
            ensure!(said.err.lines().count() <= 1 && !said.out.contains('\u{1b}'), "{said:?}");
        }
    }
    // The operator's own words, and the way to more.
    let rejected = wait(&scene, &["rejected"])?;
    for words in ["BackupService.6120", "kubectl brep explain"] {
        ensure!(rejected.err.contains(words), "{rejected:?}");
    }

    // What only a person brings is waited for as long as it is asked to be, and then not longer.
    let said = wait(&scene, &["waiting", "--patience=0"])?;
    assert_eq!(said.code, NEEDS_PERSON, "{said:?}");
    ensure!(said.out.contains("Secret not-there-yet (key token) does not exist"), "{said:?}");
    let said = plugin(&scene, &["wait", "waiting", "succeeded", "--timeout=0"])?;
    assert_eq!(said.code, TIMED_OUT, "{said:?}");
    ensure!(said.err.contains("not accepted yet: waiting;"), "{said:?}");
    for wrong in [&["--timeout=soon", "db"][..], &["--for=ready", "db"], &[], &["../x"]] {
        assert_eq!(wait(&scene, wrong)?.code, USAGE, "{wrong:?}");
    }
    let bar = wait(&scene, &["succeeded", "--progress=bar"])?.well()?;
    ensure!(bar.contains("succeeded  [####################] 100%  Succeeded"), "{bar}");
    Ok(())
}

#[tokio::test]
async fn it_follows_a_resource_from_nothing_to_its_copy() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::default()).await?;
    let _operator = short(&scene).start_ready()?;
    apply(&scene, "db", example::BACKUP)?;
    let arguments = ["wait", "db", "--for=replicated", "--timeout=240s", "--patience=240s"];
    let mut running = Running::start(&scene, &arguments)?;
    running.line_with("Secret cbr-token (key token) does not exist")?;
    scene.valid_secret()?;
    running.line_with("db: Replicating")?;
    let record = scene.simulator.records(example::BACKUP).pop().context("no record")?.id;
    scene.simulator.advance(&record, Advance::Success)?;
    let out = running.said()?.well()?;
    let last = out.lines().last().unwrap_or_default();
    ensure!(last.contains("db: Succeeded"), "{out}");
    let times = out.lines().filter_map(|line| line.split_once("Z ")).count();
    assert_eq!(times, out.lines().count(), "each line has its time: {out}");
    Ok(())
}

#[tokio::test]
async fn a_resource_that_goes_away_ends_it() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    let mut running = Running::start(&scene, &["wait", "db", "--timeout=240s"])?;
    running.line_with("not processed by the operator yet")?;
    let deleted = scene.kubectl(&["delete", "brep", "db"])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    let said = running.said()?;
    assert_eq!(said.code, NOT_FOUND, "{said:?}");
    ensure!(said.err.contains("was deleted while it was waited for"), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn an_api_server_that_is_away_for_a_while_ends_nothing() -> Result<()> {
    let cluster = Cluster::own()?;
    install_crd(&cluster)?;
    let scene = Scene::on(&cluster, OPERATOR, Options::default()).await?;
    scene.create(&Scene::manifest("db", "")).await?;
    let mut running = Running::start(&scene, &["wait", "db", "--timeout=240s"])?;
    running.line_with("not processed by the operator yet")?;
    cluster.stop_apiserver();
    running.line_with("The API server is away: ")?;
    cluster.start_apiserver()?;
    running.line_with("The API server answers again.")?;
    let accepted = json!({
        "phase": "Replicating", "acceptedAt": "2026-11-23T10:00:00Z", "origin": "Called",
        "replicationRecordId": "record-1", "attempts": [harness::attempt(1, Some("Accepted"))],
    });
    scene.set_status("db", &accepted).await?;
    running.said()?.well()?;
    Ok(())
}
