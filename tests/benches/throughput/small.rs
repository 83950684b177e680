//! A CRD without rules and with a small schema, which takes the same objects.

use anyhow::Result;
use harness::{Cluster, install_crd_of};
use kube::api::ApiResource;
use serde_json::{Value, json};

const GROUP: &str = "small.replication.dev";

pub(crate) fn kind() -> ApiResource {
    ApiResource {
        group: GROUP.into(),
        version: "v1alpha1".into(),
        api_version: format!("{GROUP}/v1alpha1"),
        kind: "BackupReplication".into(),
        plural: "backupreplications".into(),
    }
}

/// Installs it beside ours.
pub(crate) fn install(cluster: &Cluster) -> Result<()> {
    let any = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("backupreplications.{GROUP}")},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": "BackupReplication", "plural": "backupreplications"},
            "versions": [{
                "name": "v1alpha1", "served": true, "storage": true,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {
                    "type": "object", "properties": {"spec": any, "status": any},
                }},
            }],
        },
    });
    harness::kubectl_apply(cluster, None, &crd.to_string())?;
    let established = cluster
        .kubectl()
        .args(["wait", "--for=condition=Established", "--timeout=60s"])
        .arg(format!("crd/backupreplications.{GROUP}"))
        .output()?;
    anyhow::ensure!(established.status.success(), "{established:?}");
    Ok(())
}

/// Our CRD as one that takes a whole object at once: without its subresource and its rules. So
/// many resources with a status are there in little time.
pub(crate) fn for_seeds(crd: &str) -> Result<String> {
    let mut crd: Value = serde_saphyr::from_str(crd)?;
    for version in crd["spec"]["versions"].as_array_mut().into_iter().flatten() {
        if let Some(version) = version.as_object_mut() {
            version.remove("subresources");
        }
        without_rules(version);
    }
    Ok(crd.to_string())
}

fn without_rules(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("x-kubernetes-validations");
            fields.values_mut().for_each(without_rules);
        }
        Value::Array(items) => items.iter_mut().for_each(without_rules),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Makes the API server take our CRD with this text.
pub(crate) fn install_ours(cluster: &Cluster, crd: &str) -> Result<()> {
    install_crd_of(cluster, crd)
}
