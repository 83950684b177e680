//! Manifests beyond the plain one, and what others than the operator write.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use simulator::example;
use uuid::Uuid;

use crate::scene::Scene;

impl Scene {
    /// A manifest of the simulator's default world with these fields of its spec set.
    pub fn manifest_but(name: &str, backup: &str, changes: &Value) -> Value {
        let mut spec = json!({
            "projectId": example::PROJECT,
            "backupId": backup,
            "destinationProjectId": example::DESTINATION_PROJECT,
            "destinationRegion": example::DESTINATION_REGION,
            "destinationVaultId": example::VAULT,
            "auth": {"tokenSecretRef": {"name": "cbr-token"}},
        });
        for (field, value) in changes.as_object().into_iter().flatten() {
            spec[field] = value.clone();
        }
        json!({
            "apiVersion": "cbr.replication.dev/v1alpha1",
            "kind": "BackupReplication",
            "metadata": {"name": name},
            "spec": spec,
        })
    }

    /// Applies so many resources at once, `db-0` and so on, each for a backup of its own. The
    /// simulator has to take any backup.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn applied_many(&self, number: usize) -> Result<()> {
        let manifest = |n| Self::manifest_for(&format!("db-{n}"), &Uuid::new_v4().to_string(), "");
        let manifests: Vec<String> = (0..number).map(manifest).collect();
        self.applied(&manifests.join("\n---\n"))
    }

    /// Writes what others write while the operator works: a label, an annotation, fields of the
    /// spec that may change, and a condition of another controller.
    ///
    /// # Errors
    /// kubectl's words.
    pub fn written_by_others(&self, name: &str, spec: &Value) -> Result<()> {
        let metadata = json!({
            "labels": {"team": "storage"},
            "annotations": {"example.org/ticket": "4711"},
        });
        self.patched(name, &json!({"metadata": metadata, "spec": spec}))?;
        let condition = json!({
            "type": "example.org/Audited",
            "status": "True",
            "reason": "Seen",
            "message": "",
            "lastTransitionTime": "2026-01-02T03:04:05Z",
        });
        let patch = json!([{"op": "add", "path": "/status/conditions/-", "value": condition}]);
        let patched = self.kubectl(&[
            "patch",
            "brep",
            name,
            "--subresource=status",
            "--type=json",
            "--patch",
            &patch.to_string(),
        ])?;
        ensure!(patched.accepted, "{}", patched.words);
        Ok(())
    }
}
