//! The process may die at any point of a replication: the next one follows it on, and calls for
//! nothing.

use anyhow::Result;
use control_plane::Exit;
use harness::Object;
use simulator::Advance;

use super::{OPERATOR, slow_cloud};
use super::{accepted, assert_called_once, copied_to, end, ready, replicated};

#[tokio::test]
async fn killed_while_it_waits_while_it_is_copied_and_before_its_end_was_seen() -> Result<()> {
    let scene = slow_cloud().await?;
    scene.valid_secret()?;
    let killed = scene.operator().start_ready()?;
    let waiting = accepted(&scene, "waiting", "").await?;
    let shown = |object: &Object| object.text("/status/recordStatus") == Some("waiting_replicate");
    let copying = accepted(&scene, "copying", "").await?;
    copied_to(&scene, "copying", &copying, 40).await?;
    let ended = [
        ("copied", Advance::Success, "Succeeded", "Replicated"),
        (
            "failed",
            Advance::Fail { code: "C-1".into(), reason: "Broken".into() },
            "Failed",
            "Failed",
        ),
        ("skipped", Advance::Skip, "Failed", "Skipped"),
    ];
    let mut backups = Vec::new();
    for (name, ..) in &ended {
        backups.push(accepted(&scene, name, "").await?);
        scene.wait(name, "waiting in the cloud", shown).await?;
    }
    scene.wait("waiting", "waiting in the cloud", shown).await?;
    assert_eq!(killed.process.kill()?, Exit::Signal(9));
    let before = [scene.get("waiting").await?, scene.get("copying").await?];
    for ((_, to, ..), backup) in ended.iter().zip(&backups) {
        scene.simulator.advance(backup, to.clone())?;
    }

    let _operator = scene.operator().start_ready()?;
    for ((name, _, phase, why), backup) in ended.iter().zip(&backups) {
        let object = scene.wait_for_phase(name, phase).await?;
        assert_eq!(end(&object), Some(*why), "{name}");
        assert_called_once(&scene, name, backup).await?;
    }
    for (object, backup) in before.iter().zip([&waiting, &copying]) {
        scene.looked_up_again(backup, 2).await?;
        let name = object.text("/metadata/name").unwrap_or_default();
        assert_eq!(
            scene.get(name).await?.0,
            object.0,
            "nothing new is seen, so nothing is written"
        );
    }
    copied_to(&scene, "copying", &copying, 80).await?;
    for (name, backup) in [("waiting", &waiting), ("copying", &copying)] {
        scene.simulator.advance(backup, Advance::Success)?;
        let object = scene.wait_for_phase(name, "Succeeded").await?;
        assert_eq!(
            (replicated(&object), ready(&object)),
            (("True", "Replicated"), ("True", "Accepted")),
            "{name}"
        );
        assert_called_once(&scene, name, backup).await?;
    }
    Ok(())
}

/// With what is not known yet: before the first look-up, and where the record does not show.
#[tokio::test]
async fn killed_before_the_record_was_ever_seen() -> Result<()> {
    let mut options = simulator::Options::default();
    options.behaviour.view.records = simulator::Records::Late { milliseconds: None };
    let scene = harness::Scene::with(OPERATOR, options).await?;
    scene.valid_secret()?;
    let killed = scene.operator().start_ready()?;
    let backup = accepted(&scene, "db", "").await?;
    assert_eq!(killed.process.kill()?, Exit::Signal(9));
    let before = scene.get("db").await?;

    let _operator = scene.operator().start_ready()?;
    scene.looked_up_again(&backup, 2).await?;
    assert_eq!(scene.get("db").await?.0["status"], before.0["status"]);
    scene.simulator.reveal(Some(&backup));
    scene.simulator.advance(&backup, Advance::Success)?;
    scene.wait_for_phase("db", "Succeeded").await?;
    assert_called_once(&scene, "db", &backup).await
}
