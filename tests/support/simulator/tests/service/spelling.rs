//! Ids that are listed in other words than they were asked for in.

use anyhow::{Context, Result};
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{Options, Simulator, Spelling, example};

use crate::caller::{Caller, body_with, code_of, json_of};

fn started() -> Result<(Simulator, Caller)> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    Ok((simulator, caller))
}

/// What was asked for, in upper case.
fn upper_case_body() -> Value {
    body_with(json!({
        "destination_vault_id": example::VAULT.to_uppercase(),
        "destination_project_id": example::DESTINATION_PROJECT.to_uppercase(),
        "destination_region": example::DESTINATION_REGION.to_uppercase(),
    }))
}

#[tokio::test]
async fn ids_are_taken_in_any_spelling_only_where_the_service_does_so() -> Result<()> {
    let (simulator, mut caller) = started()?;
    let answer = caller.replicate_with(example::BACKUP, &upper_case_body())?.send().await?;
    assert_eq!(code_of(answer, StatusCode::BAD_REQUEST).await?, "BackupService.1005");

    simulator.configure(|behaviour| behaviour.any_spelling = true);
    caller.project = example::PROJECT.to_uppercase();
    let backup = example::BACKUP.to_uppercase().replace('-', "");
    let answer = caller.replicate_with(&backup, &upper_case_body())?.send().await?;
    let answer = json_of(answer, 200).await?;
    assert_eq!(answer["replication"]["destination_vault_id"], example::VAULT.to_uppercase());
    assert_eq!(caller.show(&backup).await?.status(), 200);
    // They are one backup, one region and one vault.
    let counts = simulator.counts(example::BACKUP);
    assert_eq!((counts.posts, counts.accepted, counts.gets), (2, 1, 1));
    let again = caller.replicate(example::BACKUP).await?;
    assert_eq!(code_of(again, StatusCode::BAD_REQUEST).await?, "BackupService.1009");
    Ok(())
}

#[tokio::test]
async fn one_of_any_backups_is_one_in_any_spelling() -> Result<()> {
    let simulator = Simulator::start(Options::any_backup())?;
    simulator.configure(|behaviour| behaviour.any_spelling = true);
    let caller = Caller::plain(&simulator)?;
    let backup = "aabbccdd-1111-4111-8111-111111111111";
    caller.accepted(&backup.to_uppercase()).await?;
    assert_eq!(
        caller.records(backup).await?.and_then(|records| records.as_array().map(Vec::len)),
        Some(1)
    );
    assert_eq!(simulator.counts(backup).accepted, 1);
    Ok(())
}

#[tokio::test]
async fn records_are_listed_in_the_spelling_that_is_set() -> Result<()> {
    let (simulator, caller) = started()?;
    simulator.configure(|behaviour| behaviour.any_spelling = true);
    let answer =
        json_of(caller.replicate_with(example::BACKUP, &upper_case_body())?.send().await?, 200)
            .await?;
    let record = answer["replication"]["replication_record_id"].as_str().context("no record")?;
    let vault = example::VAULT;
    for (spelling, id, listed_vault, region) in [
        (Spelling::AsAsked, record.to_owned(), vault.to_uppercase(), "EU-NL"),
        (Spelling::Lower, record.to_owned(), vault.to_owned(), "eu-nl"),
        (Spelling::Upper, record.to_uppercase(), vault.to_uppercase(), "EU-NL"),
        (
            Spelling::WithoutHyphens,
            record.replace('-', ""),
            vault.to_uppercase().replace('-', ""),
            "EU-NL",
        ),
    ] {
        simulator.configure(|behaviour| behaviour.view.spelling = spelling);
        let listed = caller.records(example::BACKUP).await?.context("no records")?;
        let listed = &listed[0];
        assert_eq!(listed["id"], json!(id), "{spelling:?}");
        assert_eq!(listed["destination_vault_id"], json!(listed_vault), "{spelling:?}");
        assert_eq!(
            listed["extra_info"]["destination_vault_id"],
            json!(listed_vault),
            "{spelling:?}"
        );
        assert_eq!(listed["destination_region"], json!(region), "{spelling:?}");
        assert_eq!(
            listed["source_backup_id"],
            json!(spelt(spelling, example::BACKUP)),
            "{spelling:?}"
        );
        let shown = json_of(caller.show(example::BACKUP).await?, 200).await?;
        assert_eq!(shown["backup"]["id"], json!(spelt(spelling, example::BACKUP)), "{spelling:?}");
    }
    Ok(())
}

fn spelt(spelling: Spelling, id: &str) -> String {
    match spelling {
        Spelling::AsAsked | Spelling::Lower => id.to_owned(),
        Spelling::Upper => id.to_uppercase(),
        Spelling::WithoutHyphens => id.replace('-', ""),
    }
}
