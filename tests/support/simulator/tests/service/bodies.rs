//! Bodies of look-ups: another backup's, old ones, sparse ones, and how they go over the wire.

use anyhow::{Context, Result};
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Backup, Cache, Children, Options, Shape, Simulator, View, Wire, example};

use crate::caller::{Caller, code_of, json_of};

const OTHER: &str = "11111111-1111-4111-8111-111111111111";

fn started() -> Result<(Simulator, Caller)> {
    let simulator = Simulator::start(Options::default())?;
    simulator.add_backup(Backup::server(OTHER, example::PROJECT));
    let caller = Caller::plain(&simulator)?;
    Ok((simulator, caller))
}

async fn shown(caller: &Caller, backup: &str) -> Result<Value> {
    Ok(json_of(caller.show(backup).await?, 200).await?["backup"].clone())
}

#[tokio::test]
async fn the_body_of_another_backup_can_be_answered() -> Result<()> {
    let (simulator, caller) = started()?;
    let record = caller.accepted(OTHER).await?;
    simulator
        .set_view(example::BACKUP, Some(View { instead: Some(OTHER.into()), ..View::default() }));
    let backup = shown(&caller, example::BACKUP).await?;
    assert_eq!(
        (&backup["id"], &backup["replication_records"][0]["id"]),
        (&json!(OTHER), &json!(record))
    );
    simulator
        .set_view(example::BACKUP, Some(View { instead: Some("none".into()), ..View::default() }));
    let nothing = caller.show(example::BACKUP).await?;
    assert_eq!(code_of(nothing, StatusCode::NOT_FOUND).await?, "BackupService.6200");
    caller.accepted(example::BACKUP).await?;
    assert_eq!(
        simulator.records(example::BACKUP).len(),
        1,
        "a replication goes where it is meant to"
    );
    Ok(())
}

#[tokio::test]
async fn a_cache_repeats_what_it_stored_unless_a_polite_one_is_asked_not_to() -> Result<()> {
    let (simulator, caller) = started()?;
    let path = format!("/v3/{}/backups/{}", example::PROJECT, example::BACKUP);
    for (cache, listened_to) in [(Cache::Polite, true), (Cache::Deaf, false)] {
        simulator.configure(|behaviour| {
            behaviour.cache = cache;
            behaviour.accept_duplicates = true;
        });
        let number = |backup: &Value| backup["replication_records"].as_array().map(Vec::len);
        let before = number(&shown(&caller, example::BACKUP).await?);
        caller.accepted(example::BACKUP).await?;
        assert_eq!(number(&shown(&caller, example::BACKUP).await?), before, "{cache:?}");
        for directive in ["no-cache", "max-age=0, No-Store"] {
            let fresh =
                caller.request("GET", &path)?.header("cache-control", directive).send().await?;
            let now = number(&json_of(fresh, 200).await?["backup"]);
            assert_eq!(now != before, listened_to, "{cache:?} {directive}");
        }
        assert_eq!(number(&shown(&caller, example::BACKUP).await?), before, "{cache:?}");
        simulator.configure(|behaviour| behaviour.cache = Cache::None);
        assert_ne!(number(&shown(&caller, example::BACKUP).await?), before, "{cache:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_sparse_backup_lacks_keys_and_has_a_number_for_a_name() -> Result<()> {
    let (simulator, caller) = started()?;
    simulator.configure(|behaviour| behaviour.view.shape = Shape::Sparse);
    let backup = shown(&caller, example::BACKUP).await?;
    for absent in ["updated_at", "protected_at", "expired_at", "parent_id"] {
        assert!(backup.get(absent).is_none(), "{absent}");
    }
    assert_eq!(backup["enterprise_project_id"], json!(0));
    assert_eq!((&backup["id"], &backup["status"]), (&json!(example::BACKUP), &json!("available")));
    Ok(())
}

#[tokio::test]
async fn children_can_have_records_that_are_not_the_backups() -> Result<()> {
    let (simulator, caller) = started()?;
    let record = caller.accepted(example::BACKUP).await?;
    for (children, number, with_records) in
        [(Children::None, 0, false), (Children::Disks, 2, false), (Children::WithRecords, 2, true)]
    {
        simulator.configure(|behaviour| behaviour.view.children = children);
        let backup = shown(&caller, example::BACKUP).await?;
        let disks = backup["children"].as_array().context("no children")?;
        assert_eq!(disks.len(), number, "{children:?}");
        for disk in disks {
            assert!(disk["children"].is_array() && disk["extend_info"].is_object());
            let trap = &disk["replication_records"][0];
            assert_eq!(trap.is_object(), with_records, "{children:?}");
            assert_ne!(trap["id"], json!(record));
            if with_records {
                assert_eq!(trap["destination_vault_id"], example::VAULT);
                assert_eq!(trap["status"], "fail");
            }
        }
        assert_eq!(backup["replication_records"][0]["id"], json!(record));
    }
    Ok(())
}

#[tokio::test]
async fn json_comes_with_a_charset_and_in_chunks() -> Result<()> {
    let (simulator, caller) = started()?;
    simulator.configure(|behaviour| behaviour.wire = Wire { charset: true, chunked: true });
    let accepted = caller.replicate(example::BACKUP).await?;
    assert_eq!(accepted.headers()["content-type"], "application/json;charset=UTF-8");
    assert_eq!(accepted.headers()["transfer-encoding"], "chunked");
    let accepted = json_of(accepted, 200).await?;
    let listed = shown(&caller, example::BACKUP).await?;
    assert_eq!(
        listed["replication_records"][0]["id"],
        accepted["replication"]["replication_record_id"]
    );
    simulator.configure(|behaviour| behaviour.wire = Wire::default());
    let plain = caller.show(example::BACKUP).await?;
    assert_eq!(plain.headers()["content-type"], "application/json");
    assert!(!plain.headers().contains_key("transfer-encoding"));
    Ok(())
}
