//! An operator that starts with many resources.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use figures::{Crowd, CrowdKind, Version};
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Cluster, Scene};
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::json;
use simulator::{Options, Target, example};
use uuid::Uuid;

use crate::pilot::{Ids, Pilot};
use crate::requests::Requests;
use crate::work::{self, as_shipped, blocking, metric, name, replicate_all, wait};
use crate::{AT_ONCE, process, small};

/// Replications that are made with the others there.
const BURST: usize = 200;
/// Nothing may wait for its turn so many times in a row, before it is at rest.
const QUIET_POLLS: usize = 10;

/// A control plane with a crowd that grows.
pub(crate) struct Ground<'a> {
    pub(crate) cluster: &'a Cluster,
    /// The text of the CRD.
    pub(crate) crd: &'a str,
    /// The operators that start with it.
    pub(crate) operators: &'a [(Version, String)],
    /// The one of them that made the pilot.
    pub(crate) binary: &'a str,
}

/// What was measured, and how many bytes one of the resources has.
pub(crate) async fn measure(
    ground: &Ground<'_>,
    kind: CrowdKind,
    sizes: &[usize],
) -> Result<(Vec<Crowd>, usize)> {
    let Ground { cluster, crd, operators, binary } = ground;
    small::install_ours(cluster, crd)?;
    let scene = Scene::on(cluster, binary, Options::any_backup()).await?;
    scene.valid_secret()?;
    let pilot = {
        let _operator = blocking(|| as_shipped(&scene).start_ready())?;
        let pilot = Pilot::fly(&scene).await?;
        match kind {
            CrowdKind::Unfinished => pilot.under_way(&scene).await?,
            CrowdKind::Finished => pilot.finish(&scene).await?,
        }
    };
    let bytes = scene.get("pilot").await?.0.to_string().len();
    let mut crowds = Vec::new();
    // The pilot is one of them.
    let mut there = 1;
    for size in sizes {
        let crowd = Seeds { scene: &scene, crd, pilot: &pilot, kind };
        crowd.sow(there, *size).await?;
        there = *size;
        for (version, binary) in *operators {
            // It reads all resources again when a CRD changes.
            let api_server = cluster.apiserver_pid().context("no API server")?;
            blocking(|| process::at_rest(api_server))?;
            let crowd = start(&scene, *version, binary, kind, *size).await?;
            println!("{crowd:?}");
            crowds.push(crowd);
        }
    }
    Ok((crowds, bytes))
}

struct Seeds<'a> {
    scene: &'a Scene,
    crd: &'a str,
    pilot: &'a Pilot,
    kind: CrowdKind,
}

impl Seeds<'_> {
    /// Puts the resources from this number to that one in place.
    async fn sow(&self, from: usize, to: usize) -> Result<()> {
        let (scene, api) = (self.scene, self.scene.api());
        small::install_ours(&scene.cluster, &small::for_seeds(self.crd)?)?;
        // It is taken at once, and in force a moment later.
        while !self.seed("probe").await? {
            api.delete("probe", &DeleteParams::default()).await?;
        }
        api.delete("probe", &DeleteParams::default()).await?;
        let sown = stream::iter(from..to).map(|number| async move {
            ensure!(self.seed(&format!("seed-{number:06}")).await?, "a seed without a status");
            Ok(())
        });
        sown.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        small::install_ours(&scene.cluster, self.crd)?;
        let nothing = Patch::Merge(json!({}));
        while api.patch_status("pilot", &PatchParams::default(), &nothing).await.is_err() {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// The record of a replication that the cloud has been at for a while.
    fn under_way(&self, backup: &str) -> Result<String> {
        let simulator = &self.scene.simulator;
        let record = simulator.add_replication(Target {
            project_id: example::PROJECT.into(),
            backup_id: backup.to_owned(),
            destination_project_id: example::DESTINATION_PROJECT.into(),
            destination_region: example::DESTINATION_REGION.into(),
            destination_vault_id: example::VAULT.into(),
            name: None,
            description: None,
        })?;
        let began = ("created_at".to_owned(), self.pilot.record_created_at()?);
        simulator.alter_record(&record, [began].into_iter().collect())?;
        Ok(record)
    }

    /// Whether its status was kept.
    async fn seed(&self, name: &str) -> Result<bool> {
        let ids = Ids::fresh();
        let record = match self.kind {
            CrowdKind::Unfinished => self.under_way(&ids.backup)?,
            CrowdKind::Finished => Uuid::new_v4().to_string(),
        };
        let manifest = Scene::manifest_for(name, &ids.backup, "");
        let mut object: DynamicObject = serde_saphyr::from_str(&manifest)?;
        object.data["status"] = self.pilot.accepted(&ids, &record)?;
        let created = self.scene.api().create(&PostParams::default(), &object).await?;
        Ok(created.data["status"]["attempts"].is_array())
    }
}

async fn start(
    scene: &Scene,
    version: Version,
    binary: &str,
    kind: CrowdKind,
    resources: usize,
) -> Result<Crowd> {
    let asked = Requests::read(scene).await?;
    let started = Instant::now();
    let operator = blocking(|| {
        let operator = as_shipped(scene).binary(binary).start()?;
        operator.log.wait_for(work::PATIENCE, |line| line.contains("Ready: watch"))?;
        Ok(operator)
    })?;
    let seconds_to_ready = started.elapsed().as_secs_f64();
    const LIST: &str = "LIST backupreplications";
    let lists = Requests::read(scene).await?.count(LIST).saturating_sub(asked.count(LIST));
    let quiet = std::cell::Cell::new(0);
    wait(&operator, |metrics| {
        let waits = metric(metrics, "backup_replication_queue_depth")? > 0;
        quiet.set(if waits { 0 } else { quiet.get() + 1 });
        Ok(quiet.get() >= QUIET_POLLS)
    })?;
    let pid = operator.process.pid();
    let (resident_bytes, peak_bytes) = (process::resident_bytes(pid)?, process::peak_bytes(pid)?);
    let seconds = replicate_all(scene, &operator, BURST, 0).await?;
    blocking(|| operator.stop())?;
    remove_burst(scene).await.context("the burst")?;
    Ok(Crowd {
        version,
        kind,
        resources,
        seconds_to_ready,
        lists,
        resident_bytes,
        peak_bytes,
        per_second: BURST as f64 / seconds,
    })
}

async fn remove_burst(scene: &Scene) -> Result<()> {
    let api = scene.api();
    let removed = stream::iter(0..BURST).map(|number| {
        let api = &api;
        async move { api.delete(&name(number), &DeleteParams::default()).await.map(drop) }
    });
    Ok(removed.buffer_unordered(AT_ONCE).try_collect().await?)
}
