//! Replications that were there before.

use anyhow::{Context, Result};
use harness::{Object, Scene};
use simulator::{Advance, DeletedRecord, Fault, Options, Script, example};

use super::{HIDDEN, OPERATOR, apply, counts, delete, only_record, origin, ready, showing};
use super::{assert_looked_before_each_post, reconciled_again};

#[tokio::test]
async fn a_resource_that_is_made_again_adopts_and_its_command_makes_one_call_of_its_own()
-> Result<()> {
    for then in [DeletedRecord::Stays, DeletedRecord::Vanishes] {
        // So that the call of the predecessor is old enough to show.
        let scene = Scene::new(OPERATOR).await?;
        let _operator = scene.operator().arg("--settling-time=1s").start_ready()?;
        scene.valid_secret()?;
        apply(&scene, "db", example::BACKUP)?;
        let first = scene.wait("db", "ready", ready).await?;
        delete(&scene, "db")?;
        apply(&scene, "db", example::BACKUP)?;
        let object = scene.wait("db", "ready", ready).await?;
        assert_ne!(object.text("/metadata/uid"), first.text("/metadata/uid"));
        let record = only_record(&scene, example::BACKUP)?;
        assert_eq!(origin(&object), (Some("Adopted"), Some(record.as_str())));
        assert!(
            object.text("/status/recordCreatedAt").is_some() && object.attempts().is_empty(),
            "{:#}",
            object.0
        );
        reconciled_again(&scene, "db").await?;
        assert_eq!(counts(&scene, example::BACKUP), (1, 1));

        // Its copy is deleted, and wanted again.
        scene.wait_for_phase("db", "Succeeded").await?;
        scene.simulator.delete_replica(&record, then)?;
        let command = object.commands().pop().context("no command")?;
        assert!(command.ends_with(&format!("{record}:retry")), "{command}");
        let pasted = scene.paste(&command)?;
        assert!(pasted.accepted, "{}", pasted.words);
        let called =
            |object: &Object| ready(object) && object.text("/status/origin") == Some("Called");
        let object = scene.wait("db", "called for", called).await?;
        let post = scene.posts(example::BACKUP).pop();
        assert_eq!(
            object.text("/status/replicationRecordId"),
            post.as_ref().and_then(|call| call.record_id())
        );
        assert_eq!(object.attempts().len(), 1);
        reconciled_again(&scene, "db").await?;
        assert_eq!(
            counts(&scene, example::BACKUP),
            (2, 2),
            "{then:?}: the decision holds for one call"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_1009_leads_to_the_record_that_the_look_before_the_call_did_not_show_yet() -> Result<()> {
    let scene = Scene::with(OPERATOR, showing(HIDDEN)).await?;
    let operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    apply(&scene, "first", example::BACKUP)?;
    scene.wait("first", "ready", ready).await?;
    // Neither the next process nor a status knows when it was called for.
    operator.stop()?;
    delete(&scene, "first")?;
    let _operator = scene.operator().start_ready()?;
    apply(&scene, "second", example::BACKUP)?;
    let object =
        scene.wait("second", "refused", |object| object.reason() == "AlreadyReplicated").await?;
    assert_eq!(object.text("/status/attempts/0/rejection"), Some("AlreadyReplicated"));
    let looking = |object: &Object| {
        object.is("Reconciling") && object.message().contains("is looking for its record")
    };
    scene.wait("second", "looking for the record", looking).await?;
    scene.looked_up_again(example::BACKUP, 1).await?;

    scene.simulator.reveal(Some(example::BACKUP));
    let object = scene.wait("second", "ready", ready).await?;
    assert_eq!(
        origin(&object),
        (Some("Adopted"), Some(only_record(&scene, example::BACKUP)?.as_str()))
    );
    assert_eq!(counts(&scene, example::BACKUP), (2, 1));
    Ok(())
}

#[tokio::test]
async fn a_failed_replication_is_not_adopted_and_not_taken_for_the_lost_call() -> Result<()> {
    let failed = Advance::Fail { code: "BackupService.9999".into(), reason: "Broken.".into() };
    for (then, lost) in [(failed.clone(), false), (Advance::Skip, false), (failed, true)] {
        let scene = Scene::with(OPERATOR, Options::default()).await?;
        let _operator = scene.operator().arg("--settling-time=1s").start_ready()?;
        scene.valid_secret()?;
        apply(&scene, "first", example::BACKUP)?;
        scene.wait("first", "ready", ready).await?;
        let record = only_record(&scene, example::BACKUP)?;
        scene.simulator.advance(&record, then)?;
        if lost {
            scene.simulator.script(Script::once(Fault::after_commit().reset()).replicate())?;
        }

        apply(&scene, "second", example::BACKUP)?;
        let object = scene.wait("second", "ready", ready).await?;
        let posts = scene.posts(example::BACKUP);
        let own = posts.last().and_then(|call| call.record_id());
        assert_eq!(origin(&object), (Some("Called"), own));
        assert_ne!(own, Some(record.as_str()));
        assert_eq!(counts(&scene, example::BACKUP), (2, 2));
        assert_looked_before_each_post(&scene, example::BACKUP);
    }
    Ok(())
}
