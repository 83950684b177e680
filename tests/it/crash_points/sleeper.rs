//! A process that sleeps between its claim and its call for longer than the claim's window does not
//! make the call.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::{Operator, PATIENCE, Scene, in_time};
use proxy::Moment;

use super::OPERATOR;
use super::point::Kind;
use super::run::{finished, replicated};
use super::scenario::{Scenario, Sight, Story};
use super::stage::{Behind, NAME, WINDOW, apply};

/// A scene, and an operator in it that is stopped (SIGSTOP) while the answer to its claim is on its
/// way.
async fn asleep(scene: &Scene, backup: &str, behind: &Behind) -> Result<Operator> {
    let mut stop = behind.gate.stop(Moment::Answer, |message| Kind::of(message) == Kind::Claim);
    let scenario = Scenario { story: Story::Success, sight: Sight::Records };
    apply(scene, scenario, backup).await?;
    let sleeper = behind.start()?;
    in_time("the claim", stop.reached()).await??;
    sleeper.process.pause()?;
    stop.pass();
    Ok(sleeper)
}

async fn scene() -> Result<(Scene, String)> {
    let scenario = Scenario { story: Story::Success, sight: Sight::Records };
    let scene = Scene::with(OPERATOR, scenario.options()).await?;
    let backup = scene.new_backup();
    scenario.prepare(&scene, &backup).await?;
    Ok((scene, backup))
}

fn calls(behind: &Behind) -> usize {
    behind.gate.messages().iter().filter(|message| Kind::of(message) == Kind::Call).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_wakes_up_to_a_closed_window_and_claims_again() -> Result<()> {
    let (scene, backup) = scene().await?;
    let behind = Behind::new(&scene).await?;
    let sleeper = asleep(&scene, &backup, &behind).await?;
    // The sleep itself: nothing is waited for.
    tokio::time::sleep(WINDOW + Duration::from_millis(100)).await;
    sleeper.process.resume()?;
    sleeper.log.wait_for(PATIENCE, |line| line.contains("Nothing was sent"))?;
    assert_eq!(calls(&behind), 0);

    let object = scene.wait(NAME, "at its end", finished).await?;
    let outcomes: Vec<_> =
        object.attempts().iter().map(|attempt| attempt["outcome"].as_str()).collect();
    assert_eq!(outcomes, [Some("Accepted"), Some("NotSent")]);
    assert_eq!((calls(&behind), replicated(&scene, &backup).len()), (1, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_wakes_up_when_another_operator_has_resolved_its_attempt_and_called() -> Result<()> {
    let (scene, backup) = scene().await?;
    let (behind, beside) = (Behind::new(&scene).await?, Behind::new(&scene).await?);
    let sleeper = asleep(&scene, &backup, &behind).await?;
    let before = behind.gate.messages().len();
    let other = beside.start()?;
    let object = scene.wait(NAME, "at its end", finished).await?;
    let outcomes: Vec<_> =
        object.attempts().iter().map(|attempt| attempt["outcome"].as_str()).collect();
    assert_eq!(outcomes, [Some("Accepted"), Some("NotAccepted")]);
    assert_eq!(calls(&beside), 1);

    sleeper.process.resume()?;
    // It asks what became of its claim, or writes down that it made no call of it.
    in_time("the sleeper is awake", behind.gate.answered(before + 1)).await?;
    // It sees what comes next, so it has finished with that.
    let next = scene.new_backup();
    other.process.kill()?;
    let manifest = Scene::manifest_for("next", &next, "");
    scene.applied(&manifest)?;
    scene.wait("next", "at its end", finished).await?;
    let calls_about = |backup: &str| {
        let about = |message: &&proxy::Message| {
            Kind::of(message) == Kind::Call && message.path.contains(backup)
        };
        behind.gate.messages().iter().filter(about).count()
    };
    assert_eq!((calls_about(&backup), calls_about(&next)), (0, 1));
    let records = replicated(&scene, &backup);
    assert_eq!(records.len(), 1, "{records:#?}");
    let record = &records.first().context("no record")?.id;
    assert_eq!(scene.get(NAME).await?.text("/status/replicationRecordId"), Some(record.as_str()));
    Ok(())
}
