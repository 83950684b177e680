//! How replications advance, and what `GET backup` shows of them.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::DateTime;
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulator::{
    Advance, DeletedRecord, DestinationVault, Ending, LookUp, Options, Pace, Records, Simulator,
    Stage, Target, Timestamps, View, example,
};

use crate::caller::{Caller, code_of};

/// A simulator whose look-ups show this, its client, and a record.
async fn with_view(view: View) -> Result<(Simulator, Caller, String)> {
    let simulator = Simulator::start(Options::default())?;
    simulator.configure(|behaviour| behaviour.view = view);
    let caller = Caller::plain(&simulator)?;
    let record = caller.accepted(example::BACKUP).await?;
    Ok((simulator, caller, record))
}

/// The only record that is shown.
async fn shown(caller: &Caller) -> Result<Value> {
    match caller.records(example::BACKUP).await? {
        Some(Value::Array(records)) if records.len() == 1 => Ok(records[0].clone()),
        other => bail!("one record was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_replication_advances_by_hand_and_only_forwards() -> Result<()> {
    let (simulator, caller, id) = with_view(View::default()).await?;
    let record = shown(&caller).await?;
    assert_eq!((&record["id"], &record["status"]), (&json!(id), &json!("waiting_replicate")));
    assert_eq!(record["source_backup_id"], example::BACKUP);
    assert_eq!(record["source_project_id"], example::PROJECT);
    assert_eq!(record["destination_project_id"], example::DESTINATION_PROJECT);
    assert_eq!(record["destination_region"], example::DESTINATION_REGION);
    assert_eq!(record["destination_backup_id"], Value::Null);

    simulator.advance(example::BACKUP, Advance::Replicating { progress: 40 })?;
    let record = shown(&caller).await?;
    assert_eq!(
        (&record["status"], &record["extra_info"]["progress"]),
        (&json!("replicating"), &json!(40))
    );
    assert!(simulator.advance(&id, Advance::Replicating { progress: 39 }).is_err());
    assert!(simulator.advance(&id, Advance::Replicating { progress: 101 }).is_err());

    simulator.advance(&id, Advance::Success)?;
    let record = shown(&caller).await?;
    assert_eq!(
        (&record["status"], &record["extra_info"]["progress"]),
        (&json!("success"), &json!(100))
    );
    assert_eq!(record["extra_info"]["fail_code"], "");
    assert!(
        record["destination_backup_id"].is_string()
            && record["destination_checkpoint_id"].is_string()
    );
    assert!(simulator.advance(&id, Advance::Skip).is_err());
    assert!(simulator.advance("no such id", Advance::Skip).is_err());
    Ok(())
}

#[tokio::test]
async fn a_failure_says_why() -> Result<()> {
    let (simulator, caller, id) = with_view(View::default()).await?;
    simulator.advance(
        &id,
        Advance::Fail { code: "BackupService.1006".into(), reason: "import".into() },
    )?;
    let record = shown(&caller).await?;
    assert_eq!(record["status"], "fail");
    assert_eq!(record["extra_info"]["fail_code"], "BackupService.1006");
    assert_eq!(record["extra_info"]["fail_reason"], "import");
    Ok(())
}

#[tokio::test]
async fn a_timed_replication_ends_by_itself_and_frees_its_region_if_it_fails() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let caller = Caller::plain(&simulator)?;
    let fail = Ending::Fail { code: "BackupService.1006".into(), reason: "import".into() };
    simulator.configure(|behaviour| {
        behaviour.pace = Pace::takes(Duration::ZERO);
        behaviour.ending = fail;
    });
    caller.accepted(example::BACKUP).await?;
    assert_eq!(shown(&caller).await?["status"], "fail");
    simulator.configure(|behaviour| {
        behaviour.pace = Pace::takes(Duration::from_secs(3600));
        behaviour.ending = Ending::Success;
    });
    caller.accepted(example::BACKUP).await?;
    assert_eq!(simulator.records(example::BACKUP)[1].stage, Stage::WaitingReplicate);
    let taken = caller.replicate(example::BACKUP).await?;
    assert_eq!(code_of(taken, StatusCode::BAD_REQUEST).await?, "BackupService.1009");
    Ok(())
}

#[tokio::test]
async fn a_timed_replication_never_goes_back_and_comes_to_its_end() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    simulator.configure(|behaviour| behaviour.pace = Pace::takes(Duration::from_millis(300)));
    let caller = Caller::plain(&simulator)?;
    caller.accepted(example::BACKUP).await?;
    let mut reached = 0;
    loop {
        let record = shown(&caller).await?;
        let progress = record["extra_info"]["progress"].as_u64().context("no progress")?;
        assert!(progress >= reached, "{progress} after {reached}");
        reached = progress;
        match record["status"].as_str() {
            Some("waiting_replicate") => assert_eq!(progress, 0),
            Some("replicating") => assert!(progress <= 100),
            Some("success") => return Ok(()),
            other => bail!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn late_records_are_shown_once_revealed() -> Result<()> {
    let late = View { records: Records::Late { milliseconds: None }, ..View::default() };
    let (simulator, caller, id) = with_view(late).await?;
    assert_eq!(caller.records(example::BACKUP).await?, Some(json!([])));
    simulator.reveal(Some("another id"));
    assert_eq!(caller.records(example::BACKUP).await?, Some(json!([])));
    simulator.reveal(None);
    assert_eq!(shown(&caller).await?["id"], id);
    Ok(())
}

#[tokio::test]
async fn late_records_are_shown_after_their_time() -> Result<()> {
    let hour = Records::Late { milliseconds: Some(3_600_000) };
    let (simulator, caller, id) = with_view(View { records: hour, ..View::default() }).await?;
    assert_eq!(caller.records(example::BACKUP).await?, Some(json!([])));
    simulator
        .configure(|behaviour| behaviour.view.records = Records::Late { milliseconds: Some(0) });
    assert_eq!(shown(&caller).await?["id"], id);
    Ok(())
}

#[tokio::test]
async fn records_can_be_empty_null_or_absent_for_ever() -> Result<()> {
    for (records, expected) in [
        (Records::Empty, Some(json!([]))),
        (Records::Null, Some(Value::Null)),
        (Records::Absent, None),
    ] {
        let (simulator, caller, _) = with_view(View { records, ..View::default() }).await?;
        simulator.reveal(None);
        assert_eq!(caller.records(example::BACKUP).await?, expected, "{records:?}");
    }
    Ok(())
}

#[tokio::test]
async fn one_backup_can_be_shown_otherwise_than_the_rest() -> Result<()> {
    let (simulator, caller, id) = with_view(View::default()).await?;
    let view = View { records: Records::Absent, ..View::default() };
    simulator.set_view(example::BACKUP, Some(view));
    assert_eq!(caller.records(example::BACKUP).await?, None);
    simulator.set_view(example::BACKUP, None);
    assert_eq!(shown(&caller).await?["id"], id);
    Ok(())
}

#[tokio::test]
async fn timestamps_come_in_three_styles() -> Result<()> {
    for (timestamps, length, suffix) in [
        (Timestamps::Unzoned, 26, ""),
        (Timestamps::Offset, 29, "+00:00"),
        (Timestamps::Zulu, 20, "Z"),
    ] {
        let before = Timestamp::now();
        let (simulator, caller, _) = with_view(View { timestamps, ..View::default() }).await?;
        let record = shown(&caller).await?;
        let text = record["created_at"].as_str().context("no time")?;
        assert_eq!((text.len(), text.ends_with(suffix)), (length, true), "{text}");
        let local: DateTime = text.get(..length - suffix.len()).context("too short")?.parse()?;
        let at = local.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp();
        assert!(at.as_second() >= before.as_second() && at <= Timestamp::now(), "{text}");
        assert_eq!(simulator.records(example::BACKUP)[0].created_at.as_second(), at.as_second());
    }
    Ok(())
}

#[test]
fn the_styles_are_those_of_the_documentation() -> Result<()> {
    for (style, text) in [
        (Timestamps::Unzoned, "2020-02-05T10:38:34.209782"),
        (Timestamps::Offset, "2019-05-10T07:59:12.085+00:00"),
        (Timestamps::Zulu, "2020-02-23T01:00:32Z"),
    ] {
        let zoned = if text.contains(['Z', '+']) { text.to_owned() } else { format!("{text}Z") };
        assert_eq!(style.format(zoned.parse()?), text);
    }
    Ok(())
}

#[tokio::test]
async fn the_destination_vault_is_named_in_one_place_or_the_other() -> Result<()> {
    for (destination_vault, top_level, in_extra_info) in [
        (DestinationVault::Both, true, true),
        (DestinationVault::TopLevel, true, false),
        (DestinationVault::ExtraInfo, false, true),
    ] {
        let (_simulator, caller, _) =
            with_view(View { destination_vault, ..View::default() }).await?;
        let record = shown(&caller).await?;
        let vault = json!(example::VAULT);
        assert_eq!(record.get("destination_vault_id"), top_level.then_some(&vault));
        assert_eq!(
            record["extra_info"].get("destination_vault_id"),
            in_extra_info.then_some(&vault)
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_look_up_may_not_be_had_while_replications_are_accepted() -> Result<()> {
    for (look_up, status, code) in [
        (LookUp::NotFound, 404, Some("APIG.0101")),
        (LookUp::MethodNotAllowed, 405, None),
        (LookUp::NotImplemented, 501, None),
        (LookUp::Forbidden, 403, Some("APIGW.0302")),
        (LookUp::Refused, 401, Some("APIGW.0301")),
        (LookUp::NoSuchBackup, 404, Some("BackupService.6200")),
    ] {
        let (_simulator, caller, _) = with_view(View { look_up, ..View::default() }).await?;
        let response = caller.show(example::BACKUP).await?;
        assert_eq!(response.status(), status);
        let answer: Option<Value> = serde_json::from_str(&response.text().await?).ok();
        assert_eq!(
            answer.as_ref().and_then(|answer| answer["error_code"].as_str()),
            code,
            "{look_up:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_record_of_a_deleted_replica_stays_or_vanishes() -> Result<()> {
    let (simulator, caller, id) = with_view(View::default()).await?;
    assert!(
        simulator.delete_replica(&id, DeletedRecord::Stays).is_err(),
        "there is no replica yet"
    );
    simulator.advance(&id, Advance::Success)?;
    simulator.delete_replica(&id, DeletedRecord::Stays)?;
    assert_eq!(shown(&caller).await?["status"], "success");
    let second = caller.accepted(example::BACKUP).await?;
    simulator.advance(&second, Advance::Success)?;
    simulator.delete_replica(example::BACKUP, DeletedRecord::Vanishes)?;
    assert_eq!(shown(&caller).await?["id"], id);
    assert_eq!(simulator.all_records().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_replication_of_earlier_days_is_shown_and_counts_as_no_call() -> Result<()> {
    let simulator = Simulator::start(Options::default())?;
    let target = |backup: &str| Target {
        project_id: example::PROJECT.into(),
        backup_id: backup.into(),
        destination_project_id: example::DESTINATION_PROJECT.into(),
        destination_region: example::DESTINATION_REGION.into(),
        destination_vault_id: example::VAULT.into(),
        name: None,
        description: None,
    };
    let ids = [
        simulator.add_replication(target(example::BACKUP))?,
        simulator.add_replication(target(example::BACKUP))?,
    ];
    assert!(simulator.add_replication(target("no-such-backup")).is_err());
    simulator.advance(&ids[0], Advance::Success)?;
    let caller = Caller::plain(&simulator)?;
    let shown = caller.records(example::BACKUP).await?.context("no records")?;
    assert_eq!((&shown[0]["id"], &shown[0]["status"]), (&json!(ids[0]), &json!("success")));
    assert_eq!(
        (&shown[1]["id"], &shown[1]["status"]),
        (&json!(ids[1]), &json!("waiting_replicate"))
    );
    let counts = simulator.counts(example::BACKUP);
    assert_eq!((counts.posts, counts.accepted, counts.gets), (0, 0, 1));
    Ok(())
}
