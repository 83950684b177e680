//! A namespace with one resource in each situation that users meet.

use anyhow::{Context, Result};
use harness::{Operator, Scene};
use kube::api::{DynamicObject, PostParams};
use simulator::{Fault, Records, Script, View};

use super::{OPERATOR, apply, short};

/// The scene, with all of them where they stay. `waiting` is the oldest.
pub(crate) async fn situations() -> Result<(Scene, Operator)> {
    let scene = Scene::new(OPERATOR).await?;
    let operator = short(&scene).start_ready()?;
    let waiting = Scene::manifest_for("waiting", &scene.new_backup(), "")
        .replace("cbr-token", "not-there-yet");
    scene.applied(&waiting)?;
    let waiting =
        scene.wait("waiting", "waiting", |object| object.reason() == "CredentialNotFound").await?;
    a_second_later(&scene, waiting.text("/metadata/creationTimestamp").context("no time")?).await?;

    scene.valid_secret()?;
    let backup = scene.new_backup();
    apply(&scene, "succeeded", &backup)?;
    scene.wait("succeeded", "ready", |object| object.is("Ready")).await?;
    apply(&scene, "adopted", &backup)?;
    for name in ["succeeded", "adopted"] {
        scene.wait(name, "replicated", |object| object.is("Replicated")).await?;
    }

    let elsewhere = Scene::manifest_for("rejected", &scene.new_backup(), "");
    scene.applied(&elsewhere.replace("destinationVaultId: ", "destinationVaultId: no-"))?;
    scene.wait("rejected", "stalled", |object| object.reason() == "Rejected").await?;

    let backup = scene.new_backup();
    scene.simulator.set_view(&backup, Some(View { records: Records::Absent, ..View::default() }));
    scene
        .simulator
        .script(Script::once(Fault::before_commit().reset()).replicate().backup(&backup))?;
    apply(&scene, "lost", &backup)?;
    scene.wait("lost", "stalled", |object| object.is("Stalled")).await?;
    Ok((scene, operator))
}

/// Until what is created is younger, by the API server's clock, whose creation times have whole
/// seconds.
async fn a_second_later(scene: &Scene, than: &str) -> Result<()> {
    let mut probe: DynamicObject = serde_saphyr::from_str(&Scene::manifest("probe", ""))?;
    probe.metadata.namespace = Some(scene.namespace.clone());
    let only_try = PostParams { dry_run: true, ..PostParams::default() };
    loop {
        let tried = serde_json::to_value(scene.api().create(&only_try, &probe).await?)?;
        if tried["metadata"]["creationTimestamp"].as_str() > Some(than) {
            return Ok(());
        }
    }
}
