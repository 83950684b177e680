//! The CustomResourceDefinition: the derived schema, then what the derive cannot say.

use kube::CustomResourceExt;
use schemars::{Schema, schema_for};
use serde_json::{Map, Value, json};

use super::choice_rules::choice_rules;
use super::explained::explain;
use super::guards::guards;
use super::rules::{self, Place};
use super::spec::{BackupReplication, BackupReplicationSpec};
use super::status::BackupReplicationStatus;

/// Why a CRD could not be generated: a rule names a place that the types do not have, or the YAML
/// cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum CrdError {
    /// A rule or marker stands at no property.
    #[error("the schema has no property at {0:?}")]
    NoSuchPlace(Place),
    /// Serialisation failed.
    #[error("the CRD cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Serialisation failed.
    #[error("the CRD cannot be written as YAML: {0}")]
    Yaml(#[from] serde_saphyr::ser::Error),
}

/// The CRD as YAML, as it stands in `crds/`.
pub fn crd_yaml() -> Result<String, CrdError> {
    let mut crd = serde_json::to_value(BackupReplication::crd())?;
    let schema = crd
        .pointer_mut("/spec/versions/0/schema/openAPIV3Schema")
        .ok_or(CrdError::NoSuchPlace(&[]))?;
    explained(schema, "spec", &schema_for!(BackupReplicationSpec));
    explained(schema, "status", &schema_for!(BackupReplicationStatus));
    tidy(schema);
    for rule in rules::limits().into_iter().chain(guards()).chain(choice_rules()) {
        let validations =
            at(schema, rule.place)?.entry("x-kubernetes-validations").or_insert_with(|| json!([]));
        if let Some(list) = validations.as_array_mut() {
            list.push(rule.to_json());
        }
    }
    keyed_list(schema, &["status", "attempts"], "id")?;
    keyed_list(schema, &["status", "conditions"], "type")?;
    // A fresh object without any condition would read as done to kstatus.
    at(schema, &["status"])?
        .insert("default".into(), json!({"observedGeneration": -1, "phase": "Pending"}));
    Ok(serde_saphyr::to_string(&crd)?)
}

/// Has the choices in one part of the CRD explained by the type that it is made of.
fn explained(schema: &mut Value, part: &str, of_type: &Schema) {
    if let Some(part) = schema.get_mut("properties").and_then(|properties| properties.get_mut(part))
    {
        explain(part, of_type.as_value(), of_type.as_value());
    }
}

/// The schema object at a place.
fn at(schema: &mut Value, place: Place) -> Result<&mut Map<String, Value>, CrdError> {
    let mut here = schema;
    for step in place {
        let next = match *step {
            "[]" => here.get_mut("items"),
            property => here.get_mut("properties").and_then(|p| p.get_mut(property)),
        };
        here = next.ok_or(CrdError::NoSuchPlace(place))?;
    }
    here.as_object_mut().ok_or(CrdError::NoSuchPlace(place))
}

/// Makes a list merge by a key under server-side apply, and lets CEL compare each item with its
/// former self. Each item has one owner as a whole: who owns which field of it would be written down
/// with every status, and is of no use to anyone.
fn keyed_list(schema: &mut Value, place: Place, key: &str) -> Result<(), CrdError> {
    let list = at(schema, place)?;
    list.insert("x-kubernetes-list-type".into(), json!("map"));
    list.insert("x-kubernetes-list-map-keys".into(), json!([key]));
    if let Some(item) = list.get_mut("items").and_then(Value::as_object_mut) {
        item.insert("x-kubernetes-map-type".into(), json!("atomic"));
    }
    Ok(())
}

/// Removes what the derive writes and Kubernetes should not get: `nullable` (a stored `null` would be
/// drift from a manifest that leaves the field out), formats that the API server warns of, and
/// whole numbers written as fractions.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.remove("nullable");
            if map
                .get("format")
                .and_then(Value::as_str)
                .is_some_and(|format| format.starts_with("uint"))
            {
                map.remove("format");
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|n| n.fract() == 0.0) {
                *schema = json!(whole as i64);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}
