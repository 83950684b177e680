//! Each decision is written as it is meant, the operator carries it out, and what it would refuse
//! is refused.

use anyhow::{Context, Result};
use control_plane::Exit;
use harness::{Object, Scene, in_time};
use serde_json::{Value, json};
use simulator::{Answer, ErrorShape, Fault, Script, example};

use super::{OPERATOR, apply, lost, no_look_up, plugin, short};

const DECISION: &str = "/metadata/annotations/cbr.replication.dev~1decision";

fn ready(object: &Object) -> bool {
    object.is("Ready") && object.is_observed()
}

#[tokio::test]
async fn each_way_to_resolve_an_unknown_outcome_is_carried_out() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let _operator = short(&scene).start_ready()?;
    scene.valid_secret()?;
    let cases: [(&str, &[&str], &str, u64); 3] = [
        ("not-accepted", &["--not-accepted"], "Called", 2),
        ("with-record", &["--accepted", "record-1"], "Declared", 1),
        ("without-record", &["--accepted"], "Declared", 1),
    ];
    for (name, words, origin, posts) in cases {
        let (backup, before) = lost(&scene, name).await?;
        let attempt = before.attempt_id();
        let said = plugin(&scene, &[&["resolve", name, "--yes"], words].concat())?.well()?;
        assert!(said.contains(attempt) && said.contains("You say that the cloud"), "{said}");
        assert!(said.contains("could not be checked from here"), "{said}");
        let object = scene.wait(name, "ready", ready).await?;
        let suffix = words.join(":").replace("--", "");
        assert_eq!(object.text(DECISION), Some(format!("{attempt}:{suffix}").as_str()));
        assert_eq!(object.text("/status/decision"), object.text(DECISION));
        assert_eq!(object.text("/status/origin"), Some(origin), "{name}");
        assert_eq!(scene.simulator.counts(&backup).posts, posts, "{name}");
        let record = object.text("/status/replicationRecordId");
        match words {
            ["--accepted", record_1] => assert_eq!(record, Some(*record_1)),
            ["--accepted"] => assert_eq!(record, None),
            _ => assert_eq!(
                record,
                scene.posts(&backup).pop().as_ref().and_then(|call| call.record_id())
            ),
        }

        // Once is enough.
        let again = plugin(&scene, &[&["resolve", name, "--yes"], words].concat())?;
        if posts == 1 {
            assert!(again.well()?.contains("Nothing to do"));
        } else {
            assert!(
                again.line()?.contains("the outcome of that attempt is known; it is accepted"),
                "{again:?}"
            );
        }
        assert_eq!(scene.simulator.counts(&backup).posts, posts, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn after_a_rejection_and_after_an_adoption_it_calls_again() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let _operator = short(&scene).start_ready()?;
    scene.valid_secret()?;
    let refusal =
        Answer::status(400).error(ErrorShape::Cbr, "BackupService.6129", "The vault is full.");
    scene.simulator.script(Script::once(Fault::before_commit().answer(refusal)).replicate())?;
    apply(&scene, "rejected", example::BACKUP)?;
    scene.wait("rejected", "rejected", |object| object.reason() == "Rejected").await?;
    for word in ["--accepted", "--not-accepted"] {
        let said = plugin(&scene, &["resolve", "rejected", "--yes", word])?;
        assert!(said.line()?.starts_with("nothing was written: the "), "{said:?}");
    }
    plugin(&scene, &["resolve", "rejected", "--yes", "--call-anew"])?.well()?;
    scene.wait("rejected", "called again", ready).await?;
    assert_eq!(scene.simulator.counts(example::BACKUP).posts, 2);

    apply(&scene, "adopted", example::BACKUP)?;
    let adopted = |object: &Object| object.text("/status/origin") == Some("Adopted");
    let object = scene.wait("adopted", "adopted", adopted).await?;
    let record = object.text("/status/replicationRecordId").context("no record")?;
    for word in ["--accepted", "--not-accepted"] {
        let said = plugin(&scene, &["resolve", "adopted", "--yes", word])?;
        assert!(said.line()?.contains("the only decision possible is retry"), "{said:?}");
    }
    let said = plugin(&scene, &["resolve", "adopted", "--yes", "--retry"])?.well()?;
    assert!(said.contains(&format!("adopted replication record {record}")), "{said}");
    // The cloud has one replica for a backup and a region, and says so.
    let object =
        scene.wait("adopted", "called for", |object| !object.attempts().is_empty()).await?;
    assert_eq!(object.text(DECISION), Some(format!("{record}:retry").as_str()));
    Ok(())
}

#[tokio::test]
async fn what_the_operator_would_refuse_is_refused_in_words_and_changes_nothing() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let operator = scene.operator().start_ready()?;
    apply(&scene, "waiting", &scene.new_backup())?;
    scene.wait("waiting", "waiting", |object| object.reason() == "CredentialNotFound").await?;
    let said = plugin(&scene, &["resolve", "waiting", "--yes", "--accepted"])?;
    assert_eq!(
        said.line()?,
        "nothing was written: there is nothing to decide: no call was made for it yet"
    );

    scene.valid_secret()?;
    let hold = scene.simulator.hold("call");
    let held = scene.new_backup();
    scene.simulator.script(
        Script::once(Fault::before_commit().hold(&hold).ordinary()).replicate().backup(&held),
    )?;
    apply(&scene, "out", &held)?;
    in_time("the call arrives", hold.arrived()).await?;
    let said = plugin(&scene, &["resolve", "out", "--yes", "--not-accepted"])?;
    let object = scene.get("out").await?;
    let claimed: jiff::Timestamp =
        object.text("/status/attempts/0/claimedAt").context("no claim")?.parse()?;
    // The window of 10 s, the limit of 60 s, and the margin of 5 s.
    let over =
        (claimed + jiff::SignedDuration::from_secs(75)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert!(
        said.line()?.contains("may still be in flight") && said.line()?.contains(&over),
        "{over}: {said:?}"
    );
    hold.release();
    scene.wait("out", "ready", ready).await?;
    let said = plugin(&scene, &["resolve", "out", "--yes", "--not-accepted"])?;
    assert!(
        said.line()?.contains(
            "the outcome of that attempt is known; it is accepted, as replication record"
        )
    );

    // An operator that is not there carries nothing out; and nobody can be asked in a test.
    assert_eq!(operator.stop()?, Exit::Code(0));
    let operator = short(&scene).start_ready()?;
    let (_, before) = lost(&scene, "lost").await?;
    assert_eq!(operator.stop()?, Exit::Code(0));
    let said = plugin(&scene, &["resolve", "lost", "--not-accepted", "--no-look"])?;
    assert!(said.line()?.contains("add --yes"), "{said:?}");
    assert_eq!(scene.get("lost").await?.0, before.0, "nothing was written");
    plugin(&scene, &["resolve", "lost", "--not-accepted", "--no-look", "--yes"])?.well()?;
    let said =
        plugin(&scene, &["resolve", "lost", "--not-accepted", "--no-look", "--yes"])?.well()?;
    assert!(said.contains("the operator has not carried it out yet; is it running?"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_decision_leaves_other_annotations_alone_and_replaces_an_earlier_one() -> Result<()> {
    let scene = Scene::with(OPERATOR, no_look_up()).await?;
    let _operator = short(&scene).start_ready()?;
    scene.valid_secret()?;
    let (_, object) = lost(&scene, "db").await?;
    let refused =
        |object: &Object| object.message().contains("is ignored: it names another attempt");
    let earlier = json!({"metadata": {"annotations": {
        "cbr.replication.dev/decision": "another:accepted", "example.org/ticket": "4711",
    }}});
    scene.patched("db", &earlier)?;
    scene.wait("db", "refused", refused).await?;
    plugin(&scene, &["resolve", "db", "--accepted", "record-1", "--yes"])?.well()?;
    let after = scene.wait("db", "ready", ready).await?;
    assert_eq!(
        after.text(DECISION),
        Some(format!("{}:accepted:record-1", object.attempt_id()).as_str())
    );
    assert_eq!(
        after.0.pointer("/metadata/annotations/example.org~1ticket"),
        Some(&Value::from("4711"))
    );
    let fields = after.0["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    assert!(
        fields.is_empty() || fields.iter().any(|entry| entry["manager"] == "kubectl-brep"),
        "{fields:?}"
    );
    Ok(())
}
