//! Backups with very many records: what the operator keeps of what it was shown.

use std::time::Duration;

use anyhow::{Result, bail};
use harness::Scene;
use simulator::{Backup, Options, Pace, Target, example};

use crate::Figures;
use crate::subject::{Subject, memory, ready};

fn number(variable: &str, default: usize) -> Result<usize> {
    Ok(std::env::var(variable).map_or(Ok(default), |text| text.parse())?)
}

pub(crate) async fn measure(subject: &Subject) -> Result<Figures> {
    let (backups, records) = (number("BACKUPS", 8)?, number("RECORDS", 1000)?);
    let mut options = Options::default();
    options.behaviour.pace = Pace::takes(Duration::from_secs(600));
    let scene = subject.scene(options).await?;
    let operator = scene.operator().start_ready()?;
    let empty = memory(operator.process.pid(), "VmHWM")?;
    for number in 0..backups {
        let id = uuid::Uuid::new_v4().to_string();
        scene.simulator.add_backup(Backup::server(&id, example::PROJECT));
        for _ in 0..records {
            // To another region, so that they are nobody's.
            scene.simulator.add_replication(Target {
                project_id: example::PROJECT.to_owned(),
                backup_id: id.clone(),
                destination_project_id: example::SECOND_DESTINATION_PROJECT.to_owned(),
                destination_region: example::SECOND_DESTINATION_REGION.to_owned(),
                destination_vault_id: example::SECOND_VAULT.to_owned(),
                name: None,
                description: None,
            })?;
        }
        scene.create(&Scene::manifest_for(&format!("db-{number}"), &id, "")).await?;
    }
    if let Err(error) = scene.wait_for_all(backups, ready).await {
        let first = scene.get("db-0").await?;
        bail!("{}: {}: {error}", first.reason(), first.message());
    }
    let pid = operator.process.pid();
    let (peak, now) = (memory(pid, "VmHWM")?, memory(pid, "VmRSS")?);
    let load = format!("{backups} backups with {records} records each");
    Ok(vec![(load, format!("{empty:.0} MiB, then {now:.0} with a peak of {peak:.0}"))])
}
