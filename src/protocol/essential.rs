//! An object reduced to what a decision may rest on, so that it can be kept.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::protocol::observation::is_restore_mark;
use crate::resource::{BackupReplication, DECISION_ANNOTATION};

/// The object without what no decision reads. What is left decides alike: spec and status are
/// whole, and of the metadata there is what names the object and its version, what says that it is
/// new, restored or about to go, and the decision that a person wrote.
pub(crate) fn essential(resource: BackupReplication) -> BackupReplication {
    let BackupReplication { metadata, spec, status } = resource;
    let ObjectMeta {
        annotations,
        creation_timestamp,
        deletion_grace_period_seconds: _,
        deletion_timestamp,
        finalizers: _,
        generate_name: _,
        generation,
        labels,
        managed_fields: _,
        name,
        namespace,
        owner_references: _,
        resource_version,
        self_link: _,
        uid,
    } = metadata;
    // Of a mark the name alone counts.
    let marks =
        |all: std::collections::BTreeMap<String, String>| -> std::collections::BTreeMap<_, _> {
            all.into_iter()
                .filter(|(key, _)| is_restore_mark(key))
                .map(|(key, value)| {
                    let value = if key == DECISION_ANNOTATION { value } else { String::new() };
                    (key, value)
                })
                .collect()
        };
    let metadata = ObjectMeta {
        annotations: annotations.map(marks).filter(|left| !left.is_empty()),
        creation_timestamp,
        deletion_timestamp,
        generation,
        labels: labels.map(marks).filter(|left| !left.is_empty()),
        name,
        namespace,
        resource_version,
        uid,
        ..ObjectMeta::default()
    };
    BackupReplication { metadata, spec, status }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_decision_reads_is_kept_and_the_rest_is_not() {
        let full: BackupReplication = serde_json::from_value(json!({
            "apiVersion": "cbr.replication.dev/v1alpha1",
            "kind": "BackupReplication",
            "metadata": {
                "name": "db", "namespace": "n", "uid": "u", "resourceVersion": "7",
                "generation": 2, "creationTimestamp": "2026-11-23T10:00:00Z",
                "deletionTimestamp": "2026-11-23T11:00:00Z", "finalizers": ["x/y"],
                "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "o"}],
                "managedFields": [{"manager": "kubectl"}], "generateName": "d",
                "labels": {"velero.io/restore-name": "r", "team": "a"},
                "annotations": {
                    "cbr.replication.dev/decision": "a-1:not-accepted",
                    "velero.io/backup-name": "b",
                    "kubectl.kubernetes.io/last-applied-configuration": "{}",
                },
            },
            "spec": {
                "projectId": "p", "backupId": "b", "destinationProjectId": "dp",
                "destinationRegion": "eu-nl", "destinationVaultId": "v", "auth": {},
            },
            "status": {"observedGeneration": 1, "phase": "Pending"},
        }))
        .unwrap();
        let kept = essential(full.clone());
        assert_eq!((&kept.status, &kept.spec), (&full.status, &full.spec));
        assert_eq!(
            serde_json::to_value(&kept.metadata).unwrap(),
            json!({
                "name": "db", "namespace": "n", "uid": "u", "resourceVersion": "7",
                "generation": 2, "creationTimestamp": "2026-11-23T10:00:00Z",
                "deletionTimestamp": "2026-11-23T11:00:00Z",
                "labels": {"velero.io/restore-name": ""},
                "annotations": {
                    "cbr.replication.dev/decision": "a-1:not-accepted",
                    "velero.io/backup-name": "",
                },
            })
        );
    }
}
