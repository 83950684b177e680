//! What happens in the three minutes that the picture shows: replications all the time, and in the
//! middle what goes wrong with clouds and with what people write.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use simulator::{
    Advance, Answer, ErrorShape, Fault, Records, RetryAfter, Script, Simulator, View, example,
};
use tokio::time::Instant;

use crate::stage::{Stage, with_secret};

/// How long it lasts.
pub(crate) const LASTS: Duration = Duration::from_secs(180);
/// Between two ordinary replications.
const PACE: Duration = Duration::from_secs(4);
/// The last ordinary one begins before, so that the end of the picture is calm.
const LAST: Duration = Duration::from_secs(172);

pub(crate) async fn tell(stage: &Stage) -> Result<()> {
    stage.scene.valid_secret()?;
    let begin = Instant::now();
    let at = |seconds: u64| tokio::time::sleep_until(begin + Duration::from_secs(seconds));
    let ordinary = async {
        for number in 0.. {
            let due = PACE * number;
            if due > LAST {
                break;
            }
            tokio::time::sleep_until(begin + due).await;
            let name = format!("db-{number}");
            stage.create(&stage.scene.simulator, &name, &json!({})).await?;
        }
        Ok(())
    };
    let throttled = async {
        at(35).await;
        let too_many = Answer::throttled(Some(RetryAfter::Seconds(6)));
        let script = |times| Script::times(times, Fault::before_commit().answer(too_many.clone()));
        stage.scene.simulator.script(script(1).replicate())?;
        stage.scene.simulator.script(script(2).show())
    };
    let credentials = async {
        at(48).await;
        // Nobody has made its Secret yet.
        stage.create(&stage.scene.simulator, "no-secret", &with_secret("later")).await?;
        stage.secret("wrong", "a-token-of-yesterday").await?;
        for number in 0..2 {
            let name = format!("wrong-token-{number}");
            stage.create(&stage.scene.simulator, &name, &with_secret("wrong")).await?;
        }
        at(84).await;
        stage.secret("later", example::TOKEN).await?;
        at(100).await;
        stage.secret("wrong", example::TOKEN).await
    };
    let refused = async {
        at(58).await;
        let nowhere = json!({"destinationVaultId": "a-vault-that-is-not-there"});
        for name in ["wrong-vault-0", "wrong-vault-1"] {
            stage.create(&stage.scene.simulator, name, &nowhere).await?;
        }
        at(120).await;
        let right = json!({"spec": {"destinationVaultId": example::VAULT}});
        stage.correct("wrong-vault-0", &right).await
    };
    tokio::try_join!(
        ordinary,
        throttled,
        credentials,
        refused,
        unknown_outcomes(stage, begin),
        hang(&stage.other, stage, begin),
        failed_copy(stage, begin),
    )?;
    at(LASTS.as_secs()).await;
    Ok(())
}

/// Answers are lost. Of one call the cloud tells nobody what became of it.
async fn unknown_outcomes(stage: &Stage, begin: Instant) -> Result<()> {
    let cloud = &stage.scene.simulator;
    for (seconds, name, blind) in
        [(66, "lost-answer-0", false), (70, "nobody-knows", true), (128, "lost-answer-1", false)]
    {
        tokio::time::sleep_until(begin + Duration::from_secs(seconds)).await;
        let backup = uuid::Uuid::new_v4().to_string();
        cloud.add_backup(simulator::Backup::server(&backup, example::PROJECT));
        if blind {
            let no_records = View { records: Records::Absent, ..View::default() };
            cloud.set_view(&backup, Some(no_records));
        }
        let lost = Fault::after_commit().reset();
        cloud.script(Script::once(lost).replicate().backup(&backup))?;
        stage.create_for(name, &backup, &json!({})).await?;
    }
    Ok(())
}

/// For half a minute nothing is answered at the other endpoint.
async fn hang(other: &Simulator, stage: &Stage, begin: Instant) -> Result<()> {
    let there = json!({"endpoint": other.https_url()});
    for number in 0..12 {
        if number == 6 {
            tokio::time::sleep_until(begin + Duration::from_secs(90)).await;
            other.script(Script::always(Fault::before_commit().hang()))?;
        }
        stage.create(other, &format!("other-cloud-{number}"), &there).await?;
    }
    tokio::time::sleep_until(begin + Duration::from_secs(120)).await;
    other.clear_scripts();
    Ok(())
}

/// A copy that the cloud gives up, and a call that it cannot take at this moment.
async fn failed_copy(stage: &Stage, begin: Instant) -> Result<()> {
    let cloud = &stage.scene.simulator;
    tokio::time::sleep_until(begin + Duration::from_secs(104)).await;
    let busy = Answer::status(400).error(ErrorShape::Cbr, "BackupService.6112", "busy");
    cloud.script(Script::times(2, Fault::before_commit().answer(busy)).replicate())?;
    let backup = stage.create(cloud, "fails", &json!({})).await?;
    tokio::time::sleep_until(begin + Duration::from_secs(116)).await;
    if cloud.records(&backup).is_empty() {
        return Ok(());
    }
    let reason = "The destination vault is full.".to_owned();
    cloud.advance(&backup, Advance::Fail { code: "BackupService.6129".into(), reason })
}
