//! Records that come, go, lack something or are another's.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use simulator::{Options, Simulator, Target, Timestamps, View, example};

use crate::caller::Caller;

fn started() -> Result<(Simulator, Caller)> {
    let simulator = Simulator::start(Options::default())?;
    simulator.configure(|behaviour| behaviour.accept_duplicates = true);
    let caller = Caller::plain(&simulator)?;
    Ok((simulator, caller))
}

async fn ids(caller: &Caller) -> Result<Vec<String>> {
    let records = caller.records(example::BACKUP).await?.context("no records")?;
    let records = records.as_array().context("no list")?;
    Ok(records.iter().filter_map(|record| record["id"].as_str().map(str::to_owned)).collect())
}

fn fields(fields: Value) -> Result<Map<String, Value>> {
    Ok(serde_json::from_value(fields)?)
}

#[tokio::test]
async fn a_record_vanishes_and_comes_back() -> Result<()> {
    let (simulator, caller) = started()?;
    let (first, second) =
        (caller.accepted(example::BACKUP).await?, caller.accepted(example::BACKUP).await?);
    simulator.hide(&first)?;
    assert_eq!(ids(&caller).await?, std::slice::from_ref(&second));
    simulator.reveal(Some(&second));
    assert_eq!(ids(&caller).await?, std::slice::from_ref(&second), "another one is not meant");
    simulator.reveal(Some(&first));
    assert_eq!(ids(&caller).await?, [first, second]);
    simulator.hide(example::BACKUP)?;
    assert_eq!(ids(&caller).await?, [""; 0]);
    assert_eq!(simulator.records(example::BACKUP).len(), 2, "they exist all the same");
    assert!(simulator.hide("unheard-of").is_err());
    Ok(())
}

#[tokio::test]
async fn a_record_can_be_listed_without_a_time_or_with_one_that_cannot_be_read() -> Result<()> {
    let (simulator, caller) = started()?;
    caller.accepted(example::BACKUP).await?;
    for (timestamps, suffix) in [(Timestamps::Absent, None), (Timestamps::Unreadable, Some(" CET"))]
    {
        simulator.configure(|behaviour| behaviour.view = View { timestamps, ..View::default() });
        let records = caller.records(example::BACKUP).await?.context("no records")?;
        let time = records[0].get("created_at").and_then(Value::as_str);
        assert_eq!(time.is_some(), suffix.is_some());
        assert!(time.is_none_or(|time| time.ends_with(suffix.unwrap_or_default())), "{time:?}");
        let shown = crate::caller::json_of(caller.show(example::BACKUP).await?, 200).await?;
        let of_backup = shown["backup"]["created_at"].as_str().context("the backup has one")?;
        assert!(!of_backup.is_empty() && !of_backup.ends_with("CET"), "{of_backup}");
    }
    Ok(())
}

#[tokio::test]
async fn a_record_can_be_listed_with_any_other_fields() -> Result<()> {
    let (simulator, caller) = started()?;
    let id = caller.accepted(example::BACKUP).await?;
    let other = json!({
        "destination_vault_id": "elsewhere", "created_at": null, "status": 7,
        "extra_info": {"auto_trigger": true, "destination_vault_id": null},
    });
    simulator.alter_record(&id, fields(other)?)?;
    let records = caller.records(example::BACKUP).await?.context("no records")?;
    let record = &records[0];
    assert_eq!(
        (&record["destination_vault_id"], &record["status"]),
        (&json!("elsewhere"), &json!(7))
    );
    assert!(record.get("created_at").is_none());
    assert_eq!(record["extra_info"]["auto_trigger"], json!(true));
    assert_eq!(record["extra_info"]["fail_code"], "", "what is not named stays");
    assert!(record["extra_info"].get("destination_vault_id").is_none());
    assert_eq!(simulator.records(example::BACKUP)[0].target.destination_vault_id, example::VAULT);
    assert!(simulator.alter_record("unheard-of", Map::new()).is_err());
    Ok(())
}

#[tokio::test]
async fn records_of_others_appear_meanwhile() -> Result<()> {
    let (simulator, caller) = started()?;
    let own = caller.accepted(example::BACKUP).await?;
    let policy = simulator.add_replication(Target {
        project_id: example::PROJECT.into(),
        backup_id: example::BACKUP.into(),
        destination_project_id: example::DESTINATION_PROJECT.into(),
        destination_region: example::DESTINATION_REGION.into(),
        destination_vault_id: "another-vault".into(),
        name: None,
        description: None,
    })?;
    simulator.alter_record(&policy, fields(json!({"extra_info": {"auto_trigger": true}}))?)?;
    let records = caller.records(example::BACKUP).await?.context("no records")?;
    assert_eq!(ids(&caller).await?, [own, policy]);
    assert_eq!(records[0]["extra_info"]["auto_trigger"], json!(false));
    assert_eq!(records[1]["extra_info"]["auto_trigger"], json!(true));
    assert_eq!(records[1]["destination_vault_id"], "another-vault");
    assert_eq!(simulator.counts(example::BACKUP).accepted, 1);
    Ok(())
}
