//! What the real service refuses, and with which code.

use anyhow::Result;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{
    Advance, Backup, BackupStatus, DeletedRecord, ImageType, Options, Project, Region,
    ResourceType, Simulator, Vault, VaultStatus, example,
};

use crate::caller::{Caller, body_with, code_of};

/// The code of the refusal of a body that differs from the ordinary one in some fields.
async fn refusal(caller: &Caller, fields: Value) -> Result<String> {
    let response = caller.replicate_with(example::BACKUP, &body_with(fields))?.send().await?;
    code_of(response, StatusCode::BAD_REQUEST).await
}

#[tokio::test]
async fn one_replica_for_each_destination_region() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    caller.accepted(example::BACKUP).await?;
    assert_eq!(refusal(&caller, json!({})).await?, "BackupService.1009");
    let elsewhere = body_with(json!({
        "destination_region": example::SECOND_DESTINATION_REGION,
        "destination_project_id": example::SECOND_DESTINATION_PROJECT,
        "destination_vault_id": example::SECOND_VAULT,
    }));
    let second_region = caller.replicate_with(example::BACKUP, &elsewhere)?.send().await?;
    assert_eq!(second_region.status(), 200);
    assert_eq!(simulator.counts(example::BACKUP).accepted, 2);
    Ok(())
}

#[tokio::test]
async fn a_region_is_free_again_after_a_failure_and_after_deletion() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    let failure = Advance::Fail { code: "BackupService.6604".into(), reason: "no network".into() };
    for ending in [failure, Advance::Skip] {
        let failed = caller.accepted(example::BACKUP).await?;
        assert_eq!(refusal(&caller, json!({})).await?, "BackupService.1009");
        simulator.advance(&failed, ending)?;
    }
    let replica = caller.accepted(example::BACKUP).await?;
    simulator.advance(&replica, Advance::Success)?;
    assert_eq!(refusal(&caller, json!({})).await?, "BackupService.1009");
    simulator.delete_replica(&replica, DeletedRecord::Stays)?;
    caller.accepted(example::BACKUP).await?;
    Ok(())
}

#[tokio::test]
async fn a_cloud_without_1009_accepts_every_call() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.configure(|behaviour| behaviour.accept_duplicates = true);
    let caller = Caller::plain(&simulator)?;
    let first = caller.accepted(example::BACKUP).await?;
    let second = caller.accepted(example::BACKUP).await?;
    assert_ne!(first, second);
    assert_eq!(simulator.counts(example::BACKUP).accepted, 2);
    Ok(())
}

#[tokio::test]
async fn only_an_available_original_backup_of_a_server_can_be_replicated() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    let usual = || Backup::server(example::BACKUP, example::PROJECT);
    for (backup, code) in [
        (Backup { resource_type: ResourceType::Disk, ..usual() }, "BackupService.1002"),
        (Backup { image_type: ImageType::Replication, ..usual() }, "BackupService.1003"),
        (Backup { contain_system_disk: false, ..usual() }, "BackupService.1003"),
        (Backup { status: BackupStatus::Protecting, ..usual() }, "BackupService.6125"),
        (Backup { status: BackupStatus::Error, ..usual() }, "BackupService.1003"),
    ] {
        simulator.add_backup(backup.clone());
        assert_eq!(refusal(&caller, json!({})).await?, code, "{backup:?}");
    }
    simulator.add_backup(usual());
    simulator.set_backup_status(example::BACKUP, BackupStatus::Deleting)?;
    assert_eq!(refusal(&caller, json!({})).await?, "BackupService.1003");
    simulator.set_backup_status(example::BACKUP, BackupStatus::Available)?;
    caller.accepted(example::BACKUP).await?;
    simulator.remove_backup(example::BACKUP)?;
    let gone = caller.replicate(example::BACKUP).await?;
    assert_eq!(code_of(gone, StatusCode::NOT_FOUND).await?, "BackupService.6200");
    Ok(())
}

#[tokio::test]
async fn a_destination_must_exist_and_take_replicas() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    let region = |name: &str| json!({ "destination_region": name });
    assert_eq!(refusal(&caller, region("eu-xx")).await?, "BackupService.1005");
    assert_eq!(refusal(&caller, region(example::REGION)).await?, "BackupService.1005");
    simulator.add_region(Region { replication: false, ..Region::new("eu-zz") });
    assert_eq!(refusal(&caller, region("eu-zz")).await?, "BackupService.1005");

    assert_eq!(
        refusal(&caller, region(example::SECOND_DESTINATION_REGION)).await?,
        "BackupService.1011"
    );
    let project = json!({ "destination_project_id": "0123456789abcdef0123456789abcdef" });
    assert_eq!(refusal(&caller, project.clone()).await?, "BackupService.1011");
    let other = Project::new("0123456789abcdef0123456789abcdef", example::DESTINATION_REGION);
    simulator.add_project(Project { replication: false, ..other.clone() });
    assert_eq!(refusal(&caller, project.clone()).await?, "BackupService.1011");
    simulator.add_project(other);

    assert_eq!(
        refusal(&caller, project).await?,
        "BackupService.6120",
        "the vault is of another project"
    );
    let vault = |id: &str| json!({ "destination_vault_id": id });
    assert_eq!(refusal(&caller, vault(example::SECOND_VAULT)).await?, "BackupService.6120");
    assert_eq!(refusal(&caller, vault(example::BACKUP_VAULT)).await?, "BackupService.6119");
    simulator.set_vault_status(example::VAULT, VaultStatus::Locked)?;
    assert_eq!(refusal(&caller, json!({})).await?, "BackupService.6112");
    Ok(())
}

#[tokio::test]
async fn a_vault_takes_as_many_replicas_as_fit() -> Result<()> {
    let simulator = Simulator::start(Options::any_backup())?;
    let caller = Caller::plain(&simulator)?;
    let (project, region) = (example::DESTINATION_PROJECT, example::DESTINATION_REGION);
    simulator.add_vault(Vault {
        capacity: Some(1),
        ..Vault::replication(example::VAULT, project, region)
    });
    let backups = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
    let first = caller.accepted(backups[0]).await?;
    let full = caller.replicate(backups[1]).await?;
    assert_eq!(code_of(full, StatusCode::BAD_REQUEST).await?, "BackupService.6129");
    simulator.advance(&first, Advance::Success)?;
    simulator.delete_replica(&first, DeletedRecord::Stays)?;
    caller.accepted(backups[1]).await?;
    simulator.set_vault_capacity(example::VAULT, None)?;
    caller.accepted(backups[0]).await?;
    Ok(())
}

#[tokio::test]
async fn fields_beyond_their_limits_are_refused() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    for fields in [
        json!({ "destination_vault_id": null }),
        json!({ "destination_project_id": null }),
        json!({ "destination_region": null }),
        json!({ "destination_region": 7 }),
        json!({ "destination_region": "eu nl" }),
        json!({ "destination_region": "r".repeat(256) }),
        json!({ "name": "" }),
        json!({ "name": "n".repeat(65) }),
        json!({ "name": "dots.are.not" }),
        json!({ "name": "größe" }),
        json!({ "description": "d".repeat(256) }),
        json!({ "description": "a <b" }),
        json!({ "description": "a> b" }),
        json!({ "enable_acceleration": "yes" }),
    ] {
        assert_eq!(refusal(&caller, fields.clone()).await?, "BackupService.9900", "{fields}");
    }
    for body in ["", "[]", "{}", r#"{"replicate":[]}"#, r#"{"replicate":{"name":"#] {
        let path = format!("/v3/{}/backups/{}/replicate", example::PROJECT, example::BACKUP);
        let response = caller.request("POST", &path)?.body(body).send().await?;
        assert_eq!(
            code_of(response, StatusCode::BAD_REQUEST).await?,
            "BackupService.9900",
            "{body}"
        );
    }
    assert_eq!(simulator.counts(example::BACKUP).accepted, 0);
    Ok(())
}

#[tokio::test]
async fn fields_at_their_limits_are_accepted() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.configure(|behaviour| behaviour.accept_duplicates = true);
    let caller = Caller::plain(&simulator)?;
    for fields in [
        json!({ "name": null, "description": null }),
        json!({ "name": "n".repeat(64), "description": "" }),
        json!({ "name": "\u{4E00}".repeat(64), "description": "\u{F900}".repeat(255) }),
        json!({ "name": "a_B-9", "enable_acceleration": true, "something_newer": {} }),
    ] {
        let response =
            caller.replicate_with(example::BACKUP, &body_with(fields.clone()))?.send().await?;
        assert_eq!(response.status(), 200, "{fields}");
    }
    Ok(())
}
