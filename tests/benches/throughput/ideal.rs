//! An ideal client: it makes the operator's own two status writes and its one call, and nothing
//! else. It looks at nothing and remembers nothing, so nobody can be faster and do the same.

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use harness::Scene;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::{Map, Value, json};
use simulator::example;

use crate::pilot::{Ids, Pilot};
use crate::{AT_ONCE, small};

/// Under which CRD it works.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Under {
    Ours,
    Small,
}

pub(crate) struct Client<'a> {
    scene: &'a Scene,
    pilot: &'a Pilot,
    api: Api<DynamicObject>,
    http: reqwest::Client,
    kind: Option<ApiResource>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(scene: &'a Scene, pilot: &'a Pilot, under: Under) -> Result<Self> {
        let ca = reqwest::Certificate::from_pem(scene.simulator.ca_pem().as_bytes())?;
        let http = reqwest::Client::builder().no_proxy().add_root_certificate(ca).build()?;
        let kind = match under {
            Under::Ours => None,
            Under::Small => Some(small::kind()),
        };
        let api = kind.as_ref().map_or_else(
            || scene.api(),
            |kind| Api::namespaced_with(scene.client.clone(), &scene.namespace, kind),
        );
        Ok(Self { scene, pilot, api, http, kind })
    }

    pub(crate) async fn replicate_all(&self, replications: usize) -> Result<()> {
        stream::iter(0..replications)
            .map(|number| self.replicate(number))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn replicate(&self, number: usize) -> Result<()> {
        let ids = Ids::fresh();
        let manifest = Scene::manifest_for(&format!("r-{number:05}"), &ids.backup, "");
        let mut object: DynamicObject = serde_saphyr::from_str(&manifest)?;
        if let (Some(kind), Some(types)) = (&self.kind, &mut object.types) {
            types.api_version.clone_from(&kind.api_version);
        }
        let created = self.api.create(&PostParams::default(), &object).await?;
        let claimed = self.write(&created, &self.pilot.claimed(&ids)?).await?;
        let record = self.call(&ids.backup).await?;
        self.write(&claimed, &self.pilot.accepted(&ids, &record)?).await?;
        Ok(())
    }

    /// As the operator writes: for one version of one object, and only what changes.
    async fn write(&self, decided_on: &DynamicObject, status: &Value) -> Result<DynamicObject> {
        let none = Map::new();
        let before = decided_on.data["status"].as_object();
        let after = status.as_object().context("a status that is no object")?;
        let mut operations = vec![
            json!({"op": "test", "path": "/metadata/uid", "value": decided_on.uid()}),
            json!({
                "op": "test", "path": "/metadata/resourceVersion",
                "value": decided_on.resource_version(),
            }),
        ];
        if before.is_none() {
            operations.push(json!({"op": "add", "path": "/status", "value": {}}));
        }
        let before = before.unwrap_or(&none);
        for (field, value) in after {
            if before.get(field) != Some(value) {
                let path = format!("/status/{field}");
                operations.push(json!({"op": "add", "path": path, "value": value}));
            }
        }
        for field in before.keys().filter(|field| !after.contains_key(*field)) {
            operations.push(json!({"op": "remove", "path": format!("/status/{field}")}));
        }
        let patch = Patch::<()>::Json(serde_json::from_value(Value::Array(operations))?);
        let parameters =
            PatchParams { field_manager: Some("ideal".to_owned()), ..PatchParams::default() };
        Ok(self.api.patch_status(&decided_on.name_any(), &parameters, &patch).await?)
    }

    /// The call, and the id of its record.
    async fn call(&self, backup: &str) -> Result<String> {
        let url = format!(
            "{}/v3/{}/backups/{backup}/replicate",
            self.scene.simulator.https_url(),
            example::PROJECT
        );
        let body = json!({"replicate": {
            "destination_project_id": example::DESTINATION_PROJECT,
            "destination_region": example::DESTINATION_REGION,
            "destination_vault_id": example::VAULT,
        }});
        let request = self
            .http
            .post(url)
            .header("X-Auth-Token", example::TOKEN)
            .header("Content-Type", "application/json")
            .body(body.to_string());
        let answer = request.send().await?.error_for_status()?.text().await?;
        let answer: Value = serde_json::from_str(&answer)?;
        let record = answer.pointer("/replication/replication_record_id").and_then(Value::as_str);
        Ok(record.context("no record in the answer")?.to_owned())
    }
}
