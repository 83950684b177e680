//! A thousand replications of two hundred backups are followed politely: one look-up serves all
//! resources of a backup, the stated rate is kept, over a restart too, a status is written for each
//! change that was seen, and nothing is called for.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use control_plane::Exit;
use futures::{StreamExt, TryStreamExt, stream};
use harness::{Object, Scene, in_time};
use jiff::Timestamp;
use kube::api::{DynamicObject, ListParams};
use serde_json::{Value, json};
use simulator::{Advance, Operation, Options, Target, example};
use uuid::Uuid;

use super::{AT_ONCE, OPERATOR};

const BACKUPS: usize = 200;
const OF_EACH: usize = 5;
/// Far below what resources that were accepted half a minute ago would like to have, and little
/// enough that a busy machine keeps up with the writes.
const REQUESTS_PER_MINUTE: u32 = 60;

/// A resource that is followed.
struct Followed {
    name: String,
    backup: String,
    record: String,
}

fn progress(object: &Object) -> Option<u64> {
    object.0.pointer("/status/progress")?.as_u64()
}

/// What the operator itself leaves in the status of a resource that is being copied, with the ids
/// to be replaced in it.
async fn status_of_one(scene: &Scene) -> Result<(Followed, String)> {
    let (name, backup) = ("template".to_owned(), Uuid::new_v4().to_string());
    let operator = scene.operator().start_ready()?;
    scene.applied(&Scene::manifest_for(&name, &backup, ""))?;
    scene.wait(&name, "accepted", |object| object.is("Ready")).await?;
    scene.simulator.advance(&backup, Advance::Replicating { progress: 10 })?;
    let object = scene.wait(&name, "being copied", |object| progress(object) == Some(10)).await?;
    assert_eq!(operator.stop()?, Exit::Code(0));
    let record = object.text("/status/replicationRecordId").context("no record")?.to_owned();
    let deleted = scene.kubectl(&["delete", "brep", &name])?;
    ensure!(deleted.accepted, "{}", deleted.words);
    Ok((Followed { name, backup, record }, object.0["status"].to_string()))
}

/// Puts them in place, as accepted a moment ago, each with a record of its own in the cloud.
async fn make(scene: &Scene) -> Result<Vec<Followed>> {
    let (template, status) = &status_of_one(scene).await?;
    let accepted_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let backups: Vec<String> = (0..BACKUPS).map(|_| Uuid::new_v4().to_string()).collect();
    let made = stream::iter(
        backups.iter().flat_map(|backup| (0..OF_EACH).map(move |number| (backup, number))),
    )
    .map(|(backup, number)| {
        let accepted_at = accepted_at.clone();
        async move {
            let record = scene.simulator.add_replication(Target {
                project_id: example::PROJECT.into(),
                backup_id: backup.clone(),
                destination_project_id: example::DESTINATION_PROJECT.into(),
                destination_region: example::DESTINATION_REGION.into(),
                destination_vault_id: example::VAULT.into(),
                name: None,
                description: None,
            })?;
            scene.simulator.advance(&record, Advance::Replicating { progress: 50 })?;
            let name = format!("copy-{number}-of-{backup}");
            scene.create(&Scene::manifest_for(&name, backup, "")).await?;
            let own = status.replace(&template.record, &record).replace(&template.backup, backup);
            let mut own: Value = serde_json::from_str(&own)?;
            own["acceptedAt"] = json!(accepted_at);
            scene.set_status(&name, &own).await?;
            anyhow::Ok(Followed { name, backup: backup.clone(), record })
        }
    })
    .buffered(AT_ONCE)
    .try_collect()
    .await?;
    Ok(made)
}

/// When the look-ups came since then.
fn look_ups(scene: &Scene, since: Timestamp) -> Vec<Timestamp> {
    scene.simulator.log(|log| {
        let looks = log
            .calls()
            .iter()
            .filter(|call| call.operation == Some(Operation::Show) && call.at >= since);
        looks.map(|call| call.at).collect()
    })
}

/// At no time had more look-ups come than the rate gives since the process was started, except the
/// one that it begins with.
fn keeps_the_rate(look_ups: &[Timestamp], since: Timestamp) -> Result<()> {
    let seconds = |at: &Timestamp| at.duration_since(since).as_secs_f64();
    for (before, at) in look_ups.iter().enumerate() {
        let allowed = seconds(at) * f64::from(REQUESTS_PER_MINUTE) / 60.0;
        ensure!(before as f64 <= allowed, "{} look-ups within {:.3} s", before + 1, seconds(at));
    }
    let observed = look_ups.last().map(seconds).context("no look-up at all")?;
    let per_minute = look_ups.len() as f64 / observed * 60.0;
    println!(
        "{} look-ups in {observed:.1} s: {per_minute:.0} a minute of {REQUESTS_PER_MINUTE}",
        look_ups.len()
    );
    Ok(())
}

/// How often the operator wrote each status since then.
async fn writes(scene: &Scene, since: Timestamp) -> Result<BTreeMap<String, usize>> {
    // Once this is in the log, so is all that came before it.
    let mark = format!("mark-{}", Uuid::new_v4());
    ensure!(scene.get(&mark).await.is_err(), "there is no such resource");
    scene.wait_for_audit_event(|event| event.name == mark)?;
    let (user, since) =
        (scene.operator_user(), since.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
    let mut writes = BTreeMap::new();
    for event in scene.audit_events()? {
        if event.user == user
            && event.subresource == "status"
            && event.verb != "get"
            && event.received_at >= since
        {
            *writes.entry(event.name).or_default() += 1;
        }
    }
    Ok(writes)
}

/// Phase and progress of each.
type Snapshot = BTreeMap<String, (String, Option<u64>)>;

async fn snapshot(scene: &Scene) -> Result<Snapshot> {
    let all = scene.api().list(&ListParams::default()).await?.items.into_iter();
    let one = |object: DynamicObject| {
        let name = object.metadata.name.clone().unwrap_or_default();
        let object = Object(serde_json::to_value(object)?);
        Ok((name, (object.phase().to_owned(), progress(&object))))
    };
    all.map(one).collect()
}

/// Runs an operator until it has made so many look-ups, and holds it to its promises. Returns the
/// number of look-ups, and what there is then.
async fn run_until(
    number: usize,
    scene: &Scene,
    account: &Path,
    before: &Snapshot,
) -> Result<(usize, Snapshot)> {
    let options = scene.operator().env("KUBECONFIG", account);
    let options = options.env("BREP_REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE.to_string());
    let enough = scene.simulator.log(|log| log.total().gets) + number as u64;
    let started = Timestamp::now();
    let operator = options.start()?;
    in_time("look-ups", scene.simulator.wait_for(|log| log.total().gets >= enough)).await?;
    assert_eq!(operator.stop()?, Exit::Code(0));
    let looks = look_ups(scene, started);
    keeps_the_rate(&looks, started)?;

    let (after, written) = (snapshot(scene).await?, writes(scene, started).await?);
    // While it ran, the cloud stood still: there is one change at most for each to see.
    let changed: BTreeMap<String, usize> = after
        .iter()
        .filter(|(name, now)| before.get(*name) != Some(now))
        .map(|(name, _)| (name.clone(), 1))
        .collect();
    println!("{} resources changed by {} look-ups", changed.len(), looks.len());
    assert_eq!(written, changed, "a write for each change, and no other");
    Ok((looks.len(), after))
}

#[tokio::test]
async fn a_thousand_replications_are_followed_within_the_stated_rate() -> Result<()> {
    let scene = Scene::with(OPERATOR, Options::any_backup()).await?;
    scene.valid_secret()?;
    let account = scene.operator_account()?;
    let all = make(&scene).await?;
    let posts = scene.simulator.log(|log| log.total().posts);
    let made = snapshot(&scene).await?;
    assert_eq!(made.len(), BACKUPS * OF_EACH);

    let (looks, seen) = run_until(40, &scene, &account, &made).await?;
    let has_changed = |followed: &&Followed| made.get(&followed.name) != seen.get(&followed.name);
    let served = all
        .chunks(OF_EACH)
        .filter(|of_one| of_one.iter().all(|followed| has_changed(&followed)))
        .count();
    println!("{served} backups, with all of their resources, were served by {looks} look-ups");
    // The last ones were still being written. Without sharing there were one for each resource.
    ensure!(looks < 2 * served, "{looks} look-ups served {served} backups");

    for copied in all.iter().step_by(OF_EACH) {
        scene.simulator.advance(&copied.record, Advance::Success)?;
    }
    let (_, seen) = run_until(15, &scene, &account, &seen).await?;
    ensure!(
        seen.values().any(|(phase, _)| phase == "Succeeded"),
        "nothing was seen after the restart"
    );

    assert_eq!(scene.simulator.log(|log| log.total().posts), posts, "nothing was called for");
    for Followed { name, backup, record } in all.iter().step_by(BACKUPS) {
        let object = scene.get(name).await?;
        assert_eq!(object.text("/spec/backupId"), Some(backup.as_str()));
        assert_eq!(object.text("/status/replicationRecordId"), Some(record.as_str()), "{name}");
    }
    Ok(())
}
