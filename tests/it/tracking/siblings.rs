//! Two resources for the same backup and region.

use anyhow::Result;
use control_plane::Exit;
use harness::{Object, Scene};
use simulator::{Advance, Options, Records};

use super::{OPERATOR, accepted, assert_called_once};

#[tokio::test]
async fn an_accepted_call_whose_record_does_not_show_yet_holds_its_target_over_a_restart()
-> Result<()> {
    let mut options = Options::default();
    options.behaviour.view.records = Records::Late { milliseconds: None };
    // A cloud that would take the second call: nothing but the operator keeps it back.
    options.behaviour.accept_duplicates = true;
    let scene = Scene::with(OPERATOR, options).await?;
    scene.valid_secret()?;
    let killed = scene.operator().start_ready()?;
    let backup = accepted(&scene, "first", "").await?;
    assert_eq!(killed.process.kill()?, Exit::Signal(9));

    let _operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest_for("second", &backup, ""))?;
    let waiting = |object: &Object| {
        object.reason() == "SameTargetInUse" && object.message().contains("first")
    };
    scene.wait("second", "waiting for the first one's record", waiting).await?;
    scene.looked_up_again(&backup, 4).await?;
    assert!(waiting(&scene.get("second").await?));
    assert_called_once(&scene, "first", &backup).await?;

    scene.simulator.reveal(Some(&backup));
    let object = scene.wait("second", "adopted", super::is_accepted).await?;
    assert_eq!(object.text("/status/origin"), Some("Adopted"));
    scene.simulator.advance(&backup, Advance::Success)?;
    for name in ["first", "second"] {
        scene.wait_for_phase(name, "Succeeded").await?;
        assert_called_once(&scene, name, &backup).await?;
    }
    Ok(())
}
