//! What the API server refuses about a selector and its choice. No operator runs here.

use anyhow::{Context, Result};
use harness::{Scene, attempt};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::{manifest, of_the_server, scene};

async fn write(scene: &Scene, name: &str, status: Value) -> Result<String> {
    let patch = Patch::Merge(json!({"status": status}));
    Ok(match scene.api().patch_status(name, &PatchParams::default(), &patch).await {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    })
}

#[tokio::test]
async fn a_manifest_names_one_backup_or_one_selector() -> Result<()> {
    let scene = scene().await?;
    let both = Scene::manifest_for("db", "b", "")
        .replace("  backupId: b\n", "  backupId: b\n  backupSelector: {vaultId: v}\n");
    let neither = Scene::manifest_for("db", "b", "").replace("  backupId: b\n", "");
    const ONE: &str = "exactly one of backupId and backupSelector is needed";
    for (text, says) in [
        (both, ONE),
        (neither, ONE),
        (manifest("db", "{}"), "at least one of resourceId and vaultId is needed"),
        (manifest("db", "{createdAfter: '2026-11-01T00:00:00Z'}"), "at least one of resourceId"),
        (manifest("db", "{vaultId: a/b}"), "must be 1 to 64 letters, digits"),
        (manifest("db", "{vaultId: v, createdAfter: yesterday}"), "must be a time with its zone"),
        (manifest("db", "{vaultId: v, createdAfter: '2026-11-01T00:00:00'}"), "with its zone"),
    ] {
        let applied = scene.apply(&text)?;
        assert!(!applied.accepted && applied.words.contains(says), "{}\n{text}", applied.words);
    }
    for good in ["{vaultId: v}", "{resourceId: s, createdAfter: '2026-11-01T00:00:00.5+02:00'}"] {
        scene.applied(&manifest("good", good))?;
        scene.kubectl(&["delete", "brep", "good"])?;
    }
    Ok(())
}

#[tokio::test]
async fn a_choice_is_written_once_and_freezes_what_it_was_made_by() -> Result<()> {
    let scene = scene().await?;
    scene.applied(&manifest("db", &of_the_server()))?;
    // Until then it can be corrected.
    scene.applied(&manifest("db", "{vaultId: other}"))?;
    scene.applied(&manifest("db", &of_the_server()))?;
    let claimed = || json!([attempt(1, None)]);
    let early = write(&scene, "db", json!({"attempts": claimed()})).await?;
    assert!(early.contains("no attempt before the backup is chosen"), "{early}");
    assert_eq!(write(&scene, "db", json!({"chosenBackupId": "b-1"})).await?, "");
    const ONCE: &str = "chosenBackupId is written once and never changes";
    for other in [json!("b-2"), Value::Null] {
        let refused = write(&scene, "db", json!({"chosenBackupId": other})).await?;
        assert!(refused.contains(ONCE), "{other}: {refused}");
    }
    let odd = write(&scene, "db", json!({"chosenBackupId": "a b"})).await?;
    assert!(!odd.is_empty());
    let (project, frozen) = ("  projectId: ", "the backup was chosen (status.chosenBackupId)");
    let same = manifest("db", &of_the_server());
    for edited in [
        manifest("db", "{vaultId: other}"),
        Scene::manifest_for("db", "b-1", ""),
        same.replace(project, "  projectId: x"),
    ] {
        let applied = scene.apply(&edited)?;
        assert!(!applied.accepted && applied.words.contains(frozen), "{}", applied.words);
    }
    // The rest can still be corrected, and the call is claimed for the choice.
    scene.applied(&same.replace("destinationRegion: eu-nl", "destinationRegion: eu-second"))?;
    assert_eq!(write(&scene, "db", json!({"attempts": claimed()})).await?, "");
    Ok(())
}

/// A tool that restores a status writes the choice and the attempts at once; and who named a backup
/// may select one after a refusal.
#[tokio::test]
async fn a_restored_status_and_an_edit_after_a_refusal_are_taken() -> Result<()> {
    let scene = scene().await?;
    scene.applied(&manifest("restored", &of_the_server()))?;
    let ended = json!([attempt(1, Some("Accepted"))]);
    let status = json!({"chosenBackupId": "b-1", "attempts": ended});
    assert_eq!(write(&scene, "restored", status).await?, "");

    scene.applied(&Scene::manifest_for("edited", "b-1", ""))?;
    let refused = json!([attempt(1, Some("Rejected"))]);
    assert_eq!(write(&scene, "edited", json!({"attempts": refused})).await?, "");
    let selects = manifest("edited", &of_the_server());
    // `apply` takes away what the last manifest named.
    scene.applied(&selects)?;
    let object = scene.get("edited").await?;
    object.0.pointer("/spec/backupSelector").context("no selector")?;
    assert_eq!(object.text("/spec/backupId"), None);
    Ok(())
}
