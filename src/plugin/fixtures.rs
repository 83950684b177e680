//! Resources for the tests of this room.

use serde_json::{Value, json};

use crate::resource::BackupReplication;

pub(super) fn resource(status: Value) -> BackupReplication {
    serde_json::from_value(json!({
        "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication",
        "metadata": {"name": "db", "namespace": "backups", "generation": 1},
        "spec": {
            "projectId": "p", "backupId": "b", "destinationProjectId": "d",
            "destinationRegion": "eu-nl", "destinationVaultId": "v",
            "auth": {"tokenSecretRef": {"name": "cbr-token"}},
        },
        "status": status,
    }))
    .unwrap()
}

pub(super) fn condition(kind: &str, status: &str, reason: &str) -> Value {
    json!({
        "type": kind, "status": status, "reason": reason, "message": "It says so.",
        "observedGeneration": 1, "lastTransitionTime": "2026-11-23T10:00:00Z",
    })
}

pub(super) fn with_reason(actor: &str, reason: &str) -> Value {
    json!({
        "observedGeneration": 1, "phase": "Pending",
        "conditions": [condition("Ready", "False", reason), condition(actor, "True", reason)],
    })
}

pub(super) fn accepted() -> Value {
    json!({
        "observedGeneration": 1, "phase": "Replicating", "acceptedAt": "2026-11-23T10:00:00Z",
        "conditions": [
            condition("Ready", "True", "Accepted"), condition("Replicated", "False", "Replicating"),
        ],
    })
}
