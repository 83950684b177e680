//! Each end of a replication.

use anyhow::{Context, Result};
use simulator::Advance;

use super::slow_cloud;
use super::{
    accepted, assert_called_once, assert_left_alone, copied_to, end, only_record, progress, ready,
    replicated,
};

#[tokio::test]
async fn a_copy_is_followed_until_it_exists_and_then_left_alone() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "").await?;
    let waiting =
        |object: &harness::Object| object.text("/status/recordStatus") == Some("waiting_replicate");
    let object = scene.wait("db", "waiting in the cloud", waiting).await?;
    assert_eq!((object.phase(), ready(&object)), ("Replicating", ("True", "Accepted")));
    assert_eq!(replicated(&object), ("False", "Replicating"));
    assert_eq!((progress(&object), end(&object)), (Some(0), None));

    for percent in [40, 70] {
        let object = copied_to(&scene, "db", &backup, percent).await?;
        assert_eq!((object.phase(), ready(&object)), ("Replicating", ("True", "Accepted")));
        assert_eq!(object.text("/status/recordStatus"), Some("replicating"));
        let message = object.condition("Replicated").2;
        assert!(message.contains(&format!("replicating, {percent} %")), "{message}");
        assert_eq!(object.condition("Reconciling"), ("", "", ""), "it is ready");
    }

    scene.simulator.advance(&backup, Advance::Success)?;
    let object = scene.wait_for_phase("db", "Succeeded").await?;
    let (replica, _checkpoint) = only_record(&scene, &backup)?.replica.context("no replica")?;
    assert_eq!(object.text("/status/replicaBackupId"), Some(replica.as_str()));
    assert_eq!(
        (replicated(&object), ready(&object)),
        (("True", "Replicated"), ("True", "Accepted"))
    );
    assert_eq!((progress(&object), end(&object)), (Some(100), Some("Replicated")));
    assert!(object.condition("Replicated").2.contains(&replica));
    assert!(
        object.text("/status/completedAt") >= object.text("/status/acceptedAt"),
        "{:#}",
        object.0
    );
    assert_left_alone(&scene, &[&backup]).await?;
    assert_eq!(scene.get("db").await?.0, object.0);
    assert_called_once(&scene, "db", &backup).await
}

#[tokio::test]
async fn a_replication_that_fails_or_is_skipped_takes_ready_back_with_the_clouds_words()
-> Result<()> {
    let fail = Advance::Fail {
        code: "BackupService.8888".into(),
        reason: "The import failed on line 7".into(),
    };
    let ends = [
        (
            "fail",
            fail,
            "ReplicationFailed",
            "Failed",
            "BackupService.8888: The import failed on line 7.",
        ),
        ("skip", Advance::Skip, "ReplicationSkipped", "Skipped", "the cloud does not say why."),
    ];
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let mut backups = Vec::new();
    for (name, to, reason, ended, words) in ends {
        let was_ready = format!("{name}-was-ready");
        let waited = format!("{name}-waited-for");
        for (name, more) in [(&was_ready, ""), (&waited, "  readyWhen: Replicated\n")] {
            let backup = accepted(&scene, name, more).await?;
            let object = copied_to(&scene, name, &backup, 30).await?;
            let before =
                if more.is_empty() { ("True", "Accepted") } else { ("False", "Replicating") };
            assert_eq!(ready(&object), before, "{name}");
            scene.simulator.advance(&backup, to.clone())?;
            let object = scene.wait_for_phase(name, "Failed").await?;
            assert_eq!(ready(&object), ("False", reason), "{name}");
            assert_eq!(replicated(&object), ("False", reason), "{name}");
            assert!(object.is("Stalled") && object.condition("Reconciling").0.is_empty(), "{name}");
            assert_eq!(end(&object), Some(ended), "{name}");
            assert!(object.message().contains(words), "{name}: {}", object.message());
            assert!(
                object.message().contains("create a new BackupReplication"),
                "{name}: {}",
                object.message()
            );
            let code = (ended == "Failed").then_some("BackupService.8888");
            assert_eq!(object.text("/status/failCode"), code, "{name}");
            assert_eq!(object.text("/status/failReason").is_some(), code.is_some(), "{name}");
            assert!(object.text("/status/completedAt").is_some(), "{name}");
            backups.push((name.clone(), backup));
        }
    }
    let ended: Vec<&str> = backups.iter().map(|(_, backup)| backup.as_str()).collect();
    assert_left_alone(&scene, &ended).await?;
    for (name, backup) in &backups {
        assert_eq!(scene.get(name).await?.phase(), "Failed", "{name}");
        assert_called_once(&scene, name, backup).await?;
    }
    Ok(())
}

/// As a state that a newer service may have.
#[tokio::test]
async fn an_unknown_state_is_reported_and_followed_further() -> Result<()> {
    let scene = slow_cloud().await?;
    let _operator = scene.operator().start_ready()?;
    scene.valid_secret()?;
    let backup = accepted(&scene, "db", "").await?;
    let record = only_record(&scene, &backup)?;
    let shown = serde_json::json!({"backup": {"id": backup, "replication_records": [{
        "id": record.id, "status": "verifying", "destination_region": record.target.destination_region,
        "destination_vault_id": record.target.destination_vault_id, "extra_info": {"progress": 99},
    }]}});
    let verifying =
        simulator::Fault::before_commit().answer(simulator::Answer::status(200).json(shown));
    scene.simulator.script(simulator::Script::times(2, verifying).show().backup(&backup))?;
    let told = |object: &harness::Object| object.text("/status/recordStatus") == Some("verifying");
    let object = scene.wait("db", "in that state", told).await?;
    assert_eq!((object.phase(), progress(&object)), ("Replicating", Some(99)));
    scene.simulator.advance(&backup, Advance::Success)?;
    scene.wait_for_phase("db", "Succeeded").await?;
    assert_called_once(&scene, "db", &backup).await
}
