//! Objects and statuses put in place by the administrator's own client: many in little time, and in
//! states that an operator would take long to come to.

use anyhow::{Context, Result};
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::scene::Scene;

impl Scene {
    /// Creates a BackupReplication.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn create(&self, yaml: &str) -> Result<DynamicObject> {
        let object: DynamicObject =
            serde_saphyr::from_str(yaml).with_context(|| yaml.to_owned())?;
        Ok(self.api().create(&PostParams::default(), &object).await?)
    }

    /// Merges these fields into the status, as the administrator.
    ///
    /// # Errors
    /// The API server refuses it.
    pub async fn set_status(&self, name: &str, fields: &Value) -> Result<DynamicObject> {
        let merge = Patch::Merge(json!({"status": fields}));
        Ok(self.api().patch_status(name, &PatchParams::default(), &merge).await?)
    }
}

/// An attempt for a status, `attempt-NUMBER`, with what a claim writes down at least. Without an
/// outcome its call may be in flight.
pub fn attempt(number: i64, outcome: Option<&str>) -> Value {
    let mut attempt = json!({
        "id": format!("attempt-{number}"),
        "number": number,
        "generation": 1,
        "endpoint": "https://cbr.eu-de.otc.t-systems.com",
        "claimedAt": "2026-11-23T10:00:00Z",
        "claimedBy": "operator-1",
        "window": "10s",
        "limit": "1m",
    });
    if let Some(outcome) = outcome {
        attempt["outcome"] = json!(outcome);
    }
    attempt
}
