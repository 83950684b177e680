//! Other writers, other wishes: what is followed, and what is not touched.

use anyhow::{Context, Result, ensure};
use harness::{Object, Scene};
use serde_json::json;
use simulator::{Advance, Fault, Records, Script, View, example};

use super::{accepted, assert_called_once, copied_to, end, only_record, ready, replicated};
use super::{is_accepted, slow_cloud};

/// What following never touches.
const FACTS: [&str; 12] = [
    "attempts",
    "origin",
    "replicationRecordId",
    "acceptedAt",
    "sourceRegion",
    "backupId",
    "projectId",
    "providerId",
    "destinationProjectId",
    "destinationRegion",
    "destinationVaultId",
    "additionalRecords",
];

#[tokio::test]
async fn the_attempt_its_record_and_what_others_wrote_stay_as_they_are() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "").await?;
    let first = copied_to(&scene, "db", &backup, 10).await?;
    scene.written_by_others("db", &json!({}))?;
    copied_to(&scene, "db", &backup, 50).await?;
    scene.simulator.advance(&backup, Advance::Success)?;
    let object = scene.wait_for_phase("db", "Succeeded").await?;
    for fact in FACTS {
        assert_eq!(object.0["status"][fact], first.0["status"][fact], "{fact}");
    }
    let [attempt] = object.attempts() else { anyhow::bail!("{:#}", object.0) };
    assert_eq!(attempt["outcome"], "Accepted");
    assert_eq!(object.0["spec"], first.0["spec"]);
    assert_eq!(object.text("/metadata/labels/team"), Some("storage"));
    assert_eq!(object.text("/metadata/annotations/example.org~1ticket"), Some("4711"));
    assert_eq!(object.condition("example.org/Audited"), ("True", "Seen", ""));
    assert_called_once(&scene, "db", &backup).await
}

#[tokio::test]
async fn a_suspended_resource_is_still_followed() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "").await?;
    scene.patched("db", &json!({"spec": {"suspend": true}}))?;
    let object = copied_to(&scene, "db", &backup, 40).await?;
    assert_eq!((object.phase(), ready(&object)), ("Replicating", ("True", "Accepted")));
    scene.simulator.advance(&backup, Advance::Success)?;
    let object = scene.wait_for_phase("db", "Succeeded").await?;
    assert_eq!(object.0.pointer("/spec/suspend"), Some(&json!(true)));
    assert_called_once(&scene, "db", &backup).await
}

#[tokio::test]
async fn one_that_is_deleted_is_forgotten_and_made_again_it_adopts_and_follows_on() -> Result<()> {
    let scene = slow_cloud().await?;
    let operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "").await?;
    copied_to(&scene, "db", &backup, 40).await?;
    let deleted = scene.kubectl(&["delete", "brep", "db", "--timeout=60s"])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    super::assert_left_alone(&scene, &[&backup]).await?;
    assert_eq!(
        operator.log.count(|line| line.contains("panicked") || line.contains("\"ERROR\"")),
        0
    );

    scene.simulator.advance(&backup, Advance::Replicating { progress: 70 })?;
    scene.applied(&Scene::manifest_for("db", &backup, ""))?;
    let object = scene.wait("db", "followed", |object| super::progress(object) == Some(70)).await?;
    assert_eq!((object.phase(), object.text("/status/origin")), ("Replicating", Some("Adopted")));
    scene.simulator.advance(&backup, Advance::Success)?;
    let object = scene.wait_for_phase("db", "Succeeded").await?;
    assert_eq!(end(&object), Some("Replicated"));
    assert_called_once(&scene, "db", &backup).await
}

#[tokio::test]
async fn what_a_1009_leads_to_is_followed_and_so_is_what_a_lost_answer_leads_to() -> Result<()> {
    let scene = slow_cloud().await?;
    let earlier = scene.operator().start_ready()?;
    scene.valid_secret()?;
    // Somebody had it replicated, and the look-up before the call does not show that yet.
    let refused = accepted(&scene, "earlier", "").await?;
    let record = only_record(&scene, &refused)?.id;
    let deleted = scene.kubectl(&["delete", "brep", "earlier", "--timeout=60s"])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    earlier.stop()?;
    let _operator = scene.operator().start_ready()?;
    scene.simulator.set_view(&refused, Some(View { records: Records::Empty, ..View::default() }));
    scene.applied(&Scene::manifest_for("refused", &refused, ""))?;
    scene.wait("refused", "refused", |object| object.reason() == "AlreadyReplicated").await?;
    scene.simulator.set_view(&refused, None);
    let lost = scene.new_backup();
    scene
        .simulator
        .script(Script::once(Fault::after_commit().reset()).replicate().backup(&lost))?;
    scene.applied(&Scene::manifest_for("lost", &lost, ""))?;

    for (name, backup, origin) in [("refused", &refused, "Adopted"), ("lost", &lost, "Called")] {
        scene.wait(name, "accepted", is_accepted).await?;
        let object = copied_to(&scene, name, backup, 40).await?;
        assert_eq!(
            (object.phase(), ready(&object)),
            ("Replicating", ("True", "Accepted")),
            "{name}"
        );
        scene.simulator.advance(backup, Advance::Success)?;
        let object = scene.wait_for_phase(name, "Succeeded").await?;
        assert_eq!(object.text("/status/origin"), Some(origin), "{name}");
        assert_eq!(replicated(&object), ("True", "Replicated"), "{name}");
    }
    assert_eq!(
        scene.get("refused").await?.text("/status/replicationRecordId"),
        Some(record.as_str())
    );
    let counts = scene.simulator.counts(&refused);
    assert_eq!((counts.posts, counts.accepted), (2, 1), "the refused call, and the one before it");
    assert_called_once(&scene, "lost", &lost).await
}

#[tokio::test]
async fn what_a_human_declared_is_followed_where_the_record_is_named() -> Result<()> {
    let scene = slow_cloud().await?;
    let times = ["--settling-time=1s", "--claim-window=3s", "--request-timeout=4s"];
    let _operator = times
        .into_iter()
        .fold(scene.operator(), |options, time| options.arg(time))
        .start_ready()?;
    scene.valid_secret()?;
    let hidden = View { records: Records::Null, ..View::default() };
    let backup = scene.new_backup();
    scene.simulator.set_view(&backup, Some(hidden));
    // Without proof in its answer, and without a look-up that shows it.
    scene.simulator.script(
        Script::once(Fault::after_commit().answer(simulator::Answer::status(200).text("OK")))
            .replicate(),
    )?;
    scene.applied(&Scene::manifest_for("db", &backup, ""))?;
    let asked = scene.wait("db", "stalled", |object: &Object| object.is("Stalled")).await?;
    let record = only_record(&scene, &backup)?.id;
    let line = asked
        .commands()
        .into_iter()
        .find(|line| line.contains("RECORD_ID"))
        .context("no such command")?;
    scene.simulator.set_view(&backup, None);
    let pasted = scene.paste(&line.replace("<RECORD_ID>", &record))?;
    ensure!(pasted.accepted, "{}", pasted.words);
    scene.wait("db", "accepted", is_accepted).await?;
    scene.looked_up_again(&backup, 1).await?;
    let object = copied_to(&scene, "db", &backup, 40).await?;
    assert_eq!(ready(&object), ("True", "Accepted"));
    scene.simulator.advance(&backup, Advance::Success)?;
    scene.wait_for_phase("db", "Succeeded").await?;
    assert_called_once(&scene, "db", &backup).await?;
    assert_eq!(scene.simulator.counts(example::BACKUP).posts, 0);
    Ok(())
}
