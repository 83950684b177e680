//! The resources: how they come, change and go.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use harness::Object;
use jiff::{SignedDuration, Timestamp};
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams,
};
use kube::{Api, Client};
use serde_json::{Value, json};
use simulator::{Backup, example};
use uuid::Uuid;

use crate::clouds::{Cloud, Sight};
use crate::draw::Draw;
use crate::insist::{Taken, insist};
use crate::tenants::{Kind, Tenant};

/// A resource. Deleted and made again, it is another one.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Stands in `spec.description`, and so in the cloud's record: by it one knows whose call was
    /// accepted.
    pub(crate) tag: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) cloud: usize,
    manifest: Value,
}

/// All of them.
pub(crate) struct Crowd {
    client: Client,
    tenants: Arc<Vec<Tenant>>,
    clouds: Arc<Vec<Cloud>>,
    state: Mutex<State>,
}

struct State {
    draw: Draw,
    made: usize,
    living: Vec<Member>,
    gone: Vec<Member>,
}

impl Crowd {
    pub(crate) fn new(
        client: Client,
        tenants: Arc<Vec<Tenant>>,
        clouds: Arc<Vec<Cloud>>,
        seed: u64,
    ) -> Self {
        let draw = Draw::new(!seed);
        let state = State { draw, made: 0, living: Vec::new(), gone: Vec::new() };
        Self { client, tenants, clouds, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are there.
    pub(crate) fn living(&self) -> Vec<Member> {
        self.state().living.clone()
    }

    /// Those that are deleted.
    pub(crate) fn gone(&self) -> Vec<Member> {
        self.state().gone.clone()
    }

    pub(crate) fn made(&self) -> usize {
        self.state().made
    }

    /// Takes one out, for as long as something happens to it that no other is to disturb.
    fn take(&self, which: usize) -> Option<Member> {
        let mut state = self.state();
        let at = which.checked_rem(state.living.len())?;
        Some(state.living.swap_remove(at))
    }

    fn pick(&self, which: usize) -> Option<Member> {
        let state = self.state();
        let at = which.checked_rem(state.living.len())?;
        state.living.get(at).cloned()
    }

    pub(crate) fn api(&self, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &kind())
    }

    /// All objects, as they are now.
    pub(crate) async fn objects(&self) -> Result<Vec<Object>> {
        let all: Api<DynamicObject> = Api::all_with(self.client.clone(), &kind());
        let parameters = ListParams::default();
        match insist(|| all.list(&parameters)).await {
            Taken::Done(list) => list
                .items
                .into_iter()
                .map(|object| Ok(Object(serde_json::to_value(object)?)))
                .collect(),
            Taken::Refused(code, words) => anyhow::bail!("no list: {code} {words}"),
        }
    }

    /// One more.
    pub(crate) async fn add(&self) -> Result<()> {
        let member = self.draw_one()?;
        self.create(&member).await?;
        let clouds = Arc::clone(&self.clouds);
        // A newer backup comes after the choice, or before it.
        if let Some(selected) = member.manifest.pointer("/spec/backupSelector/resourceId") {
            let (server, cloud) = (selected.clone(), member.cloud);
            let after = self.state().draw.time(500, 15_000);
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                let server = server.as_str().unwrap_or_default();
                clouds[cloud].simulator.add_backup(of_server(server, 0));
            });
        }
        self.state().living.push(member);
        Ok(())
    }

    fn draw_one(&self) -> Result<Member> {
        let mut state = self.state();
        state.made += 1;
        let number = state.made;
        let draw = &mut state.draw;
        let tenant = &self.tenants[draw.below(self.tenants.len())];
        let cloud = draw.weighted(&[(5, 0), (3, 1), (2, 2)]);
        let Cloud { sight, simulator } = &self.clouds[cloud];
        let url = simulator.https_url();
        let kind = draw.weighted(&[
            (4, Some(Kind::Token)),
            (2, Some(Kind::Password)),
            (3, Some(Kind::Key)),
            (1, None),
        ]);
        let tag = format!("r{number}.1");
        let name = format!("db-{number}");
        let selects = *sight != Sight::Nothing && draw.chance(15);
        let source = Uuid::new_v4().to_string();
        let mut spec = json!({
            "endpoint": url,
            "projectId": example::PROJECT,
            "destinationProjectId": example::DESTINATION_PROJECT,
            "destinationRegion": example::DESTINATION_REGION,
            "destinationVaultId": example::VAULT,
            "description": tag,
            "auth": tenant.auth(kind, &url),
        });
        if selects {
            spec["backupSelector"] = json!({"resourceId": source});
            simulator.add_backup(of_server(&source, 60));
        } else {
            spec["backupId"] = json!(source);
            simulator.add_backup(Backup::server(&source, example::PROJECT));
        }
        if draw.chance(30) {
            spec["onRejection"] = json!("Hold");
        }
        if *sight != Sight::Nothing && draw.chance(30) {
            spec["readyWhen"] = json!("Replicated");
        }
        let manifest = json!({
            "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication",
            "metadata": {"name": name, "namespace": tenant.namespace}, "spec": spec,
        });
        let namespace = tenant.namespace.clone();
        Ok(Member { tag, namespace, name, cloud, manifest })
    }

    async fn create(&self, member: &Member) -> Result<()> {
        let api = self.api(&member.namespace);
        let object: DynamicObject = serde_json::from_value(member.manifest.clone())?;
        let parameters = PostParams::default();
        let created = insist(|| api.create(&parameters, &object)).await;
        // It is there, and the answer was lost.
        created.or(409).with_context(|| format!("{} cannot be made", member.name))
    }

    async fn delete(&self, member: &Member) -> Result<()> {
        let api = self.api(&member.namespace);
        let parameters = DeleteParams::default();
        insist(|| api.delete(&member.name, &parameters))
            .await
            .or(404)
            .with_context(|| format!("{} cannot be deleted", member.name))
    }

    /// Deletes one for good.
    pub(crate) async fn retire(&self, tag: &str) -> Result<()> {
        let member = {
            let mut state = self.state();
            let found = state.living.iter().position(|member| member.tag == tag);
            found.map(|at| state.living.swap_remove(at))
        };
        if let Some(member) = member {
            self.delete(&member).await?;
            self.state().gone.push(member);
        }
        Ok(())
    }

    /// Deletes one and makes it again: another one with the same request.
    pub(crate) async fn recreate(&self, which: usize, after: Duration) -> Result<()> {
        let Some(member) = self.take(which) else { return Ok(()) };
        self.delete(&member).await?;
        self.state().gone.push(member.clone());
        tokio::time::sleep(after).await;
        let (number, life) = member.tag.split_once('.').context("no tag")?;
        let tag = format!("{number}.{}", life.parse::<u32>()? + 1);
        let mut again = Member { tag: tag.clone(), ..member };
        again.manifest["spec"]["description"] = json!(tag);
        self.create(&again).await?;
        self.state().living.push(again);
        Ok(())
    }

    /// Edits one. Returns whether the API server took it.
    pub(crate) async fn edit(&self, which: usize, patch: &Value) -> Result<bool> {
        let Some(member) = self.pick(which) else { return Ok(false) };
        self.patch(&member.namespace, &member.name, patch).await
    }

    /// The same for a pause, and back.
    pub(crate) async fn suspend(&self, which: usize, lasts: Duration) -> Result<()> {
        let Some(member) = self.pick(which) else { return Ok(()) };
        for suspended in [true, false] {
            let patch = json!({"spec": {"suspend": suspended}});
            self.patch(&member.namespace, &member.name, &patch).await?;
            if suspended {
                tokio::time::sleep(lasts).await;
            }
        }
        Ok(())
    }

    pub(crate) async fn patch(&self, namespace: &str, name: &str, patch: &Value) -> Result<bool> {
        let api = self.api(namespace);
        let (parameters, merge) = (PatchParams::default(), Patch::Merge(patch));
        match insist(|| api.patch(name, &parameters, &merge)).await {
            Taken::Done(_) => Ok(true),
            // Frozen, or gone.
            Taken::Refused(404 | 409 | 422, _) => Ok(false),
            Taken::Refused(code, words) => anyhow::bail!("{name}: {code} {words}: {patch}"),
        }
    }
}

fn kind() -> ApiResource {
    ApiResource {
        group: "cbr.replication.dev".into(),
        version: "v1alpha1".into(),
        api_version: "cbr.replication.dev/v1alpha1".into(),
        kind: "BackupReplication".into(),
        plural: "backupreplications".into(),
    }
}

/// A backup of this server, so many minutes old.
fn of_server(server: &str, minutes: i64) -> Backup {
    let created_at = Timestamp::now().checked_sub(SignedDuration::from_mins(minutes));
    Backup {
        resource_id: Some(server.to_owned()),
        created_at: created_at.unwrap_or(Timestamp::UNIX_EPOCH),
        ..Backup::server(Uuid::new_v4().to_string(), example::PROJECT)
    }
}
