//! A write for exactly one version of one object: a JSON patch that first tests uid and
//! resourceVersion. A merge patch would ignore the uid, and write into an object that was deleted
//! and made again.

use kube::ResourceExt;
use serde_json::{Map, Value, json};

use super::{BackupReplication, BackupReplicationStatus, DECISION_ANNOTATION};

/// Why no write can be guarded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unguarded {
    /// The object lacks what the guard tests.
    #[error("the object has no {0}")]
    Missing(&'static str),
    /// What is to be written cannot be written as JSON.
    #[error("it cannot be serialised: {0}")]
    Unserialisable(String),
}

/// The status of this object as it is to be. Only the fields that change are touched.
///
/// # Errors
/// See [`Unguarded`].
pub fn status_patch(
    decided_on: &BackupReplication,
    status: &BackupReplicationStatus,
) -> Result<json_patch::Patch, Unguarded> {
    let mut operations = Vec::new();
    let after = fields(status)?;
    let before = match &decided_on.status {
        Some(status) => fields(status)?,
        None => {
            operations.push(json!({"op": "add", "path": "/status", "value": {}}));
            Map::new()
        }
    };
    for (field, value) in &after {
        if before.get(field) != Some(value) {
            operations
                .push(json!({"op": "add", "path": format!("/status/{field}"), "value": value}));
        }
    }
    for field in before.keys().filter(|field| !after.contains_key(*field)) {
        operations.push(json!({"op": "remove", "path": format!("/status/{field}")}));
    }
    guarded(decided_on, operations)
}

/// A decision, as the annotation of this object.
///
/// # Errors
/// See [`Unguarded`].
pub fn decision_patch(
    decided_on: &BackupReplication,
    value: &str,
) -> Result<json_patch::Patch, Unguarded> {
    let mut operations = Vec::new();
    if decided_on.metadata.annotations.is_none() {
        operations.push(json!({"op": "add", "path": "/metadata/annotations", "value": {}}));
    }
    let key = DECISION_ANNOTATION.replace('~', "~0").replace('/', "~1");
    operations
        .push(json!({"op": "add", "path": format!("/metadata/annotations/{key}"), "value": value}));
    guarded(decided_on, operations)
}

/// Whether a refused write met the very version that it was meant for: then it was refused for what
/// it holds, since a failed test and a broken rule are answered alike.
pub fn met_its_version(decided_on: &BackupReplication, now: &BackupReplication) -> bool {
    now.uid() == decided_on.uid() && now.resource_version() == decided_on.resource_version()
}

fn guarded(
    decided_on: &BackupReplication,
    operations: Vec<Value>,
) -> Result<json_patch::Patch, Unguarded> {
    let uid = decided_on.uid().ok_or(Unguarded::Missing("uid"))?;
    let version = decided_on.resource_version().ok_or(Unguarded::Missing("resourceVersion"))?;
    let tests = [
        json!({"op": "test", "path": "/metadata/uid", "value": uid}),
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": version}),
    ];
    let all: Vec<Value> = tests.into_iter().chain(operations).collect();
    serde_json::from_value(Value::Array(all))
        .map_err(|error| Unguarded::Unserialisable(error.to_string()))
}

fn fields(status: &BackupReplicationStatus) -> Result<Map<String, Value>, Unguarded> {
    match serde_json::to_value(status) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Unguarded::Unserialisable("not an object".to_owned())),
        Err(error) => Err(Unguarded::Unserialisable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(uid: Option<&str>, version: Option<&str>) -> BackupReplication {
        let mut object: BackupReplication = serde_json::from_value(json!({
            "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication", "metadata": {"name": "db"},
            "spec": {
                "projectId": "p", "backupId": "b", "destinationProjectId": "dp", "destinationRegion": "eu-nl",
                "destinationVaultId": "v", "auth": {},
            },
        }))
        .unwrap();
        object.metadata.uid = uid.map(str::to_owned);
        object.metadata.resource_version = version.map(str::to_owned);
        object
    }

    #[test]
    fn every_write_tests_the_object_and_its_version_before_anything_else() {
        let decided_on = object(Some("u"), Some("7"));
        let status = BackupReplicationStatus {
            observed_generation: Some(1),
            ..BackupReplicationStatus::default()
        };
        for patch in [status_patch(&decided_on, &status), decision_patch(&decided_on, "a:accepted")]
        {
            let Value::Array(operations) = serde_json::to_value(patch.unwrap()).unwrap() else {
                panic!("no list")
            };
            assert_eq!(operations[0], json!({"op": "test", "path": "/metadata/uid", "value": "u"}));
            assert_eq!(
                operations[1],
                json!({"op": "test", "path": "/metadata/resourceVersion", "value": "7"})
            );
            assert!(
                operations.len() > 2
                    && operations[2..].iter().all(|operation| operation["op"] != "test")
            );
        }
    }

    #[test]
    fn what_cannot_be_guarded_is_not_written() {
        for (unguardable, missing) in
            [(object(None, Some("7")), "uid"), (object(Some("u"), None), "resourceVersion")]
        {
            let refused = Err(Unguarded::Missing(missing));
            assert_eq!(status_patch(&unguardable, &BackupReplicationStatus::default()), refused);
            assert_eq!(decision_patch(&unguardable, "a:accepted"), refused);
        }
    }
}
