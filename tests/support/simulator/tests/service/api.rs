//! The two calls as documented, and what the gateway says of all others.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use simulator::{Counts, Options, Simulator, Verdict, example};
use uuid_shape::is_uuid;

use crate::caller::{Caller, body, code_of, json_of};
use reqwest::StatusCode;

#[tokio::test]
async fn an_accepted_replication_is_answered_with_all_eight_fields() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    let answer = json_of(caller.replicate(example::BACKUP).await?, 200).await?;
    let replication = answer["replication"].as_object().context("no replication")?;
    let id = replication["replication_record_id"].as_str().context("no record id")?;
    assert!(is_uuid(id), "{id}");
    let expected = json!({
        "backup_id": "a5200268-74a5-4806-acc6-95793ab0228b",
        "destination_project_id": "68589cac08274b82b4e254268a3862d8",
        "destination_region": "eu-nl",
        "destination_vault_id": "0ca3eb86-8800-46da-9c37-9d657a825274",
        "project_id": "f841e01fd2b14e7fa41b6ae7aa6b0594",
        "provider_id": "0daac4c5-6707-4851-97ba-169e36266b66",
        "replication_record_id": id,
        "source_region": "eu-de",
    });
    assert_eq!(Value::Object(replication.clone()), expected);
    assert_eq!(simulator.records(example::BACKUP)[0].id, id);
    Ok(())
}

#[tokio::test]
async fn a_look_up_has_every_documented_key() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let answer = json_of(Caller::plain(&simulator)?.show(example::BACKUP).await?, 200).await?;
    let backup = answer["backup"].as_object().context("no backup")?;
    for key in [
        "id",
        "name",
        "description",
        "status",
        "image_type",
        "created_at",
        "updated_at",
        "protected_at",
        "expired_at",
        "checkpoint_id",
        "parent_id",
        "project_id",
        "provider_id",
        "vault_id",
        "resource_az",
        "resource_id",
        "resource_name",
        "resource_size",
        "resource_type",
        "extend_info",
        "children",
        "replication_records",
    ] {
        assert!(backup.contains_key(key), "{key}");
    }
    assert_eq!(backup["status"], "available");
    assert_eq!(backup["image_type"], "backup");
    assert_eq!(backup["replication_records"], json!([]));
    Ok(())
}

#[tokio::test]
async fn whatever_else_is_asked_the_gateway_knows_no_such_api() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    let backup = format!("/v3/{}/backups/{}", example::PROJECT, example::BACKUP);
    for (method, path) in [
        ("GET", "/".to_owned()),
        ("GET", format!("{backup}/")),
        ("GET", format!("{backup}/replicate")),
        ("PUT", format!("{backup}/replicate")),
        ("POST", format!("{backup}/replicate/")),
        ("POST", format!("{backup}/replicate").replace("/v3/", "/v2/")),
        ("DELETE", backup.clone()),
        ("GET", format!("/v3//backups/{}", example::BACKUP)),
    ] {
        let response = caller.request(method, &path)?.json(&body()).send().await?;
        assert_eq!(code_of(response, StatusCode::NOT_FOUND).await?, "APIG.0101", "{method} {path}");
    }
    assert_eq!(simulator.log(|log| log.total()), Counts::default());
    Ok(())
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_the_gateway_repeats_it() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    let mut ids = Vec::new();
    for response in [
        caller.replicate(example::BACKUP).await?,
        caller.replicate(example::BACKUP).await?,
        caller.show(example::BACKUP).await?,
    ] {
        ids.push(response.headers()["x-request-id"].to_str()?.to_owned());
    }
    let unknown = caller.request("GET", "/v3")?.send().await?;
    let id = unknown.headers()["x-request-id"].to_str()?.to_owned();
    assert_eq!(json_of(unknown, 404).await?["request_id"], id);
    ids.push(id);
    let logged: Vec<_> =
        simulator.log(|log| log.calls().iter().map(|call| call.request_id.clone()).collect());
    assert_eq!(ids, logged);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    Ok(())
}

#[tokio::test]
async fn the_log_has_what_was_received_and_what_became_of_it() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    let record = caller.accepted(example::BACKUP).await?;
    caller.replicate(example::BACKUP).await?;
    caller.show(example::BACKUP).await?;
    caller.show("00000000-0000-4000-8000-000000000000").await?;
    assert_eq!(simulator.counts(example::BACKUP), Counts { posts: 2, accepted: 1, gets: 1 });
    assert_eq!(simulator.log(|log| log.total()), Counts { posts: 2, accepted: 1, gets: 2 });
    let calls = simulator.log(|log| log.calls().to_vec());
    assert_eq!(calls[0].headers.get("x-auth-token"), Some(example::TOKEN));
    assert_eq!(serde_json::from_slice::<Value>(&calls[0].body)?, body());
    assert_eq!(calls[0].record_id(), Some(record.as_str()));
    assert_eq!(
        calls[1].verdict,
        Some(Verdict::Refused { status: 400, code: "BackupService.1009".into() })
    );
    assert_eq!(calls[2].verdict, Some(Verdict::Shown { records: 1 }));
    assert_eq!(
        calls[3].verdict,
        Some(Verdict::Refused { status: 404, code: "BackupService.6200".into() })
    );
    Ok(())
}

#[tokio::test]
async fn neither_debug_output_nor_json_of_the_log_has_the_token() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    Caller::plain(&simulator)?.show(example::BACKUP).await?;
    let (debug, json) = simulator.log(|log| (format!("{log:?}"), serde_json::to_string(log)));
    let json = json?;
    for text in [debug, json] {
        assert!(text.contains("x-auth-token") && !text.contains(example::TOKEN), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn any_uuid_is_a_backup_where_the_service_is_told_so() -> Result<()> {
    let simulator = Simulator::start(Options::any_backup())?;
    let caller = Caller::plain(&simulator)?;
    let id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let record = caller.accepted(id).await?;
    assert_eq!(simulator.records(id)[0].id, record);
    for unlike in
        ["db-backup", "3f2504e04f8941d39a0c0305e82c3301", "3F2504E0-4F89-41D3-9A0C-0305E82C3301"]
    {
        assert_eq!(
            code_of(caller.show(unlike).await?, StatusCode::NOT_FOUND).await?,
            "BackupService.6200"
        );
    }
    Ok(())
}

#[tokio::test]
async fn tokens_of_tens_of_kilobytes_pass_and_bodies_beyond_the_gateways_limit_do_not() -> Result<()>
{
    let simulator = Simulator::start(Options::default())?;
    let mut caller = Caller::plain(&simulator)?;
    caller.token = "t".repeat(100_000);
    simulator.add_token(simulator::Token::new(caller.token.clone(), example::PROJECT));
    let path = format!("/v3/{}/backups/{}/replicate", example::PROJECT, example::BACKUP);
    let large = caller.request("POST", &path)?.body(vec![b' '; 2_000_000]).send().await;
    // The gateway answers before it has read all, so that the client may see a closed connection
    // instead.
    if let Ok(response) = large {
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    caller.accepted(example::BACKUP).await?;
    assert_eq!(simulator.counts(example::BACKUP), Counts { posts: 1, accepted: 1, gets: 0 });
    Ok(())
}

/// The canonical form of a UUID, told without the library that makes them.
mod uuid_shape {
    pub(super) fn is_uuid(text: &str) -> bool {
        let groups: Vec<&str> = text.split('-').collect();
        let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
            && groups.concat().chars().all(hex)
    }
}
